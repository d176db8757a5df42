from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import AuthenticationError, BoundgateError
from boundgate.passkeys.ceremonies import (
    creation_options,
    is_cloned,
    request_options,
    verify_assertion,
    verify_registration,
)
from boundgate.passkeys.keys import is_sound_key
from boundgate.passkeys.model import Passkey, User
from boundgate.passkeys.wire import encode_base64url, parse_assertion, parse_registration
from tests.support.authenticator import EDDSA, ES256, HONEST, RS256, Lies, SoftAuthenticator, cose_key, decode, new_key
from tests.support.memory_passkeys import ORIGIN, PARTY

USER = User(id="u1", name="Ada", handle=b"h" * 32, operator=False, created_at=0.0)
CREATION = creation_options(PARTY, challenge="creation-challenge", user=USER)
REQUEST = request_options(PARTY, challenge="request-challenge")


def registered(device: SoftAuthenticator, lies: Lies = HONEST) -> Passkey:
    answer = parse_registration(json.dumps(device.create(CREATION, lies)))
    return verify_registration(PARTY, answer).as_passkey(user_id="u1", name="Passkey", created_at=0.0)


def refused_code(error: pytest.ExceptionInfo[BoundgateError]) -> str:
    return error.value.public_code


def test_creation_options_ask_for_a_verified_discoverable_key_without_attestation():
    assert CREATION["rp"] == {"id": "gate.example", "name": "Example Labs"}
    assert CREATION["user"] == {"id": encode_base64url(USER.handle), "name": "Ada", "displayName": "Ada"}
    assert decode(CREATION["challenge"]) == b"creation-challenge"
    assert CREATION["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert CREATION["attestation"] == "none"
    assert [parameter["alg"] for parameter in CREATION["pubKeyCredParams"]] == [ES256, RS256, EDDSA]
    assert CREATION["timeout"] == 300_000
    assert json.dumps(CREATION)


def test_creation_options_exclude_what_is_registered():
    passkey = registered(SoftAuthenticator(ORIGIN))
    options = creation_options(PARTY, challenge="c", user=USER, existing=[passkey])
    assert options["excludeCredentials"] == [
        {"id": encode_base64url(passkey.credential_id), "type": "public-key", "transports": ["internal"]}
    ]


def test_an_organisation_without_a_name_is_shown_by_its_host():
    options = creation_options(replace(PARTY, organisation=""), challenge="c", user=USER)
    assert options["rp"]["name"] == "gate.example"


def test_request_options_for_sign_in_name_no_credential():
    assert REQUEST["allowCredentials"] == []
    assert REQUEST["userVerification"] == "required"
    assert REQUEST["rpId"] == "gate.example"


def test_transports_that_this_version_does_not_know_are_left_out_of_options():
    passkey = replace(registered(SoftAuthenticator(ORIGIN)), transports=("internal", "telepathy"))
    options = request_options(PARTY, challenge="c", allowed=[passkey])
    assert options["allowCredentials"][0]["transports"] == ["internal"]


@pytest.mark.parametrize("attestation", ["none", "packed"])
@pytest.mark.parametrize("algorithm", [ES256, RS256, EDDSA])
def test_every_algorithm_registers_and_signs(algorithm, attestation):
    device = SoftAuthenticator(ORIGIN, algorithm=algorithm, attestation=attestation)
    passkey = registered(device)
    answer = parse_assertion(json.dumps(device.get(REQUEST)))
    assert verify_assertion(PARTY, answer, passkey).sign_count == 2


def test_what_the_authenticator_says_of_itself_is_kept():
    passkey = registered(SoftAuthenticator(ORIGIN, synced=True, counting=False))
    assert (passkey.backup_eligible, passkey.backed_up, passkey.sign_count) == (True, True, 0)
    assert passkey.transports == ("internal", "hybrid")
    assert passkey.aaguid == "00000000-0000-0000-0000-000000000000"


COMMON_LIES = {
    "wrong type": Lies(type="payment.get"),
    "sibling origin": Lies(origin="https://evil.gate.example:8443"),
    "other port": Lies(origin="https://gate.example"),
    "origin with slash": Lies(origin=ORIGIN + "/"),
    "wrong relying party": Lies(rp_id="example"),
    "in a frame of another site": Lies(cross_origin=True),
    "with a top origin": Lies(top_origin="https://evil.example"),
    "nobody there": Lies(user_present=False),
    "user not verified": Lies(user_verified=False),
    "backed up but not eligible": Lies(backup_eligible=False, backed_up=True),
}


@pytest.mark.parametrize("lies", COMMON_LIES.values(), ids=COMMON_LIES.keys())
def test_a_registration_that_lies_is_refused(lies):
    with pytest.raises(AuthenticationError) as caught:
        registered(SoftAuthenticator(ORIGIN), lies)
    assert refused_code(caught) == "passkey_refused"
    assert "evil" not in caught.value.detail


SIGNING_LIES = COMMON_LIES | {
    "other key": Lies(other_key=True),
    "eligible for backup all of a sudden": Lies(backup_eligible=True),
    "answer to a creation": Lies(type="webauthn.create"),
}


@pytest.mark.parametrize("lies", SIGNING_LIES.values(), ids=SIGNING_LIES.keys())
def test_an_assertion_that_lies_is_refused(lies):
    device = SoftAuthenticator(ORIGIN)
    passkey = registered(device)
    answer = parse_assertion(json.dumps(device.get(REQUEST, lies)))
    with pytest.raises(AuthenticationError) as caught:
        verify_assertion(PARTY, answer, passkey)
    assert refused_code(caught) == "passkey_refused"
    assert "evil" not in caught.value.detail


def test_a_synced_passkey_that_stops_being_eligible_is_refused():
    device = SoftAuthenticator(ORIGIN, synced=True)
    passkey = registered(device)
    answer = parse_assertion(json.dumps(device.get(REQUEST, Lies(backup_eligible=False, backed_up=False))))
    with pytest.raises(AuthenticationError):
        verify_assertion(PARTY, answer, passkey)


def test_a_synced_passkey_may_lose_and_regain_its_backup():
    device = SoftAuthenticator(ORIGIN, synced=True)
    passkey = registered(device)
    answer = parse_assertion(json.dumps(device.get(REQUEST, Lies(backed_up=False))))
    assert not verify_assertion(PARTY, answer, passkey).backed_up


def test_a_changed_byte_of_the_client_data_breaks_the_signature():
    device = SoftAuthenticator(ORIGIN)
    passkey = registered(device)
    answer = parse_assertion(json.dumps(device.get(REQUEST)))
    forged = replace(answer, client_data_json=answer.client_data_json.replace(b"}", b" }"))
    with pytest.raises(AuthenticationError):
        verify_assertion(PARTY, forged, passkey)


def test_a_registration_under_another_id_than_the_keys_is_refused():
    answer = parse_registration(json.dumps(SoftAuthenticator(ORIGIN).create(CREATION)))
    with pytest.raises(AuthenticationError):
        verify_registration(PARTY, replace(answer, credential_id=b"x" * 32))


@pytest.mark.parametrize(("size", "accepted"), [(15, False), (16, True), (1023, True), (1024, False)])
def test_credential_ids_have_16_to_1023_bytes(size, accepted):
    answer = parse_registration(json.dumps(SoftAuthenticator(ORIGIN).create_again(b"i" * size, CREATION)))
    if accepted:
        assert verify_registration(PARTY, answer).credential_id == b"i" * size
    else:
        with pytest.raises(AuthenticationError):
            verify_registration(PARTY, answer)


def test_transports_that_nobody_knows_are_not_kept():
    answer = parse_registration(json.dumps(SoftAuthenticator(ORIGIN).create(CREATION)))
    assert verify_registration(PARTY, replace(answer, transports=("usb", "telepathy"))).transports == ("usb",)


P384 = cose_key(ec.generate_private_key(ec.SECP384R1()))
OFF_CURVE = cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32})
WEAK_KEYS = {
    "tiny RSA": cose_key(new_key(RS256, rsa_bits=1024)),
    "P-384 under ES256": P384,
    "off the curve": OFF_CURVE,
    "EC key under RS256": cbor2.dumps(cbor2.loads(cose_key(new_key(ES256))) | {3: RS256}),
    "unasked algorithm": cbor2.dumps(cbor2.loads(cose_key(new_key(RS256))) | {3: -37}),
    "short Ed25519": cbor2.dumps({1: 1, 3: EDDSA, -1: 6, -2: b"\x01" * 31}),
    "not a map": cbor2.dumps([1, 2, 3]),
    "uncompressed U2F point": b"\x04" + b"\x01" * 64,
}


