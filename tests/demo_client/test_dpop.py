"""`DPoPAuth`: what it signs, what it learns, what it retries, where it sends nothing."""

from __future__ import annotations

import base64
import hashlib
import json

import httpx
import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from demo_client.dpop import DPoPAuth, Nonces, challenge_error, htu, new_jti, origin, proof
from demo_client.errors import LoginEnded
from demo_client.jose import b64url, from_b64url, public_jwk, thumbprint
from demo_client.keys.file import FileKey
from demo_client.session import Session
from tests.demo_client.conftest import logged_in

KEY = FileKey.create()
# RFC 9449 §4.1, figure 2: the proof; §7.1, figure 12: the one beside an access token; §6.1: the key's thumbprint.
RFC_PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
    "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
    "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
RFC_RESOURCE_PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
    "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
    "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
RFC_ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def parts(compact: str) -> tuple[dict, dict]:
    header, claims, _ = compact.split(".")
    return json.loads(from_b64url(header)), json.loads(from_b64url(claims))


class Recorded:
    """The published key, which signs what was published: ECDSA signatures are random, and its private half unknown."""

    def __init__(self, compact: str) -> None:
        self.jwk = parts(compact)[0]["jwk"]
        self._signature = from_b64url(compact.rpartition(".")[2])

    def sign(self, message: bytes) -> bytes:
        return self._signature


@pytest.mark.parametrize(
    ("compact", "token"), [(RFC_PROOF, None), (RFC_RESOURCE_PROOF, RFC_ACCESS_TOKEN)], ids=["token", "resource"]
)
def test_a_proof_is_the_published_one_member_for_member(compact, token):
    header, claims = parts(compact)
    ours = proof(
        Recorded(compact),
        claims["htm"],
        claims["htu"] + "?query=1#fragment",
        token=token,
        now=claims["iat"] + 0.9,
        jti=claims["jti"],
    )
    assert parts(ours) == (header, claims)
    assert list(parts(ours)[1]) == list(claims)
    assert thumbprint(header["jwk"]) == RFC_THUMBPRINT


def test_the_published_proofs_verify_and_so_does_ours():
    for compact in (RFC_PROOF, RFC_RESOURCE_PROOF, proof(KEY, "GET", "https://x/y", now=1, jti="j")):
        key = ECKey.import_key(parts(compact)[0]["jwk"])
        jws.deserialize_compact(compact, key, algorithms=["ES256"])


def test_a_proof_names_no_private_member_and_the_nonce_only_when_there_is_one():
    header, claims = parts(proof(KEY, "POST", "https://x/y", now=1, jti="j"))
    assert (header["typ"], header["alg"], set(header["jwk"])) == ("dpop+jwt", "ES256", {"kty", "crv", "x", "y"})
    assert set(claims) == {"jti", "htm", "htu", "iat"}
    assert parts(proof(KEY, "POST", "https://x/y", nonce="n", now=1, jti="j"))[1]["nonce"] == "n"


def test_every_signature_has_sixty_four_octets_and_every_coordinate_thirty_two():
    lengths = {len(KEY.sign(bytes([number]))) for number in range(200)}
    assert lengths == {64}
    assert len(from_b64url(public_jwk(1, 2)["x"])) == 32


@given(octets=st.binary())
def test_base64url_comes_back(octets):
    assert from_b64url(b64url(octets)) == octets
    assert b64url(octets) == base64.urlsafe_b64encode(octets).decode().rstrip("=")


