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
from boundgate.errors import BadRequest, NotFound, TooLarge
from boundgate.gateway.chat import ChatParser
from boundgate.gateway.price_file import load_prices
from boundgate.net import client_address, network_prefix
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


_LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


def _signed_by(name: str) -> Callable[[bytes, bytes], str]:
    return corpus.KEYS[name].sign


def _make_refresh(shaper: Shaper) -> tuple[str, str]:
    # An RSA signature costs as much as ten inputs.
    name = "ES256" if shaper.chance(0.8) else shaper.pick(["RS256", "RS256, 4096 bits"])
    sign = _signed_by(name if name == "ES256" or shaper.chance(0.1) else "ES256")
    return name, shaper.compact(corpus.REFRESHES[name], sign)


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