@pytest.mark.parametrize("key", WEAK_KEYS.values(), ids=WEAK_KEYS.keys())
def test_a_registration_with_an_unsound_key_is_refused(key):
    with pytest.raises(AuthenticationError) as caught:
        registered(SoftAuthenticator(ORIGIN), Lies(cose_key=key))
    assert refused_code(caught) == "passkey_refused"


def test_huge_rsa_moduli_are_not_sound():
    modulus = ((1 << 8200) | 1).to_bytes(1026, "big")
    assert not is_sound_key(cbor2.dumps({1: 3, 3: RS256, -1: modulus, -2: b"\x01\x00\x01"}))


@pytest.mark.parametrize(
    ("stored", "reported", "cloned"),
    [(0, 0, False), (0, 5, False), (5, 6, False), (5, 5, True), (5, 4, True), (5, 0, True)],
)
def test_a_counter_that_does_not_grow_is_a_clone(stored, reported, cloned):
    device = SoftAuthenticator(ORIGIN)
    passkey = replace(registered(device), sign_count=stored)
    answer = parse_assertion(json.dumps(device.get(REQUEST, Lies(sign_count=reported))))
    assert is_cloned(passkey, verify_assertion(PARTY, answer, passkey)) is cloned


@given(junk=st.binary(max_size=400), cut=st.integers(min_value=0, max_value=300))
def test_any_attestation_object_gives_a_declared_error_or_a_credential(junk, cut):
    honest = parse_registration(json.dumps(SoftAuthenticator(ORIGIN).create(CREATION)))
    with pytest.raises(AuthenticationError):
        verify_registration(PARTY, replace(honest, attestation_object=junk))
    damaged = honest.attestation_object[:cut] + junk + honest.attestation_object[cut + len(junk) :]
    with suppress(AuthenticationError):
        verify_registration(PARTY, replace(honest, attestation_object=damaged))


