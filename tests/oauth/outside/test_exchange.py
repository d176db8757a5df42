"""What is sent to a provider's token endpoint, and what is made of its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws

from boundgate.oauth.outside.errors import OutsideDenied, OutsideMixedUp, OutsideRefused, OutsideUnacceptable
from boundgate.oauth.outside.exchange import TokenExchange, authorization_url, code_of
from boundgate.oauth.outside.metadata import ProviderMetadata, read_metadata
from boundgate.oauth.outside.model import Provider, Purpose, Waiting
from boundgate.oauth.outside.ports import WebAnswer
from tests.support.outside import SoftProvider

NOW = 1_800_000_000.0
ISSUER = "https://id.example"
REDIRECT = "https://localhost:8443/sign-in/outside/acme/callback"


def provider(secret: str | None = "a secret: %&+") -> Provider:
    return Provider(
        id="acme",
        name="Acme",
        issuer=ISSUER,
        client_id="b g",
        client_secret=secret,
        scopes=("openid",),
        redirect_uri=REDIRECT,
    )


def metadata(**changes: Any) -> ProviderMetadata:
    published = SoftProvider(ISSUER, metadata=changes).published()
    return read_metadata(json.dumps(published).encode(), expected_issuer=ISSUER)


class Recorded:
    """A provider that answers as it is told."""

    def __init__(self, *answers: WebAnswer) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, Mapping[str, str]]] = []

    async def get(self, url: str) -> WebAnswer:
        raise AssertionError(url)

    async def post_form(self, url: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        self.sent.append((url, body, headers))
        return self.answers.pop(0)

    async def aclose(self) -> None:
        """Nothing."""


def answer(members: Any, status: int = 200, **headers: str) -> WebAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebAnswer(status=status, headers=named, body=json.dumps(members).encode())


async def exchanged(web: Recorded, by: Provider, known: ProviderMetadata) -> str:
    exchange = TokenExchange(web=web, clock=lambda: NOW, new_token=lambda: "unguessable")
    return await exchange.id_token(by, known, code="the code", verifier="v" * 43)


def test_the_request_has_everything_that_the_standards_ask_for() -> None:
    waiting = Waiting(
        purpose=Purpose.SIGN_IN,
        provider_id="acme",
        issuer=ISSUER,
        session_id="",
        target="",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        nonce="the nonce",
    )
    known = metadata(authorization_endpoint=f"{ISSUER}/authorize?tenant=a%20b")
    url = urlsplit(authorization_url(provider(), known, waiting, state="the state"))
    assert {name: value for name, (value,) in parse_qs(url.query).items()} == {
        "tenant": "a b",
        "response_type": "code",
        "client_id": "b g",
        "redirect_uri": REDIRECT,
        "scope": "openid",
        "state": "the state",
        "nonce": "the nonce",
        # RFC 7636 appendix B.
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", None])
async def test_the_client_authenticates_as_the_provider_asks(method: str | None) -> None:
    web = Recorded(answer({"id_token": "a.b.c"}))
    by = provider(None) if method is None else provider()
    known = metadata(token_endpoint_auth_methods_supported=[method or "none"])
    assert await exchanged(web, by, known) == "a.b.c"
    ((url, body, headers),) = web.sent
    sent = {name: value for name, (value,) in parse_qs(body).items()}
    expected = {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": REDIRECT,
        "code_verifier": "v" * 43,
    }
    if method == "client_secret_basic":
        # RFC 6749 §2.3.1: "b+g:a+secret%3A+%25%26%2B" in base64.
        assert headers["Authorization"] == "Basic YitnOmErc2VjcmV0JTNBKyUyNSUyNiUyQg=="
    else:
        expected |= {"client_id": "b g"} | ({"client_secret": "a secret: %&+"} if method else {})
        assert "Authorization" not in headers
    assert (url, sent) == (f"{ISSUER}/token", expected)
    assert "DPoP" not in headers


async def test_a_provider_that_binds_tokens_gets_a_proof_and_with_its_nonce_another() -> None:
    web = Recorded(
        answer({"error": "use_dpop_nonce"}, 400, dpop_nonce="a nonce of theirs"), answer({"id_token": "a.b.c"})
    )
    known = metadata(dpop_signing_alg_values_supported=["ES256"])
    assert await exchanged(web, provider(None), known) == "a.b.c"
    first, second = (jws.extract_compact(headers["DPoP"].encode()) for _, _, headers in web.sent)
    assert (first.headers()["typ"], "d" in first.headers()["jwk"]) == ("dpop+jwt", False)
    claims = {"jti": "unguessable", "htm": "POST", "htu": f"{ISSUER}/token", "iat": int(NOW)}
    assert json.loads(first.payload) == claims
    assert json.loads(second.payload) == claims | {"nonce": "a nonce of theirs"}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (answer({"error": "invalid_grant"}, 400), OutsideRefused, "invalid_grant"),
        (answer({"error": "<b>"}, 400), OutsideRefused, "reports an error. Begin"),
        (answer({"error": 7}, 400), OutsideRefused, "reports an error"),
        (answer({"error": "access_denied"}), OutsideDenied, "said no"),
        (answer({"id_token": "a.b.c"}, 500), OutsideRefused, "reports an error"),
        (answer({"access_token": "a"}), OutsideUnacceptable, "nothing about who"),
        (answer({"id_token": 7}), OutsideUnacceptable, "nothing about who"),
        (answer([]), OutsideUnacceptable, "nothing about who"),
    ],
    ids=["grant", "unknown", "number", "denied", "status", "no-id-token", "no-text", "list"],
)
async def test_an_answer_without_an_id_token_is_told_apart(given: WebAnswer, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        await exchanged(Recorded(given), provider(), metadata())


@pytest.mark.parametrize(
    ("parameters", "names_itself", "error"),
    [
        ({"code": "c", "iss": ISSUER}, True, None),
        ({"code": "c"}, False, None),
        ({"code": "c"}, True, OutsideMixedUp),
        ({"code": "c", "iss": "https://id.other.example"}, False, OutsideMixedUp),
        ({"code": "c", "iss": ISSUER + "/"}, False, OutsideMixedUp),
        ({"error": "access_denied", "iss": "https://id.other.example"}, True, OutsideMixedUp),
        ({"error": "access_denied", "iss": ISSUER}, True, OutsideDenied),
        ({"error": "server_error", "code": "c"}, False, OutsideRefused),
        ({"iss": ISSUER}, True, OutsideUnacceptable),
    ],
    ids=["named", "silent", "missing", "other", "slash", "other-error", "denied", "error", "no-code"],
)
def test_the_answer_names_the_issuer_that_was_asked(parameters: dict[str, str], names_itself: bool, error: Any) -> None:
    known = metadata(authorization_response_iss_parameter_supported=names_itself)
    if error is None:
        assert code_of(parameters, known, provider()) == "c"
        return
    with pytest.raises(error):
        code_of(parameters, known, provider())
