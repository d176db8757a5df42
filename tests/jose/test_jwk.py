"""Public keys: one key has one name, and nothing but a usable public key is taken. More cases: the vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.jose.errors import JwkRefused
from boundgate.jose.jwk import ALGORITHMS, PublicKey, load_public_key, read_public_key
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc
from tests.vectors.dbsc.jwk_cases import number

EC, OTHER_EC = SoftDbsc("ES256", key=ec_key("owner")), SoftDbsc("ES256", key=ec_key("thief"))
RSA = SoftDbsc("RS256", key=rsa_key())
GOOD = {"ES256": EC.jwk, "RS256": RSA.jwk}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "alg", "use", "kid"])
BASE64 = st.from_regex(r"[A-Za-z0-9_-]{0,90}", fullmatch=True)


def test_es256_is_offered_before_rs256_because_browsers_take_the_first() -> None:
    assert ALGORITHMS == ("ES256", "RS256")


@pytest.mark.parametrize("soft", [EC, RSA], ids=["ES256", "RS256"])
def test_a_key_is_kept_as_its_required_members_only(soft: SoftDbsc) -> None:
    described = soft.jwk | {"kid": "k", "use": "sig", "alg": soft.alg, "x-note": [1]}
    key = read_public_key(described, algorithm=soft.alg)
    assert json.loads(key.jwk) == soft.jwk
    assert key.jwk == json.dumps(soft.jwk, sort_keys=True, separators=(",", ":"))
    assert key.algorithm == soft.alg


@pytest.mark.parametrize("soft", [EC, RSA], ids=["ES256", "RS256"])
@given(data=st.data())
def test_the_thumbprint_depends_on_the_key_alone(soft: SoftDbsc, data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(soft.jwk)))
    extra = data.draw(st.dictionaries(st.sampled_from(["kid", "use", "alg", "ext", "x5t"]), JSON, max_size=3))
    key = read_public_key({name: soft.jwk[name] for name in names} | extra, algorithm=soft.alg)
    assert key.thumbprint == soft.thumbprint


def test_two_keys_have_two_thumbprints_and_are_not_equal() -> None:
    one, other = (read_public_key(soft.jwk, algorithm="ES256") for soft in (EC, OTHER_EC))
    assert one.thumbprint != other.thumbprint
    assert one != other


@pytest.mark.parametrize("soft", [EC, RSA], ids=["ES256", "RS256"])
def test_a_stored_key_is_the_key_that_was_read_and_is_parsed_once(soft: SoftDbsc) -> None:
    read = read_public_key(soft.jwk, algorithm=soft.alg)
    stored = load_public_key(read.jwk, algorithm=read.algorithm)
    assert stored == read
    assert load_public_key(read.jwk, algorithm=read.algorithm) is stored


def test_a_stored_key_is_not_used_with_another_algorithm() -> None:
    read = read_public_key(EC.jwk, algorithm="ES256")
    load_public_key(read.jwk, algorithm="ES256")
    with pytest.raises(JwkRefused):
        load_public_key(read.jwk, algorithm="RS256")


def test_the_printed_form_of_a_key_shows_no_object_of_the_library() -> None:
    assert "object at" not in repr(read_public_key(EC.jwk, algorithm="ES256"))


@pytest.mark.parametrize(("algorithm", "member"), [("ES256", "x"), ("ES256", "y"), ("RS256", "n")])
def test_one_key_cannot_be_written_in_two_ways(algorithm: str, member: str) -> None:
    text = GOOD[algorithm][member]
    # Spare bits of the last character, which base64 decoders drop.
    rewritten = text[:-1] + chr(ord(text[-1]) + 1)
    with pytest.raises(JwkRefused, match=f'"{member}" is not canonical'):
        read_public_key(GOOD[algorithm] | {member: rewritten}, algorithm=algorithm)


@pytest.mark.parametrize(("algorithm", "member"), [("ES256", "x"), ("ES256", "y"), ("RS256", "n"), ("RS256", "e")])
def test_a_huge_member_is_refused(algorithm: str, member: str) -> None:
    with pytest.raises(JwkRefused, match=f'"{member}"'):
        read_public_key(GOOD[algorithm] | {member: "A" * 1_000_000}, algorithm=algorithm)


@pytest.mark.parametrize(("bits", "accepted"), [(2047, False), (2048, True), (3072, True), (4096, True), (4097, False)])
def test_rsa_keys_have_2048_to_4096_bits(bits: int, accepted: bool) -> None:
    jwk = RSA.jwk | {"n": number(2 ** (bits - 1) + 1)}
    if accepted:
        assert read_public_key(jwk, algorithm="RS256").key.raw_value.key_size == bits
        return
    with pytest.raises(JwkRefused, match="2048 to 4096"):
        read_public_key(jwk, algorithm="RS256")


@pytest.mark.parametrize(
    ("exponent", "accepted"), [(65_535, False), (65_537, True), (2**32 - 1, True), (2**32 + 1, False)]
)
def test_rsa_exponents_lie_within_their_bounds(exponent: int, accepted: bool) -> None:
    jwk = RSA.jwk | {"e": number(exponent)}
    if accepted:
        assert read_public_key(jwk, algorithm="RS256").algorithm == "RS256"
        return
    with pytest.raises(JwkRefused, match="exponent"):
        read_public_key(jwk, algorithm="RS256")


@given(jwk=st.dictionaries(MEMBERS | st.text(max_size=5), JSON | BASE64), algorithm=st.sampled_from(ALGORITHMS))
def test_any_object_is_a_key_or_refused(jwk: dict[str, Any], algorithm: str) -> None:
    _read_or_refuse(jwk, algorithm)


@given(data=st.data(), algorithm=st.sampled_from(ALGORITHMS))
def test_any_change_of_a_good_key_is_a_key_or_refused(data: st.DataObject, algorithm: str) -> None:
    good = GOOD[algorithm]
    name = data.draw(st.sampled_from(sorted(good)))
    position = data.draw(st.integers(0, len(good[name])))
    changed = good[name][:position] + data.draw(st.text(max_size=3)) + good[name][position + 1 :]
    _read_or_refuse(good | {name: changed}, algorithm)


@given(jwk=st.dictionaries(MEMBERS, BASE64), algorithm=st.text(max_size=8))
def test_any_name_of_an_algorithm_is_known_or_refused(jwk: dict[str, Any], algorithm: str) -> None:
    _read_or_refuse(jwk, algorithm)


def _read_or_refuse(jwk: dict[str, Any], algorithm: str) -> None:
    try:
        key = read_public_key(jwk, algorithm=algorithm)
    except JwkRefused:
        return
    assert isinstance(key, PublicKey)
    assert key.jwk == json.dumps(
        {name: jwk[name] for name in json.loads(key.jwk)}, sort_keys=True, separators=(",", ":")
    )