def test_a_jti_has_at_least_96_bits_and_never_comes_twice():
    assert len({new_jti() for _ in range(1000)}) == 1000
    assert len(from_b64url(new_jti())) >= 12


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/v1/x?q=1", "https://h/v1/x"),
        ("https://h/v1/x#f", "https://h/v1/x"),
        ("https://h:444/", "https://h:444/"),
        ("https://h/a%2Fb", "https://h/a%2Fb"),
    ],
)
def test_htu_is_the_address_without_query_and_fragment(url, expected):
    assert htu(url) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (['DPoP error="use_dpop_nonce", error_description="x"'], "use_dpop_nonce"),
        (['dpop algs="ES256", error=invalid_token'], "invalid_token"),
        (['Bearer error="invalid_token"', 'DPoP error="use_dpop_nonce"'], "use_dpop_nonce"),
        (['Basic realm="DPoP error=no", DPoP error="invalid_token"'], "invalid_token"),
        (['DPoP error_description="an error=\\"lie\\", error=lie", error="invalid_token"'], "invalid_token"),
        (['Bearer error="use_dpop_nonce"'], None),
        (['Bearer realm="DPoP error=use_dpop_nonce"'], None),
        (["DPoP"], None),
        ([], None),
    ],
)
def test_the_error_is_that_of_the_dpop_challenge(values, expected):
    assert challenge_error(values) == expected


@given(value=st.text(max_size=80))
def test_no_challenge_breaks_the_reader(value):
    challenge_error([value])


def test_nonces_belong_to_their_origin():
    nonces = Nonces()
    nonces.learn("https://a.example/x", "one")
    nonces.learn("https://a.example:444/x", "two")
    nonces.learn("https://a.example/y", None)
    assert [nonces.of(url) for url in ("https://a.example:443/z", "https://a.example:444/", "https://b.example/")] == [
        "one",
        "two",
        None,
    ]
    assert origin("http://h/") == ("http", "h", 80)


# Requests


def test_the_first_request_answers_the_demand_for_a_nonce_and_the_next_needs_none(fake, session):
    fake.requests.clear()
    assert session.get(f"{fake.origin}/v1/models")["object"] == "list"
    assert fake.count("/v1/models") == 2
    session.get(f"{fake.origin}/v1/models")
    assert fake.count("/v1/models") == 3


def test_a_nonce_is_learned_from_any_answer(fake, session):
    session.get(f"{fake.origin}/v1/models")
    fake.requests.clear()
    fake.nonce = "nonce-2"
    session.get(f"{fake.origin}/v1/models")
    assert fake.count("/v1/models") == 2
    session.get(f"{fake.origin}/v1/models")
    assert fake.count("/v1/models") == 3


def test_a_second_demand_for_a_nonce_is_not_answered_forever(fake, session):
    seen = []

    def stubborn(request):
        seen.append(request.headers["DPoP"])
        headers = {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": f"n{len(seen)}"}
        return httpx.Response(401, headers=headers)

    with httpx.Client(transport=httpx.MockTransport(stubborn), auth=DPoPAuth(session)) as client:
        assert client.get(f"{session.resource}/models").status_code == 401
    assert len(seen) == 2
    assert parts(seen[1])[1]["nonce"] == "n1"


def test_every_request_and_every_retry_has_a_proof_of_its_own(fake, session):
    seen = []

    def once(request):
        seen.append(parts(request.headers["DPoP"])[1]["jti"])
        challenge = {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "n"}
        return httpx.Response(401, headers=challenge) if len(seen) == 1 else httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(once), auth=DPoPAuth(session)) as client:
        client.get(f"{session.resource}/models")
        client.get(f"{session.resource}/models")
    assert len(set(seen)) == 3


def test_a_token_that_the_server_calls_invalid_is_refreshed_once(fake, session):
    session.get(f"{fake.origin}/v1/models")
    fake.expire_access()
    session.get(f"{fake.origin}/v1/models")
    assert fake.refreshes == 1


def test_an_answer_that_stays_invalid_is_given_to_the_caller(fake, session):
    def refuse(request):
        return httpx.Response(401, headers={"WWW-Authenticate": 'DPoP error="invalid_token"'})

    with httpx.Client(transport=httpx.MockTransport(refuse), auth=DPoPAuth(session)) as client:
        assert client.get(f"{session.resource}/models").status_code == 401
    assert fake.refreshes == 1


