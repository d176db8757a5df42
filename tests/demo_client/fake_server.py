"""An authorization server and its resource, written from the RFCs to judge the client: it checks every proof for real.

It shares no code with the server of this repository. It runs in this process (`transport`) or on a port (`served`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import ECKey

CLIENT_ID = "demo"
USER = "user-1"
ACCESS_SECONDS = 300
LOST_ANSWER_SECONDS = 30


class Denied(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, description: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.description, self.headers = status, code, description, headers or {}


@dataclass
class Family:
    """What one login has led to."""

    jkt: str
    current: str
    used: dict[str, float] = field(default_factory=dict)
    access: dict[str, float] = field(default_factory=dict)
    ended: bool = False


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False


class FakeServer:
    """The state of the server, and the knobs that tests turn.

    Args:
        origin: where it says that it is.
    """

    def __init__(self, origin: str = "http://127.0.0.1:9") -> None:
        self.origin = origin
        self.clock = time.time
        self.requests: list[tuple[str, str]] = []
        self.families: list[Family] = []
        self.nonce = "nonce-1"
        self.nonces_wanted = True
        self.decline = False
        self.issuer_in_answer: str | None = None
        self.token_type = "DPoP"
        self.lose = 0
        """So many of the next refreshes are done, and their answers lost."""
        self.refresh_seconds = 0.0
        self.metadata_extra: dict[str, object] = {}
        self.refuse_models: Denied | None = None
        self.cut_stream = False
        self.models: tuple[str, ...] = ("small", "large")
        self.seen_authorization: list[str] = []
        self._pushed: dict[str, dict[str, str]] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._jtis: set[str] = set()
        self._lock = threading.RLock()

    # Two ways to reach it

    def transport(self) -> httpx.MockTransport:
        """For a client in this process."""

        def answer(request: httpx.Request) -> httpx.Response:
            found = self.handle(request.method, str(request.url), request.headers.multi_items(), request.read())
            if found.lost:
                raise httpx.ReadError("the answer was lost", request=request)
            return httpx.Response(found.status, headers=found.headers, content=found.body)

        return httpx.MockTransport(answer)

    @contextmanager
    def served(self) -> Iterator[FakeServer]:
        """On a free port of this machine, for clients in other processes."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = fake.handle(self.command, fake.origin + self.path, list(self.headers.items()), body)
                if found.lost:
                    self.close_connection = True
                    return
                self.send_response(found.status)
                for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(found.body)

            do_GET = do_POST = _any  # noqa: N815 - the names that the base class looks for

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = _Quiet(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def handle(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """Answer one request."""
        path = urlsplit(url).path
        self.requests.append((method, path))
        given = {name.lower(): value for name, value in headers}
        try:
            route = getattr(self, f"_{method.lower()}_{re.sub('[/-]', '_', path.strip('/.'))}", None)
            if route is None:
                raise Denied(404, "not_found")
            if [name.lower() for name, _ in headers].count("dpop") > 1:
                raise Denied(400, "invalid_dpop_proof", "two proofs")
            if path == "/oauth/token" and b"grant_type=refresh_token" in body:
                time.sleep(self.refresh_seconds)
            with self._lock:
                answer: Answer = route(url, given, body)
        except Denied as denied:
            document = {"error": denied.code, "error_description": denied.description}
            answer = Answer(denied.status, json.dumps(document).encode(), dict(denied.headers))
        answer.headers.setdefault("Content-Type", "application/json")
        if self.nonces_wanted and path.startswith(("/oauth", "/v1")):
            answer.headers["DPoP-Nonce"] = self.nonce
        return answer

    # Metadata

    def _get_well_known_oauth_protected_resource_v1(self, *_: object) -> Answer:
        return _json({"resource": f"{self.origin}/v1", "authorization_servers": [self.origin]})

    def _get_well_known_oauth_authorization_server(self, *_: object) -> Answer:
        document = {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/oauth/authorize",
            "token_endpoint": f"{self.origin}/oauth/token",
            "pushed_authorization_request_endpoint": f"{self.origin}/oauth/par",
            "revocation_endpoint": f"{self.origin}/oauth/revoke",
            "userinfo_endpoint": f"{self.origin}/oauth/userinfo",
            "scopes_supported": ["openid", "models", "chat", "offline_access"],
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
        }
        return _json(document | self.metadata_extra)

    # Authorization

    def _post_oauth_par(self, url: str, given: dict[str, str], body: bytes) -> Answer:
        jkt = self._proof("POST", url, given)
        form = self._form(body)
        if form.get("dpop_jkt") != jkt or form.get("response_type") != "code":
            raise Denied(400, "invalid_request", "dpop_jkt is not the key of the proof")
        if form.get("code_challenge_method") != "S256" or len(form.get("code_challenge", "")) != 43:
            raise Denied(400, "invalid_request", "PKCE")
        if not form.get("redirect_uri", "").startswith("http://127.0.0.1:"):
            raise Denied(400, "invalid_request", "redirect_uri")
        name = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
        self._pushed[name] = form
        return _json({"request_uri": name, "expires_in": 60}, 201)

    def _get_oauth_authorize(self, url: str, *_: object) -> Answer:
        query = dict(parse_qsl(urlsplit(url).query))
        if set(query) != {"client_id", "request_uri"} or (form := self._pushed.pop(query["request_uri"], None)) is None:
            raise Denied(400, "invalid_request", "the request_uri is unknown or used")
        answer = {"state": form["state"], "iss": self.issuer_in_answer or self.origin}
        if self.decline:
            answer |= {"error": "access_denied", "error_description": "The user declined."}
        else:
            code = secrets.token_urlsafe(32)
            self._codes[code] = form
            answer["code"] = code
        return Answer(303, headers={"Location": f"{form['redirect_uri']}?{urlencode(answer)}"})

    def _post_oauth_token(self, url: str, given: dict[str, str], body: bytes) -> Answer:
        jkt = self._proof("POST", url, given)
        form = self._form(body)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form, jkt)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form, jkt)
        raise Denied(400, "unsupported_grant_type")

    def _redeem(self, form: dict[str, str], jkt: str) -> Answer:
        request = self._codes.pop(form.get("code", ""), None)
        if request is None or request["redirect_uri"] != form.get("redirect_uri") or request["dpop_jkt"] != jkt:
            raise Denied(400, "invalid_grant", "the code is unknown, or another's")
        challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge != request["code_challenge"]:
            raise Denied(400, "invalid_grant", "PKCE")
        family = Family(jkt=jkt, current=secrets.token_urlsafe(32))
        self.families.append(family)
        claims = {
            "iss": self.origin,
            "aud": CLIENT_ID,
            "sub": USER,
            "nonce": request["nonce"],
            "exp": self.clock() + 60,
        }
        id_token = ".".join(_b64(json.dumps(part).encode()) for part in ({"alg": "ES256"}, claims, {}))
        return self._tokens(family, scope=request["scope"], id_token=id_token)

    def _refresh(self, form: dict[str, str], jkt: str) -> Answer:
        token = form.get("refresh_token", "")
        family = next((known for known in self.families if token in {known.current, *known.used}), None)
        if family is None or family.ended or family.jkt != jkt:
            raise Denied(400, "invalid_grant", "the refresh token is unknown, ended, or another key's")
        if token != family.current and self.clock() - family.used[token] > LOST_ANSWER_SECONDS:
            family.ended = True
            raise Denied(400, "invalid_grant", "the refresh token was used before: the family is ended")
        family.used.setdefault(token, self.clock())
        family.current = secrets.token_urlsafe(32)
        answer = self._tokens(family)
        if self.lose:
            self.lose -= 1
            answer.lost = True
        return answer

    def _tokens(self, family: Family, **extra: str) -> Answer:
        token = f"{_b64(secrets.token_bytes(40))}.{_b64(secrets.token_bytes(60))}.{_b64(secrets.token_bytes(64))}"
        family.access[token] = self.clock() + ACCESS_SECONDS
        answer = {
            "access_token": token,
            "token_type": self.token_type,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": family.current,
            "scope": "openid models chat offline_access",
        }
        return _json(answer | extra)

    def _post_oauth_revoke(self, url: str, given: dict[str, str], body: bytes) -> Answer:
        token = self._form(body).get("token", "")
        for family in self.families:
            family.ended = family.ended or token in {family.current, *family.used}
        return Answer(200)

    # The resource

    def _get_oauth_userinfo(self, url: str, given: dict[str, str], _: bytes) -> Answer:
        self._authorized("GET", url, given)
        key = {"provenance": "software", "last_proof_at": 1_700_000_000}
        return _json({"sub": USER, "name": "Ada \x1b[31mLovelace", "key": key})

    def _get_v1_models(self, url: str, given: dict[str, str], _: bytes) -> Answer:
        self._authorized("GET", url, given)
        if self.refuse_models is not None:
            raise self.refuse_models
        entries = [{"id": name, "object": "model", "created": 1, "owned_by": "us"} for name in self.models]
        return _json({"object": "list", "data": entries})

    def _post_v1_chat_completions(self, url: str, given: dict[str, str], body: bytes) -> Answer:
        self._authorized("POST", url, given)
        asked = json.loads(body)
        if asked["model"] == "large":
            error = {"message": "This model takes a touch.", "type": "invalid_request_error", "param": None}
            return _json({"error": error | {"code": "step_up_required"}}, 401)
        words = [f"{message['role']}: {message['content']}\n" for message in asked["messages"]]
        if not asked.get("stream"):
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "".join(words)}}
            return _json({"id": "1", "object": "chat.completion", "created": 1, "model": "small", "choices": [choice]})
        events = [{"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]} for word in words]
        if self.cut_stream:
            events.append({"error": {"message": "The session was ended.", "code": "session_revoked"}})
        text = "".join(f"data: {json.dumps(_chunk(event))}\n\n" for event in events)
        return Answer(200, (text + "data: [DONE]\n\n").encode(), {"Content-Type": "text/event-stream"})

    def _authorized(self, method: str, url: str, given: dict[str, str]) -> None:
        self.seen_authorization.append(given.get("authorization", "").partition(" ")[0])
        scheme, _, token = given.get("authorization", "").partition(" ")
        if scheme != "DPoP":
            raise _challenge("invalid_token", "no token that is bound to a key")
        try:
            jkt = self._proof(method, url, given, token)
        except Denied as denied:
            raise _challenge(denied.code, denied.description) from None
        family = next((known for known in self.families if token in known.access), None)
        if family is None or family.ended or family.access[token] <= self.clock():
            raise _challenge("invalid_token", "the token is unknown, ended or expired")
        if family.jkt != jkt:
            raise _challenge("invalid_token", "the token is another key's")

    # RFC 9449 §4.3

    def _proof(self, method: str, url: str, given: dict[str, str], token: str | None = None) -> str:
        compact = given.get("dpop", "")
        try:
            header = json.loads(_unb64(compact.split(".")[0]))
            key = ECKey.import_key(header["jwk"])
            verified = jws.deserialize_compact(compact, key, algorithms=["ES256"])
            claims = json.loads(verified.payload)
        except Exception as error:
            raise Denied(400, "invalid_dpop_proof", f"unreadable: {type(error).__name__}") from None
        problems = {
            "typ": header.get("typ") != "dpop+jwt",
            "alg": header.get("alg") != "ES256",
            "jwk": set(header["jwk"]) != {"kty", "crv", "x", "y"},
            "htm": claims.get("htm") != method,
            "htu": claims.get("htu") != urlsplit(url)._replace(query="", fragment="").geturl(),
            "iat": abs(self.clock() - claims.get("iat", 0)) > 60,
            "jti": not isinstance(claims.get("jti"), str) or len(claims["jti"]) < 16 or claims["jti"] in self._jtis,
            "ath": token is not None and claims.get("ath") != _b64(hashlib.sha256(token.encode()).digest()),
        }
        if wrong := [name for name, bad in problems.items() if bad]:
            raise Denied(400, "invalid_dpop_proof", " ".join(wrong))
        if self.nonces_wanted and claims.get("nonce") != self.nonce:
            raise Denied(400, "use_dpop_nonce", "a nonce is wanted")
        self._jtis.add(claims["jti"])
        return str(key.thumbprint())

    def _form(self, body: bytes) -> dict[str, str]:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if form.get("client_id") != CLIENT_ID:
            raise Denied(401, "invalid_client", "there is no such client")
        return form

    # What tests ask about

    def count(self, path: str) -> int:
        """How often it was asked."""
        return sum(asked == path for _, asked in self.requests)

    @property
    def refreshes(self) -> int:
        """How many refresh tokens were used."""
        return sum(len(family.used) for family in self.families)

    def expire_access(self) -> None:
        """Every access token has run out, for the server."""
        for family in self.families:
            family.access = dict.fromkeys(family.access, 0.0)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is no event."""


def _challenge(code: str, description: str) -> Denied:
    value = f'Basic realm="x", DPoP algs="ES256", error="{code}", error_description="{description}"'
    return Denied(401, code, description, {"WWW-Authenticate": value})


def _chunk(event: dict[str, object]) -> dict[str, object]:
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "small"} | event


def _json(document: dict[str, object], status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
