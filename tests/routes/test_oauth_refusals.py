"""All that the back channel refuses, with the exact OAuth error code; a right request works after each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from quart.wrappers import Response

from tests.support.dpop import LEFT_OUT, ProgramKey
from tests.support.keys import ec_key, rsa_key
from tests.support.oauth import (
    CALLBACK,
    JWT_BEARER,
    ORIGIN,
    VERIFIER,
    Program,
    assertion,
    members,
    program_of,
    service_of,
)
from tests.support.site import Site, SoftBrowser

TOKEN, PAR, REVOKE, INTROSPECT = "/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect"
SECRET = "a-secret-that-no-answer-repeats"


@pytest.fixture
async def user_id(site: Site, owner: SoftBrowser) -> str:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return user.id


@pytest.fixture
async def program(site: Site, user_id: str) -> Program:
    return await program_of(site, user_id)


@pytest.fixture
async def service(site: Site, user_id: str) -> Program:
    return await service_of(site)


async def refused(response: Response, code: str, status: int = 400) -> dict[str, Any]:
    """The answer of an OAuth endpoint that refuses."""
    assert response.content_type == "application/json"
    body = await members(response)
    assert (response.status_code, body["error"]) == (status, code), body
    assert body.keys() == {"error", "error_description"}
    assert response.headers["Cache-Control"] == "no-store"
    assert SECRET not in await response.get_data(as_text=True)
    assert not any(SECRET in value for value in response.headers.values())
    return body


def rs256(header: dict[str, Any], claims: dict[str, Any]) -> str:
    from joserfc import jws
    from joserfc.jwk import RSAKey

    key = RSAKey.import_key(rsa_key())
    header = {"typ": "dpop+jwt", "alg": "RS256", "jwk": key.as_dict(private=False)} | header
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=["RS256"])


def private_jwk() -> dict[str, Any]:
    number = ec_key("key of program").private_numbers().private_value
    return ProgramKey("key of program").jwk | {"d": base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()}


PROOFS: dict[str, Callable[[Program, str], list[str]]] = {
    "none": lambda p, path: [],
    "two": lambda p, path: [p.proof(path), p.proof(path)],
    "two in one field": lambda p, path: [f"{p.proof(path)}, {p.proof(path)}"],
    "empty": lambda p, path: [""],
    "not a JWT": lambda p, path: ["not a JWT"],
    "two parts": lambda p, path: [".".join(p.proof(path).split(".")[:2])],
    "16 KB": lambda p, path: [p.proof(path, x="x" * 16_384)],
    "no typ": lambda p, path: [p.proof(path, header={"typ": LEFT_OUT})],
    "wrong typ": lambda p, path: [p.proof(path, header={"typ": "JWT"})],
    "no alg": lambda p, path: [p.proof(path, header={"alg": LEFT_OUT})],
    "alg none": lambda p, path: [p.proof(path, header={"alg": "none"})],
    "alg none without a signature": lambda p, path: [p.proof(path, header={"alg": "none"}).rpartition(".")[0] + "."],
    "alg HS256": lambda p, path: [p.proof(path, header={"alg": "HS256"})],
    "alg HS256 with a symmetric key": lambda p, path: [
        p.proof(path, header={"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}})
    ],
    "alg RS256": lambda p, path: [
        rs256({}, {"jti": "1", "htm": "POST", "htu": ORIGIN + path, "iat": int(p.site.clock()), "nonce": p.nonce})
    ],
    "no jwk": lambda p, path: [p.proof(path, header={"jwk": LEFT_OUT})],
    "a private jwk": lambda p, path: [p.proof(path, header={"jwk": private_jwk()})],
    "another key in the header": lambda p, path: [p.proof(path, header={"jwk": ProgramKey("other").jwk})],
    "no jti": lambda p, path: [p.proof(path, jti=LEFT_OUT)],
    "no htm": lambda p, path: [p.proof(path, htm=LEFT_OUT)],
    "wrong htm": lambda p, path: [p.proof(path, method="GET")],
    "no htu": lambda p, path: [p.proof(path, htu=LEFT_OUT)],
    "another endpoint's htu": lambda p, path: [p.proof(REVOKE)],
    "another host's htu": lambda p, path: [p.proof(path, htu="https://elsewhere.example/oauth/token")],
    "no iat": lambda p, path: [p.proof(path, iat=LEFT_OUT)],
    "iat an hour ago": lambda p, path: [p.proof(path, iat=int(p.site.clock()) - 3600)],
    "iat in an hour": lambda p, path: [p.proof(path, iat=int(p.site.clock()) + 3600)],
    "61 seconds behind": lambda p, path: [p.proof(path, iat=int(p.site.clock()) - 61)],
    "61 seconds ahead": lambda p, path: [p.proof(path, iat=int(p.site.clock()) + 61)],
    "expired": lambda p, path: [p.proof(path, exp=int(p.site.clock()) - 61)],
    "not yet valid": lambda p, path: [p.proof(path, nbf=int(p.site.clock()) + 61)],
    "critical members": lambda p, path: [p.proof(path, header={"crit": ["exp"], "exp": 1})],
    "the same twice": lambda p, path: [p.proof(path)] * 2,
    "http, as behind a proxy": lambda p, path: [p.proof(path, htu=ORIGIN.replace("https", "http") + path)],
    "another port": lambda p, path: [p.proof(path, htu=f"https://localhost{path}")],
    "a symmetric key": lambda p, path: [p.proof(path, header={"jwk": {"kty": "oct", "k": "AAAA"}})],
    "a changed signature": lambda p, path: [p.proof(path)[:-8] + "AAAAAAAA"],
}


@pytest.mark.parametrize("case", PROOFS)
async def test_a_bad_proof_uses_up_neither_the_code_nor_the_next_try(program: Program, case: str) -> None:
    code = await program.code()
    await program.post(TOKEN, grant_type="refresh_token", refresh_token="none")  # for a nonce
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": program.client.id,
    }
    await refused(await program.send(TOKEN, form, proofs=PROOFS[case](program, TOKEN)), "invalid_dpop_proof")
    if case != "none":  # a pushed request need not have one
        pushed = await program.send(PAR, program.request(), proofs=PROOFS[case](program, PAR))
        await refused(pushed, "invalid_dpop_proof")
    assert (await program.redeem(code)).status_code == 200


@pytest.mark.parametrize("nonce", [None, "made-up", "A" * 43, 7, ""])
async def test_a_missing_or_foreign_nonce_is_asked_for_again(program: Program, nonce: Any) -> None:
    response = await program.send(
        TOKEN,
        {"grant_type": "refresh_token", "refresh_token": SECRET, "client_id": program.client.id},
        proofs=[program.proof(TOKEN, nonce=nonce)],
    )
    body = await members(response)
    assert response.status_code == 400
    assert body["error"] in {"use_dpop_nonce", "invalid_dpop_proof"}
    assert response.headers["DPoP-Nonce"]


async def test_a_nonce_is_good_for_a_minute_and_for_its_own_key(program: Program) -> None:
    await program.post(TOKEN, grant_type="refresh_token", refresh_token="none")
    form = {"grant_type": "refresh_token", "refresh_token": SECRET, "client_id": program.client.id}
    other = ProgramKey("other")
    await refused(await program.send(TOKEN, form, proofs=[program.proof(TOKEN, key=other)]), "use_dpop_nonce")
    await program.post(TOKEN, grant_type="refresh_token", refresh_token="none")
    program.site.clock.advance(61)
    await refused(await program.send(TOKEN, form, proofs=[program.proof(TOKEN)]), "use_dpop_nonce")


async def test_a_proof_counts_once(program: Program) -> None:
    await program.post(TOKEN, grant_type="refresh_token", refresh_token="none")
    form = {"grant_type": "refresh_token", "refresh_token": SECRET, "client_id": program.client.id}
    proof = program.proof(TOKEN)
    await refused(await program.send(TOKEN, form, proofs=[proof]), "invalid_grant")
    await refused(await program.send(TOKEN, form, proofs=[proof]), "invalid_dpop_proof")


GOOD_PROOFS: dict[str, dict[str, Any]] = {
    "query and fragment in htu": {"htu": f"{ORIGIN}{TOKEN}?a=b#c"},
    "host in upper case": {"htu": f"HTTPS://LOCALHOST:8443{TOKEN}"},
    "more claims": {"extra": "x", "exp": 1_800_000_060, "nbf": 1_800_000_000},
    "more in the header": {"header": {"kid": "x"}},
    "the default spelling of a path": {"htu": f"{ORIGIN}/oauth/tok%65n"},
    "a minute ago": {"iat": 1_799_999_940},
    "in a minute": {"iat": 1_800_000_060},
    "ten seconds ago": {"iat": 1_799_999_990},
    "in eight seconds": {"iat": 1_800_000_008},
}


@pytest.mark.parametrize("case", GOOD_PROOFS)
async def test_what_proofs_may_say(program: Program, case: str) -> None:
    await program.post(TOKEN, grant_type="refresh_token", refresh_token="none")
    code = await program.code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": program.client.id,
    }
    response = await program.send(TOKEN, form, proofs=[program.proof(TOKEN, **GOOD_PROOFS[case])])
    assert response.status_code == 200, await members(response)


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = {
    DEVICE: "device grant is off",
    "password": "password grant is off",
    "implicit": "implicit flow is off",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": "authenticate clients",
    SECRET: "There are the grants",
}


@pytest.mark.parametrize("grant", GRANTS)
async def test_a_grant_that_is_off_says_so_with_or_without_a_proof(program: Program, grant: str) -> None:
    for response in (
        await program.plain(TOKEN, grant_type=grant, username="u", password=SECRET),
        await program.post(TOKEN, grant_type=grant),
    ):
        assert GRANTS[grant] in (await refused(response, "unsupported_grant_type"))["error_description"]


CODE_REQUESTS: dict[str, tuple[dict[str, str], str]] = {
    "no grant type": ({"grant_type": ""}, "invalid_request"),
    "no code": ({"code": ""}, "invalid_request"),
    "no redirect URI": ({"redirect_uri": ""}, "invalid_request"),
    "no verifier": ({"code_verifier": ""}, "invalid_request"),
    "an unknown code": ({"code": SECRET}, "invalid_grant"),
    "another redirect URI": ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant"),
    "another verifier": ({"code_verifier": SECRET + "x" * 43}, "invalid_grant"),
    "a short verifier": ({"code_verifier": SECRET}, "invalid_grant"),
    "a long verifier": ({"code_verifier": "x" * 129}, "invalid_grant"),
    "no client": ({"client_id": ""}, "invalid_request"),
    "an unknown client": ({"client_id": SECRET}, "invalid_client"),
    "a client secret": ({"client_secret": SECRET}, "invalid_client"),
    "an assertion of no client": ({"client_assertion": SECRET, "client_assertion_type": JWT_BEARER}, "invalid_client"),
    "an assertion of no type": ({"client_assertion": SECRET}, "invalid_client"),
    "another resource": ({"resource": "https://elsewhere.example/"}, "invalid_target"),
}


@pytest.mark.parametrize("case", CODE_REQUESTS)
async def test_a_bad_request_for_a_code_uses_up_nothing(program: Program, case: str) -> None:
    change, expected = CODE_REQUESTS[case]
    code = await program.code()
    await refused(await program.redeem(code, **change), expected)
    assert (await program.redeem(code)).status_code == 200


async def test_a_code_is_worth_nothing_to_another_client_or_later(site: Site, program: Program, user_id: str) -> None:
    other = await program_of(site, user_id, name="other")
    code = await program.code()
    await refused(await other.redeem(code), "invalid_grant")
    site.clock.advance(60)
    await refused(await program.redeem(code), "invalid_grant")


async def test_a_refresh_token_is_worth_nothing_to_another_client(site: Site, program: Program, user_id: str) -> None:
    other = await program_of(site, user_id, name="other")
    token = (await program.tokens())["refresh_token"]
    other.key = program.key
    await refused(await other.refresh(token), "invalid_grant")
    await refused(await program.refresh(SECRET), "invalid_grant")
    await refused(await program.refresh(""), "invalid_request")
    await refused(await program.refresh(token, scope="everything"), "invalid_scope")
    assert (await program.refresh(token)).status_code == 200


async def test_a_client_uses_only_the_grants_that_it_is_registered_for(
    site: Site, program: Program, service: Program, user_id: str
) -> None:
    only_codes = await program_of(site, user_id, name="codes", grants=("authorization_code",))
    await refused(await program.post(TOKEN, grant_type="client_credentials"), "unauthorized_client")
    await refused(await only_codes.refresh(SECRET), "unauthorized_client")
    await refused(await service.redeem(SECRET), "unauthorized_client")


async def test_a_service_gets_no_more_than_a_service_may(site: Site, service: Program, user_id: str) -> None:
    for scope in ("openid", "offline_access", "chat everything", "chat  models"):
        response = await service.post(TOKEN, grant_type="client_credentials", scope=scope)
        await refused(response, "invalid_scope")
    unpublished = await service_of(site, name="unpublished", published=False)
    await refused(await unpublished.post(TOKEN, grant_type="client_credentials"), "unauthorized_client")
    unbound = await service.plain(TOKEN, grant_type="client_credentials")
    await refused(unbound, "invalid_dpop_proof")


def _hs256(p: Program, claims: dict[str, Any]) -> str:
    assert p.identity is not None
    return p.identity.jws({"alg": "HS256"}, claims)


def _claims(p: Program, **changes: Any) -> dict[str, Any]:
    now = int(p.site.clock())
    return {"iss": p.client.id, "sub": p.client.id, "aud": ORIGIN, "exp": now + 60, "jti": "a jti"} | changes


ASSERTIONS: dict[str, Callable[[Program], str]] = {
    "not a JWT": lambda p: SECRET,
    "16 KB": lambda p: _assert(p, padding="x" * 12_000),
    "not JSON": lambda p: p.identity.jws({"alg": "ES256"}, b"junk"),  # type: ignore[union-attr]
    "alg none": lambda p: p.identity.jws({"alg": "none"}, _claims(p)),  # type: ignore[union-attr]
    "alg HS256": lambda p: _hs256(p, _claims(p)),
    "no alg": lambda p: p.identity.jws({}, _claims(p)),  # type: ignore[union-attr]
    "crit": lambda p: p.identity.jws({"alg": "ES256", "crit": ["b64"], "b64": True}, _claims(p)),  # type: ignore[union-attr]
    "a DPoP proof's typ": lambda p: p.identity.jws({"alg": "ES256", "typ": "dpop+jwt"}, _claims(p)),  # type: ignore[union-attr]
    "a typ that is no text": lambda p: p.identity.jws({"alg": "ES256", "typ": 7}, _claims(p)),  # type: ignore[union-attr]
    "another key": lambda p: assertion(ProgramKey("thief"), p.client.id, now=p.site.clock()),
    "the key in its own header": lambda p: ProgramKey("thief").jws(
        {"alg": "ES256", "jwk": ProgramKey("thief").jwk}, _claims(p)
    ),
    "another audience": lambda p: _assert(p, aud="https://elsewhere.example"),
    "a second audience": lambda p: _assert(p, aud=[ORIGIN, "https://elsewhere.example"]),
    "no audience": lambda p: _assert(p, aud=LEFT_OUT),
    "an empty audience": lambda p: _assert(p, aud=[]),
    "no iss": lambda p: _assert(p, iss=LEFT_OUT),
    "another iss": lambda p: _assert(p, iss="somebody"),
    "another sub": lambda p: _assert(p, sub="somebody"),
    "no exp": lambda p: _assert(p, exp=LEFT_OUT),
    "exp as text": lambda p: _assert(p, exp="soon"),
    "exp true": lambda p: _assert(p, exp=True),
    "expired": lambda p: _assert(p, exp=int(p.site.clock()) - 61),
    "too long a life": lambda p: _assert(p, exp=int(p.site.clock()) + 3600),
    "nbf ahead": lambda p: _assert(p, nbf=int(p.site.clock()) + 90),
    "iat ahead": lambda p: _assert(p, iat=int(p.site.clock()) + 90),
    "no jti": lambda p: _assert(p, jti=LEFT_OUT),
    "a long jti": lambda p: _assert(p, jti="x" * 300),
    "a jti that is no text": lambda p: _assert(p, jti=7),
}


def _assert(p: Program, **claims: Any) -> str:
    assert p.identity is not None
    return assertion(p.identity, p.client.id, now=p.site.clock(), **claims)


@pytest.mark.parametrize("case", ASSERTIONS)
async def test_a_bad_assertion_authenticates_nobody(service: Program, case: str) -> None:
    response = await service.post(
        TOKEN,
        grant_type="client_credentials",
        client_assertion=ASSERTIONS[case](service),
        client_assertion_type=JWT_BEARER,
    )
    await refused(response, "invalid_client")
    assert (await service.post(TOKEN, grant_type="client_credentials")).status_code == 200


@pytest.mark.parametrize("audience", [ORIGIN, [ORIGIN], ORIGIN + TOKEN, [ORIGIN, ORIGIN + TOKEN], ORIGIN + PAR])
async def test_an_assertion_may_name_the_issuer_or_an_endpoint(service: Program, audience: Any) -> None:
    response = await service.post(
        TOKEN,
        grant_type="client_credentials",
        client_assertion=_assert(service, aud=audience),
        client_assertion_type=JWT_BEARER,
    )
    assert response.status_code == 200


async def test_an_assertion_counts_once_whoever_sends_it(service: Program) -> None:
    sent = {
        "grant_type": "client_credentials",
        "client_assertion": _assert(service),
        "client_assertion_type": JWT_BEARER,
    }
    await service.post(TOKEN, grant_type="refresh_token", refresh_token="none")  # for a nonce
    assert (await service.post(TOKEN, **sent)).status_code == 200
    thief = Program(service.site, service.client, key=ProgramKey("thief"))
    await refused(await thief.post(TOKEN, **sent), "invalid_client")
    await refused(await thief.plain(INTROSPECT, token=SECRET, **sent), "invalid_client")


async def test_a_public_client_cannot_authenticate_and_a_confidential_one_must(
    program: Program, service: Program
) -> None:
    service.identity = None
    await refused(await service.post(TOKEN, grant_type="client_credentials"), "invalid_client")
    program.identity = ProgramKey("any")
    await refused(await program.post(TOKEN, grant_type="refresh_token", refresh_token=SECRET), "invalid_client")


async def test_the_authorization_header_is_no_way_to_authenticate(program: Program) -> None:
    basic = "Basic " + base64.b64encode(f"{program.client.id}:{SECRET}".encode()).decode()
    form = {"token": SECRET, "client_id": program.client.id}
    response = await program.send(REVOKE, form, Authorization=basic)
    await refused(response, "invalid_client", 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


PUSHED: dict[str, tuple[dict[str, str | None], str]] = {
    "another request": ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    "a request object": ({"request": SECRET}, "request_not_supported"),
    "no response type": ({"response_type": None}, "invalid_request"),
    "implicit": ({"response_type": "token"}, "unsupported_response_type"),
    "hybrid": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "no redirect URI": ({"redirect_uri": None}, "invalid_request"),
    "another redirect URI": ({"redirect_uri": "https://elsewhere.example/cb"}, "invalid_request"),
    "a longer redirect URI": ({"redirect_uri": CALLBACK + "/x"}, "invalid_request"),
    "localhost for loopback": ({"redirect_uri": "http://localhost/callback"}, "invalid_request"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "plain challenge": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no challenge method": ({"code_challenge_method": None}, "invalid_request"),
    "a challenge that is no hash": ({"code_challenge": "short"}, "invalid_request"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "an unknown scope": ({"scope": "chat everything"}, "invalid_scope"),
    "another response mode": ({"response_mode": "fragment"}, "invalid_request"),
    "no page": ({"prompt": "none"}, "interaction_required"),
    "a bad thumbprint": ({"dpop_jkt": "short"}, "invalid_request"),
    "a bad age": ({"max_age": "-1"}, "invalid_request"),
    "another resource": ({"resource": "https://elsewhere.example"}, "invalid_target"),
    "a long state": ({"state": SECRET * 100}, "invalid_request"),
    "a long nonce": ({"nonce": SECRET * 100}, "invalid_request"),
    "an unknown client": ({"client_id": SECRET}, "invalid_client"),
}


@pytest.mark.parametrize("case", PUSHED)
async def test_a_bad_request_cannot_be_pushed(program: Program, case: str) -> None:
    change, expected = PUSHED[case]
    response = await program.send(PAR, program.request(**change))
    await refused(response, expected)
    assert (await program.post(PAR, **program.request())).status_code == 201


async def test_a_service_that_has_no_redirect_pushes_nothing(service: Program) -> None:
    await refused(await service.plain(PAR, **service.request()), "invalid_request")


FORMS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "invalid_request"),
    "a parameter twice": (b"grant_type=password&grant_type=password", "invalid_request"),
    "a parameter twice, once empty": (b"grant_type=&grant_type=password", "invalid_request"),
    "a parameter twice, once escaped": (b"grant_type=password&grant%5ftype=password", "invalid_request"),
    "a control character": (b"grant_type=pass%00word", "invalid_request"),
    "not UTF-8": (b"grant_type=%ff", "invalid_request"),
    "half an escape": (b"grant_type=%f", "invalid_request"),
    "raw octets": (b"grant_type=\xff", "invalid_request"),
    "JSON": (b'{"grant_type":"password"}', "invalid_request"),
    "many parameters": (b"&".join(b"p%d=1" % number for number in range(100)), "invalid_request"),
    "a long value": (b"grant_type=" + b"x" * 20_000, "invalid_request"),
    "a long form": (b"a=" + b"x" * 40_000, "invalid_request"),
    "a long name": (b"x" * 100 + b"=1", "invalid_request"),
}


@pytest.mark.parametrize("case", FORMS)
async def test_a_form_that_cannot_be_read(program: Program, case: str) -> None:
    body, expected = FORMS[case]
    for path in (TOKEN, PAR, REVOKE, INTROSPECT):
        await refused(await program.send(path, body), expected)


@pytest.mark.parametrize("path", [TOKEN, PAR, REVOKE, INTROSPECT])
async def test_requests_in_the_wrong_shape(program: Program, path: str) -> None:
    form = urlencode({"token": SECRET, "client_id": program.client.id}).encode()
    await refused(await program.send(f"{path}?client_id={program.client.id}", form), "invalid_request")
    await refused(await program.send(path, form, **{"Content-Type": "application/json"}), "invalid_request", 415)
    await refused(await program.send(path, b"a=" + b"x" * 70_000), "invalid_request", 413)
    response = await program.site.app.test_client().get(path, headers={"Host": "localhost:8443"})
    await refused(response, "invalid_request", 405)
    foreign = await program.send(path, form, Origin="https://elsewhere.example")
    await refused(foreign, "invalid_request", 403)


async def test_refusals_are_recorded_without_anything_that_was_sent(program: Program, site: Site) -> None:
    await program.redeem(SECRET)
    await program.plain(PAR, **program.request(redirect_uri=f"https://elsewhere.example/{SECRET}"))
    await site.services.flush()
    events = await site.services.usage.events(kind_prefix="oauth.", limit=100)
    assert {(event.kind, event.outcome) for event in events} >= {
        ("oauth.token", "use_dpop_nonce"),
        ("oauth.token", "invalid_grant"),
        ("oauth.par", "invalid_request"),
    }
    assert not any(SECRET in str(event) for event in events)


async def test_issues_and_ends_are_recorded_with_the_family_and_no_credential(program: Program, site: Site) -> None:
    code = await program.code()
    first = await members(await program.redeem(code))
    second = await members(await program.refresh(first["refresh_token"]))
    await program.plain(REVOKE, token=second["refresh_token"])
    await site.services.flush()
    events = await site.services.usage.events(kind_prefix="oauth.", limit=100)
    assert sorted({(event.kind, event.outcome) for event in events if event.session_hash}) == [
        ("oauth.revoke", "ok"),
        ("oauth.token", "ok"),
    ]
    assert len({event.session_hash for event in events if event.session_hash}) == 1
    text = " ".join(map(str, events))
    for secret in (code, *first.values(), *second.values()):
        assert not isinstance(secret, str) or len(secret) < 30 or secret not in text