@pytest.mark.parametrize("code", ["step_up_required", "insufficient_scope", "invalid_dpop_proof"])
def test_other_refusals_are_not_retried(session, code):
    seen = []

    def refuse(request):
        seen.append(request)
        return httpx.Response(401, headers={"WWW-Authenticate": f'DPoP error="{code}"'})

    with httpx.Client(transport=httpx.MockTransport(refuse), auth=DPoPAuth(session)) as client:
        client.get(f"{session.resource}/models")
    assert len(seen) == 1


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/v1/models", "http://127.0.0.1:10/v1", "http://localhost:9/"]
)
def test_the_token_goes_to_no_other_origin(session, url):
    def unreachable(request):
        raise AssertionError("sent")

    with (
        httpx.Client(transport=httpx.MockTransport(unreachable), auth=DPoPAuth(session)) as client,
        pytest.raises(ValueError, match="is not sent to"),
    ):
        client.get(url)


def test_a_body_that_can_be_read_only_once_is_sent_again_after_a_demand_for_a_nonce(fake, session):
    def pieces():
        yield b'{"model": "small", '
        yield b'"messages": [{"role": "user", "content": "hi"}]}'

    with httpx.Client(transport=fake.transport(), auth=DPoPAuth(session)) as client:
        answer = client.post(f"{session.resource}/chat/completions", content=pieces())
    assert answer.json()["choices"][0]["message"]["content"] == "user: hi\n"


async def test_an_async_client_does_the_same(fake, session):
    async def pieces():
        yield b'{"model": "small", "messages": [{"role": "user", "content": "hi"}]}'

    transport = httpx.MockTransport(lambda request: fake.transport().handler(request))
    async with httpx.AsyncClient(transport=transport, auth=DPoPAuth(session)) as client:
        assert (await client.get(f"{session.resource}/models")).status_code == 200
        fake.expire_access()
        answer = await client.post(f"{session.resource}/chat/completions", content=pieces())
        assert answer.status_code == 200
    assert fake.refreshes == 1


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_the_openai_package_is_authenticated_by_it_and_its_own_key_is_not_sent(library, served, store):
    logged_in(served, store, at=True)
    with Session.open() as session, library.Client(auth=DPoPAuth(session)) as http:
        client = openai.OpenAI(base_url=session.resource, api_key="unused", http_client=http, max_retries=0)
        assert [model.id for model in client.models.list()] == ["small", "large"]
        messages = [{"role": "user", "content": "hi"}]
        chunks = client.chat.completions.create(model="small", messages=messages, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "user: hi\n"
        with pytest.raises(openai.AuthenticationError, match="touch"):
            client.chat.completions.create(model="large", messages=messages)
    assert set(served.seen_authorization) == {"DPoP"}


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_the_async_openai_package_likewise(library, served, store):
    logged_in(served, store, at=True)
    with Session.open() as session:
        async with library.AsyncClient(auth=DPoPAuth(session)) as http:
            client = openai.AsyncOpenAI(base_url=session.resource, api_key="unused", http_client=http, max_retries=0)
            assert [model.id async for model in client.models.list()] == ["small", "large"]
    assert set(served.seen_authorization) == {"DPoP"}


def test_the_openai_package_lets_our_errors_through_and_does_not_retry_them(served, store):
    logged_in(served, store, at=True)
    served.families[0].ended = True
    with Session.open() as session, httpx2.Client(auth=DPoPAuth(session)) as http:
        client = openai.OpenAI(base_url=session.resource, api_key="unused", http_client=http)
        with pytest.raises(LoginEnded):
            client.models.list()
    assert served.count("/oauth/token") == 3, "the code, then one refresh after a demand for a nonce"


def test_the_token_hash_is_over_the_token_that_is_sent(fake, session):
    seen = []

    def look(request):
        seen.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(look), auth=DPoPAuth(session)) as client:
        client.get(f"{session.resource}/models?limit=1", headers={"Authorization": "Bearer theirs", "DPoP": "theirs"})
    (request,) = seen
    scheme, token = request.headers["Authorization"].split(" ")
    claims = parts(request.headers["DPoP"])[1]
    assert (scheme, claims["ath"]) == ("DPoP", b64url(hashlib.sha256(token.encode()).digest()))
    assert claims["htu"] == f"{session.resource}/models"
    assert request.headers.get_list("Authorization") == [f"DPoP {token}"]