CBOR_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(-10, 10), inner),
    max_leaves=8,
)


@given(
    members=st.fixed_dictionaries(
        {},
        optional={
            "fmt": st.sampled_from(["packed", "tpm", "fido-u2f", "apple", "android-key", "android-safetynet", 7]),
            "attStmt": CBOR_VALUES
            | st.fixed_dictionaries(
                {},
                optional=dict.fromkeys(("sig", "x5c", "alg", "ver", "response", "certInfo", "pubArea"), CBOR_VALUES),
            ),
            "authData": CBOR_VALUES,
        },
    ).filter(bool)
)
def test_any_attestation_statement_gives_a_declared_error_or_a_credential(members):
    honest = parse_registration(json.dumps(SoftAuthenticator(ORIGIN).create(CREATION)))
    attestation = cbor2.dumps(cbor2.loads(honest.attestation_object) | members)
    with suppress(AuthenticationError):
        verify_registration(PARTY, replace(honest, attestation_object=attestation))


DEVICE = SoftAuthenticator(ORIGIN)
PASSKEY = registered(DEVICE)


@given(data=st.binary(max_size=200), signature=st.binary(max_size=100))
def test_any_authenticator_data_and_signature_give_a_declared_error(data, signature):
    honest = parse_assertion(json.dumps(DEVICE.get(REQUEST)))
    for answer in (replace(honest, authenticator_data=data), replace(honest, signature=signature)):
        with pytest.raises(AuthenticationError):
            verify_assertion(PARTY, answer, PASSKEY)
