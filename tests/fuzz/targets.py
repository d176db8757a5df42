"""What is attacked, how inputs for it are made, and which exceptions it declares.

A `run` may also look at what comes out: an AssertionError is declared nowhere.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from boundgate import strict_json
from boundgate.attestation.chain import CERTIFICATE_MOST_OCTETS
from boundgate.attestation.errors import NotAttested, StructureRefused
from boundgate.attestation.names import name_of
from boundgate.attestation.public_area import read_public
from boundgate.attestation.structures import read_certification, read_signature
from boundgate.attestation.wire import read_answer
from boundgate.dbsc import (
    KeyRefused,
    ProofMalformed,
    ProofRefused,
    challenge_for,
    read_proof,
    read_public_key,
    read_session_id,
    read_skipped,
    registration_offer,
    seal,
    unseal,
    verify_refresh_proof,
    verify_registration_proof,
)
from boundgate.dbsc.cookie_attributes import read_attributes, split_set_cookie, stored
from boundgate.dbsc.document import Document, read_document
from boundgate.dbsc.hosts import canonical_host, is_valid_pattern, matches_pattern, read_origin, registrable_domain
from boundgate.dbsc.judge import check_answer, check_instructions, scope_of
from boundgate.dbsc.well_known import check_federation_allowed, check_registration_allowed
from boundgate.dpop import DpopError, claimed_thumbprint, normalised_url, verify_proof
from boundgate.dpop.htu import is_same_url
from boundgate.errors import BadRequest, NotFound, TooLarge
from boundgate.gateway.chat import ChatParser
from boundgate.gateway.price_file import load_prices
from boundgate.jose.errors import JwsMalformed, JwsRefused
from boundgate.jose.jwt import verify_jwt
from boundgate.net import client_address, network_prefix
from boundgate.oauth.access_tokens import read_access_claims
from boundgate.oauth.assertions import verify_assertion
from boundgate.oauth.errors import InvalidClient, InvalidRequest, InvalidToken
from boundgate.oauth.outside.carried import read_cookie_value, record_of
from boundgate.oauth.outside.errors import OutsideUnacceptable
from boundgate.oauth.outside.id_token import key_id_of, verify_id_token
from boundgate.oauth.outside.metadata import ALGORITHMS, is_https_url, read_keys, read_metadata
from boundgate.oauth.outside.model import Identified, Waiting
from boundgate.oauth.parameters import read_parameters
from boundgate.oauth.redirects import check_redirect_uri, match_redirect_uri
from boundgate.passkeys.wire import parse_assertion, parse_client_data, parse_registration
from boundgate.sessions.cookies import read_cookies
from tests.fuzz import corpus
from tests.fuzz.shaping import Shaper
from tests.support.soft_browser import read_challenge, read_offers

BODY_MOST = 16_384
"""Of what is parsed as JSON. Time grows with length: the limit of 5 ms is for inputs up to this many octets."""
LIMIT_SECONDS = 0.005
_PROOF_ERRORS = (ProofMalformed, ProofRefused, KeyRefused)
_CHAT = ChatParser(load_prices(None))

TEXT = st.text(max_size=300) | st.text('ab.=-_A"\\;, ()*?:@', max_size=60)
_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
OCTETS = st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode())


@dataclass(frozen=True, slots=True)
class Target:
    """One function under attack.

    `make` gives structure-aware inputs, `strategy` hypothesis's own; each input equals its `repr` read back.
    `share` is how often it comes, compared with the others. `limit_seconds` is of processor time.
    """

    name: str
    run: Callable[[Any], object]
    make: Callable[[Shaper], Any]
    strategy: st.SearchStrategy[Any]
    allowed: tuple[type[Exception], ...] = ()
    share: int = 10
    limit_seconds: float = LIMIT_SECONDS


def _read_session_id(value: str) -> None:
    session_id = read_session_id(value)
    assert 0 < len(session_id) <= 128
    assert session_id.isascii()


def _offer(fields: dict[str, Any]) -> None:
    (offer,) = read_offers(registration_offer(**fields)) or (None,)
    if offer is not None and set(fields["algorithms"]) <= {"ES256", "RS256"}:
        expected = [fields[name] for name in ("path", "challenge", "authorization")]
        assert [offer.path, offer.challenge, offer.authorization] == expected


def _announce(fields: dict[str, Any]) -> None:
    value = challenge_for(**fields)
    assert "\n" not in value
    assert read_challenge(value, fields["session_id"]) == (fields["challenge"] or None)


def _verify_registration(proof: str) -> None:
    verified = verify_registration_proof(proof=proof, expected_audience=corpus.AUDIENCE)
    assert verified.challenge


def _verify_refresh(given: tuple[str, str]) -> None:
    name, proof = given
    verify_refresh_proof(proof=proof, expected_key=corpus.PUBLIC_KEYS[name], expected_audience=corpus.AUDIENCE)


def _read_key(given: tuple[str, dict[str, Any]]) -> None:
    algorithm, jwk = given
    key = read_public_key(jwk, algorithm=algorithm)
    again = read_public_key(json.loads(key.jwk), algorithm=key.algorithm)
    assert again.thumbprint == key.thumbprint


def _unseal(text: str) -> None:
    value = unseal(text, macs=corpus.MACS)
    assert value is None or seal(value, macs=corpus.MACS) == text in corpus.SEALED


def _check_challenge(text: str) -> None:
    found = corpus.CHALLENGES.check(text, purpose="dbsc.refresh", context="session", max_age_seconds=900)
    assert (found is not None) == (text in corpus.ISSUED)


def _strict_json(octets: bytes) -> None:
    value = strict_json.loads(octets)
    assert repr(json.loads(octets)) == repr(value)


def _judge(octets: bytes) -> None:
    for problem in check_answer(octets, serving_url=corpus.SERVING_URL, expected_session_id="sid-1"):
        assert problem.where


def _well_known(given: tuple[bytes, bytes]) -> None:
    provider, relying_party = given
    check_registration_allowed(provider, registering_origin=corpus.RELYING_PARTY)
    check_federation_allowed(
        provider,
        relying_party,
        provider_origin=corpus.PROVIDER,
        relying_origin=corpus.RELYING_PARTY,
    )


def _judge_with_cookies(given: tuple[dict[str, Any], str, list[str]]) -> None:
    document, serving_url, lines = given
    try:
        check_instructions(document, serving_url=serving_url, set_cookies=lines)
    except ValueError:
        assert read_origin(serving_url) is None


def _scope(given: tuple[dict[str, Any], str, str]) -> None:
    document, url, initiator = given
    typed, _ = read_document(document)
    scope = scope_of(typed, corpus.SERVING_URL) if isinstance(typed, Document) else None
    if scope is not None:
        scope.includes(url)
        scope.may_initiate(initiator)


def _hosts(given: tuple[str, str]) -> None:
    url, pattern = given
    origin = read_origin(url)
    if origin is not None:
        assert read_origin(str(origin)) == origin
    host = canonical_host(pattern)
    assert host is None or canonical_host(host) == host
    registrable_domain(pattern)
    is_valid_pattern(pattern)
    matches_pattern(pattern, origin.host if origin else "")


def _set_cookie(line: str) -> None:
    origin = read_origin(corpus.SERVING_URL)
    assert origin is not None
    split = split_set_cookie(line)
    read_attributes(line)
    if split is not None:
        stored(split[0], split[1], origin=origin, path="/dbsc/register")


def _chat(body: bytes) -> None:
    request = _CHAT.parse(body)
    assert request.price_bound_micro_usd >= 0
    assert json.loads(request.body)["model"] == request.model.name


def _request_fields(given: tuple[list[str], list[str]]) -> None:
    cookies, forwarded = given
    read_cookies(cookies)
    address = client_address("127.0.0.1", forwarded, _LOOPBACK)
    assert network_prefix(address, 24, 64)


def _public_area(octets: bytes) -> None:
    area = read_public(octets, what="key")
    assert len(area.octets).to_bytes(2) + area.octets == octets
    assert len(name_of(area)) in {34, 50, 66}


def _certification(octets: bytes) -> None:
    found = read_certification(octets)
    assert found.name in octets
    assert found.extra_data in octets


def _endorsement(given: tuple[bytes, bytes]) -> None:
    leaf, between = given
    found = corpus.MAKERS.verify(leaf, chain=[between], now=corpus.ENDORSED_AT)
    assert found.maker == "id:54455354"


def _make_endorsement(shaper: Shaper) -> tuple[bytes, bytes]:
    def changed(seeds: list[bytes]) -> bytes:
        octets = bytearray(shaper.pick(seeds))
        # Lengths stay as they are more often than not, or nothing behind them would ever be read.
        if shaper.chance(0.2):
            return shaper.octets(seeds, most=9000)
        for _ in range(shaper.size(4)):
            octets[int(shaper.random.random() * len(octets))] ^= 1 << int(shaper.random.random() * 8)
        return bytes(octets)

    return changed(corpus.ENDORSEMENTS), changed(corpus.AUTHORITIES)


def _attestation_answer(body: bytes) -> None:
    submission, answer = read_answer(body)
    assert len(submission.certificate) <= CERTIFICATE_MOST_OCTETS
    assert answer.nonce.isascii()


_LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


def _parameters(encoded: bytes) -> None:
    for name, value in read_parameters(encoded).items():
        assert name
        assert value
        assert not any(character < " " for character in name + value)


def _provider_metadata(octets: bytes) -> None:
    found = read_metadata(octets, expected_issuer=corpus.PROVIDER.issuer)
    assert found.algorithms
    assert is_https_url(found.authorization_endpoint)


def _id_token(token: str) -> None:
    key_id_of(token)
    subject = verify_id_token(
        token,
        keys=corpus.PROVIDER_KEYS,
        algorithms=ALGORITHMS,
        expected_issuer=corpus.PROVIDER.issuer,
        expected_audience="bg",
        expected_nonce="nonce",
        now=corpus.PROVIDER.clock(),
        skew_seconds=60.0,
    )
    assert subject == corpus.PROVIDER.subject


def _carried(text: str) -> None:
    found = read_cookie_value(text)
    if found is not None:
        record_of(found, Waiting)
        record_of(found, Identified)


def _redirect(uri: str) -> None:
    match_redirect_uri(uri, registered=corpus.REDIRECTS)
    check_redirect_uri(uri)
    assert match_redirect_uri(uri, registered=[uri])
    assert uri.isascii()


def _assertion(text: str) -> None:
    verified = verify_assertion(
        assertion=text,
        keys=[corpus.PUBLIC_KEYS["ES256"].jwk],
        expected_client="client",
        expected_audiences={"https://gate.example"},
        now=1000.0,
        skew_seconds=60,
        longest_seconds=300,
    )
    assert verified.jti


def _access_token(text: str) -> None:
    key = corpus.PUBLIC_KEYS["ES256"].ec_key
    claims = verify_jwt(token=text, expected_type="at+jwt", key_of=lambda kid: key if kid == "one" else None)
    read_access_claims(claims, expected_issuer="client", expected_audience="https://gate.example", now=1010.0)


def _verify_dpop(fields: list[str]) -> None:
    found = verify_proof(
        fields=fields,
        expected_method="POST",
        expected_url=corpus.DPOP_URL,
        expected_token_hash=corpus.DPOP_TOKEN_HASH,
        nonces=corpus.NONCES,
        now=corpus.CLOCK(),
    )
    assert found.jkt == claimed_thumbprint(fields)


def _same_url(given: tuple[str, str]) -> None:
    one, other = given
    found = normalised_url(one)
    assert found is None or normalised_url(found) == found
    assert is_same_url(one, other) == is_same_url(other, one)


def _nonce(text: str) -> None:
    jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert corpus.NONCES.issued_at(text, jkt=jkt) is None


def _signed_by(name: str) -> Callable[[bytes, bytes], str]:
    return corpus.KEYS[name].sign


def _make_refresh(shaper: Shaper) -> tuple[str, str]:
    # An RSA signature costs as much as ten inputs.
    name = "ES256" if shaper.chance(0.8) else shaper.pick(["RS256", "RS256, 4096 bits"])
    sign = _signed_by(name if name == "ES256" or shaper.chance(0.1) else "ES256")
    return name, shaper.compact(corpus.REFRESHES[name], sign)


def _make_dpop(shaper: Shaper) -> list[str]:
    # Signed by the key that the good proofs carry.
    made = shaper.compact(corpus.DPOP_PROOFS, _signed_by("ES256"))
    return [made] if shaper.chance(0.95) else [made, made]


def _make_jwk(shaper: Shaper) -> tuple[str, Any]:
    algorithm, jwk = shaper.pick(corpus.JWKS)
    value = shaper.json_value([jwk])
    return (algorithm if shaper.chance(0.95) else shaper.text([algorithm])), value if isinstance(value, dict) else jwk


def _fields_of(shaper: Shaper, seeds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: shaper.text([value], most=2000)
        if isinstance(value, str)
        else [shaper.text(value, most=100) for _ in range(shaper.size(4))]
        for name, value in shaper.pick(seeds).items()
    }


def _document(shaper: Shaper) -> dict[str, Any]:
    value = shaper.json_value(corpus.DOCUMENTS)
    return value if isinstance(value, dict) and len(json.dumps(value)) <= BODY_MOST else {}


def _make_judged(shaper: Shaper) -> tuple[dict[str, Any], str, list[str]]:
    url = shaper.text(corpus.SERVING_URLS, most=2000) if shaper.chance(0.3) else shaper.pick(corpus.SERVING_URLS)
    lines = [shaper.text(corpus.SET_COOKIES, most=4200) for _ in range(shaper.size(4))]
    return _document(shaper), url, lines


def _json_octets(seeds: list[Any]) -> Callable[[Shaper], bytes]:
    return lambda shaper: shaper.json_text(seeds, most=BODY_MOST).encode("utf-8", "surrogatepass")[:BODY_MOST]


def _of(seeds: list[str], **limits: int) -> Callable[[Shaper], str]:
    return lambda shaper: shaper.text(seeds, **limits)


_DOCUMENT = st.dictionaries(
    st.sampled_from(["session_identifier", "refresh_url", "scope", "credentials", "allowed_refresh_initiators"]), JSON
)
_FIELDS = st.fixed_dictionaries(
    {"algorithms": st.lists(TEXT, max_size=3), "path": TEXT, "challenge": TEXT, "authorization": TEXT}
)

PARSERS = (
    Target("read_proof", read_proof, _of(corpus.header_values("Secure-Session-Response")), TEXT, (ProofMalformed,)),
    Target("read_session_id", _read_session_id, _of(["A" * 22, '"sid-1";a=1']), TEXT, (ProofMalformed,)),
    Target("read_skipped", read_skipped, _of(corpus.header_values("Secure-Session-Skipped")), TEXT),
    Target("registration_offer", _offer, lambda s: _fields_of(s, corpus.OFFERS), _FIELDS, (ValueError,), 5),
    Target(
        "challenge_for",
        _announce,
        lambda s: _fields_of(s, corpus.ANNOUNCEMENTS),
        st.fixed_dictionaries({"session_id": TEXT, "challenge": TEXT}),
        (ValueError,),
        5,
    ),
    Target(
        "verify_registration_proof",
        _verify_registration,
        lambda s: s.compact(corpus.REGISTRATIONS, _signed_by("ES256")),
        TEXT,
        _PROOF_ERRORS,
        20,
    ),
    Target(
        "verify_refresh_proof",
        _verify_refresh,
        _make_refresh,
        st.tuples(st.sampled_from(sorted(corpus.KEYS)), TEXT),
        _PROOF_ERRORS,
        20,
    ),
    Target("verify_dpop_proof", _verify_dpop, _make_dpop, st.lists(TEXT, min_size=1, max_size=2), (DpopError,), 20),
    Target(
        "normalised_url",
        _same_url,
        lambda s: (s.text(corpus.URLS, most=5000), s.text(corpus.URLS, most=5000)),
        st.tuples(TEXT, TEXT),
    ),
    Target("DpopNonces.issued_at", _nonce, _of(corpus.DPOP_NONCES), TEXT, (), 5),
    Target(
        "read_public_key",
        _read_key,
        _make_jwk,
        st.tuples(
            st.sampled_from(["ES256", "RS256"]),
            st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d"]), JSON),
        ),
        (KeyRefused,),
        15,
    ),
    Target("read_public", _public_area, lambda s: s.octets(corpus.PUBLIC_AREAS), OCTETS, (StructureRefused,)),
    Target(
        "read_certification", _certification, lambda s: s.octets(corpus.CERTIFICATIONS), OCTETS, (StructureRefused,), 5
    ),
    Target(
        "read_signature",
        read_signature,
        lambda s: s.octets(corpus.CERTIFICATION_SIGNATURES),
        OCTETS,
        (StructureRefused,),
        5,
    ),
    Target("endorsement certificates", _endorsement, _make_endorsement, st.tuples(OCTETS, OCTETS), (NotAttested,), 5),
    Target("read_answer", _attestation_answer, _json_octets(corpus.ATTESTATION_BODIES), OCTETS, (BadRequest,), 5),
    Target("read_parameters", _parameters, lambda s: s.octets(corpus.FORMS), OCTETS, (InvalidRequest,)),
    Target(
        "provider metadata",
        _provider_metadata,
        _json_octets(corpus.PROVIDER_DOCUMENTS),
        OCTETS,
        (OutsideUnacceptable,),
        5,
    ),
    Target("provider keys", read_keys, _json_octets(corpus.PROVIDER_KEY_SETS), OCTETS, (OutsideUnacceptable,), 5),
    Target("ID tokens", _id_token, _of(corpus.ID_TOKENS), TEXT, (OutsideUnacceptable,), 5),
    Target("what is carried elsewhere", _carried, _of(corpus.CARRIED), TEXT, ()),
    Target("redirect URIs", _redirect, _of(corpus.REDIRECTS, most=2000), TEXT, (InvalidRequest,)),
    Target(
        "client assertions",
        _assertion,
        lambda s: s.compact(corpus.ASSERTIONS, _signed_by("ES256")),
        TEXT,
        (InvalidClient,),
    ),
    Target(
        "access tokens",
        _access_token,
        lambda s: s.compact(corpus.ACCESS_TOKENS, _signed_by("ES256")),
        TEXT,
        (InvalidToken, JwsMalformed, JwsRefused),
    ),
    Target("unseal", _unseal, _of(corpus.SEALED), TEXT),
    Target("Challenges.check", _check_challenge, _of(corpus.ISSUED), TEXT),
    Target(
        "strict_json",
        _strict_json,
        _json_octets([*corpus.CHATS, *corpus.DOCUMENTS]),
        OCTETS,
        (strict_json.StrictJSONError,),
    ),
    Target("judge an answer", _judge, _json_octets(corpus.DOCUMENTS), OCTETS),
    Target(
        "judge a document",
        _judge_with_cookies,
        _make_judged,
        st.tuples(_DOCUMENT, st.just(corpus.SERVING_URL) | TEXT, st.lists(TEXT, max_size=3)),
    ),
    Target(
        "well-known documents",
        _well_known,
        lambda s: (_json_octets(corpus.WELL_KNOWN)(s), _json_octets(corpus.WELL_KNOWN)(s)),
        st.tuples(OCTETS, OCTETS),
        (),
        5,
    ),
    Target(
        "scope",
        _scope,
        lambda s: (_document(s), s.text(corpus.SERVING_URLS, most=2000), s.text(corpus.SERVING_URLS, most=2000)),
        st.tuples(_DOCUMENT, TEXT, TEXT),
        (),
        5,
    ),
    Target(
        "hosts",
        _hosts,
        lambda s: (s.text(corpus.SERVING_URLS, most=4000), s.text(corpus.HOSTS, most=4000)),
        st.tuples(TEXT, TEXT),
        (),
        5,
    ),
    Target("Set-Cookie", _set_cookie, _of(corpus.SET_COOKIES, most=8192), TEXT, (), 5),
    Target("parse_chat", _chat, _json_octets(corpus.CHATS), OCTETS, (BadRequest, NotFound), 15),
    Target(
        "parse_registration",
        parse_registration,
        lambda s: s.json_text(corpus.PASSKEY_ANSWERS, most=BODY_MOST),
        TEXT,
        (BadRequest, TooLarge),
        5,
    ),
    Target(
        "parse_assertion",
        parse_assertion,
        lambda s: s.json_text(corpus.PASSKEY_ANSWERS, most=BODY_MOST),
        TEXT,
        (BadRequest, TooLarge),
        5,
    ),
    Target("parse_client_data", parse_client_data, _json_octets(corpus.CLIENT_DATA), OCTETS, (BadRequest,), 5),
    Target(
        "request fields",
        _request_fields,
        lambda s: ([s.text(corpus.COOKIE_FIELDS, most=8192)], [s.text(corpus.FORWARDED, most=8192)]),
        st.tuples(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3)),
        (),
        5,
    ),
)
