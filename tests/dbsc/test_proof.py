"""Proofs as Chromium makes them, and what the verifier says of them. Every single refusal: the vectors."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from boundgate.dbsc import (
    KeyRefused,
    ProofMalformed,
    ProofRefused,
    PublicKey,
    RefreshProof,
    read_public_key,
    verify_refresh_proof,
    verify_registration_proof,
)
from boundgate.dbsc.proof import MAX_CLAIM_CHARS
from boundgate.jose.compact import MAX_COMPACT_CHARS
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc

REGISTER, REFRESH = "https://gateway.example/dbsc/register", "https://gateway.example/dbsc/refresh"
ES256, RS256 = SoftDbsc("ES256", key=ec_key("owner")), SoftDbsc("RS256", key=rsa_key())
THIEF = SoftDbsc("ES256", key=ec_key("thief"))
BROWSERS = pytest.mark.parametrize("soft", [ES256, RS256], ids=["ES256", "RS256"])


def stored(soft: SoftDbsc) -> PublicKey:
    return read_public_key(soft.jwk, algorithm=soft.alg)


def register(proof: str, **changed: Any) -> Any:
    return verify_registration_proof(proof=proof, **{"expected_audience": REGISTER} | changed)


def refresh(proof: str, soft: SoftDbsc = ES256) -> RefreshProof:
    return verify_refresh_proof(proof=proof, expected_key=stored(soft), expected_audience=REFRESH)


def octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_test_browser_writes_what_chromium_writes() -> None:
    header, claims, signature = (octets(part) for part in ES256.registration_proof("c-1", "a-1").split("."))
    point = ES256.jwk
    jwk = f'{{"crv":"P-256","kty":"EC","x":"{point["x"]}","y":"{point["y"]}"}}'
    assert header == f'{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}'.encode()
    assert claims == b'{"authorization":"a-1","jti":"c-1"}'
    assert len(signature) == 64
    header, claims, signature = (octets(part) for part in RS256.refresh_proof("c-2").split("."))
    assert header == b'{"alg":"RS256","typ":"dbsc+jwt"}'
    assert claims == b'{"jti":"c-2"}'
    assert len(signature) == 256


@BROWSERS
def test_a_registration_says_key_challenge_and_authorization(soft: SoftDbsc) -> None:
    proof = register(soft.registration_proof("c-1", "a-1"))
    assert (proof.challenge, proof.authorization) == ("c-1", "a-1")
    assert proof.key == stored(soft)
    assert proof.key.thumbprint == soft.thumbprint


@BROWSERS
def test_a_key_that_was_registered_verifies_its_refreshes(soft: SoftDbsc) -> None:
    key = register(soft.registration_proof("c-1")).key
    proof = soft.refresh_proof("c-2")
    assert verify_refresh_proof(proof=proof, expected_key=key, expected_audience=REFRESH) == RefreshProof("c-2")


@BROWSERS
def test_a_fresh_key_of_the_browsers_own_making_is_accepted(soft: SoftDbsc) -> None:
    new = SoftDbsc(soft.alg)
    assert register(new.registration_proof("c")).key.thumbprint == new.thumbprint
    assert refresh(new.refresh_proof("c"), new) == RefreshProof("c")


def test_only_an_offered_algorithm_is_accepted_although_the_server_knows_both() -> None:
    for soft, other in ((ES256, "RS256"), (RS256, "ES256")):
        assert register(soft.registration_proof("c"), expected_algorithms=(soft.alg,)).challenge == "c"
        with pytest.raises(ProofRefused, match=f"one of: {other}\\.$"):
            register(soft.registration_proof("c"), expected_algorithms=(other,))


def test_an_algorithm_that_the_server_does_not_know_cannot_be_offered_into_use() -> None:
    for name in ("none", "HS256", "ES384"):
        with pytest.raises(ProofRefused):
            register(ES256.registration_proof("c", alg=name) + "AA", expected_algorithms=("ES256", name))


@pytest.mark.parametrize("offered", [("ES256",), ["ES256"], {"ES256"}, frozenset({"ES256"}), {"ES256": 1}])
def test_the_offer_may_be_any_collection_and_the_algorithm_any_value(offered: Any) -> None:
    assert register(ES256.registration_proof("c"), expected_algorithms=offered).challenge == "c"
    for name in (["ES256"], {"ES256": 1}, 1, True):
        with pytest.raises(ProofRefused, match='"alg"'):
            register(ES256.registration_proof("c", alg=name), expected_algorithms=offered)


def test_the_stored_key_decides_and_no_key_of_the_proof() -> None:
    for jwk in (ES256.jwk, THIEF.jwk, {}, "text"):
        with pytest.raises(ProofRefused, match="must not carry a key"):
            refresh(ES256.refresh_proof("c", jwk=jwk))
    with pytest.raises(ProofRefused, match="signature"):
        refresh(THIEF.refresh_proof("c"))


def test_the_stored_key_decides_the_algorithm() -> None:
    for soft, other in ((ES256, RS256), (RS256, ES256)):
        with pytest.raises(ProofRefused, match=f'"alg" must be one of: {soft.alg}\\.$'):
            refresh(other.refresh_proof("c"), soft)


@pytest.mark.parametrize("soft", [ES256, RS256], ids=["ES256", "RS256"])
def test_a_change_anywhere_in_a_proof_undoes_it(soft: SoftDbsc) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    proof = soft.refresh_proof("challenge")
    for position, character in enumerate(proof):
        # The lowest bit too: the last character of a part has bits that stand for nothing.
        replacements = "A" if character == "." else [alphabet[alphabet.index(character) ^ bit] for bit in (1, 32)]
        for replacement in replacements:
            with pytest.raises((ProofMalformed, ProofRefused)):
                refresh(proof[:position] + replacement + proof[position + 1 :], soft)


def test_a_der_signature_is_not_taken_for_a_raw_one() -> None:
    assert octets(ES256.refresh_proof("c", der=True).split(".")[2])[0] == 0x30
    with pytest.raises(ProofRefused, match="signature"):
        refresh(ES256.refresh_proof("c", der=True))


@pytest.mark.parametrize("audience", [REFRESH, [REFRESH], ["https://other.example", REFRESH], [1, REFRESH]])
def test_an_audience_that_names_this_endpoint_is_accepted(audience: Any) -> None:
    assert refresh(ES256.refresh_proof("c", aud=audience)) == RefreshProof("c")


@pytest.mark.parametrize(
    "audience", [REGISTER, REFRESH.upper(), REFRESH + "?", "gateway.example", [REGISTER], 0, False]
)
def test_an_audience_that_names_another_is_refused(audience: Any) -> None:
    with pytest.raises(ProofRefused, match='"aud"'):
        refresh(ES256.refresh_proof("c", aud=audience))
    with pytest.raises(ProofRefused, match='"aud"'):
        register(ES256.registration_proof("c", aud=audience), expected_audience="https://a.example/r")


def test_claims_of_a_proof_with_a_bad_signature_are_never_judged() -> None:
    for extra in ({"jti": None}, {"jti": 1}, {"aud": "elsewhere"}):
        with pytest.raises(ProofRefused, match="signature"):
            refresh(ES256.refresh_proof("c", signer=THIEF, extra_claims=extra))


@pytest.mark.parametrize("claim", ["jti", "authorization"])
def test_text_claims_have_a_limit(claim: str) -> None:
    fits = ES256.registration_proof("c", extra_claims={claim: "a" * MAX_CLAIM_CHARS})
    assert "a" * MAX_CLAIM_CHARS in (register(fits).challenge, register(fits).authorization)
    with pytest.raises(ProofMalformed, match=f'"{claim}"'):
        register(ES256.registration_proof("c", extra_claims={claim: "a" * (MAX_CLAIM_CHARS + 1)}))


def test_a_challenge_with_characters_beyond_ascii_survives() -> None:
    assert refresh(ES256.refresh_proof("\u00fc\u4e16\U0001f511")).challenge == "\u00fc\u4e16\U0001f511"


def test_a_proof_has_a_limit_and_is_not_looked_into_beyond_it() -> None:
    def padded(size: int) -> str:
        return ES256.refresh_proof("c", extra_claims={"x": "a" * size})

    size = next(size for size in range(5900, 6100) if len(padded(size)) in {MAX_COMPACT_CHARS - 1, MAX_COMPACT_CHARS})
    assert refresh(padded(size)).challenge == "c"
    with pytest.raises(ProofMalformed, match=str(MAX_COMPACT_CHARS)):
        refresh(padded(size + 4))


def test_the_largest_key_that_is_accepted_fits_into_a_proof() -> None:
    soft = SoftDbsc("RS256", key=rsa_key(4096))
    proof = soft.registration_proof("c" * 62, "a" * 43, aud=REGISTER)
    assert register(proof).key.thumbprint == soft.thumbprint


def test_a_refused_key_is_named_as_such() -> None:
    with pytest.raises(KeyRefused, match="private members"):
        register(ES256.registration_proof("c", jwk=ES256.jwk | {"d": "AQ"}))


def test_header_members_that_nobody_marked_as_critical_are_ignored() -> None:
    proof = ES256.refresh_proof(
        "c", extra_header={"ath": "x", "kid": "k", "cty": "jwt", "nested": {"a": [1]}, "x": "a" * 4000}
    )
    assert refresh(proof) == RefreshProof("c")


def test_the_same_proof_is_verified_every_time_because_single_use_is_the_challenges_matter() -> None:
    proof = ES256.refresh_proof("c")
    assert [refresh(proof), refresh(proof)] == [RefreshProof("c")] * 2


def test_claims_that_older_drafts_had_do_not_disturb() -> None:
    extra = {"iat": 1.5, "sub": "sid", "key": THIEF.jwk, "exp": 1}
    assert json.loads(register(ES256.registration_proof("c", extra_claims=extra)).key.jwk) == ES256.jwk
