from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.attestation.errors import StructureRefused
from boundgate.attestation.structures import read_certification, read_signature
from boundgate.attestation.words import Algorithm
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_tpm import SoftKey, attest, tpm2b, u16

KEY = SoftKey(ec_key("a key in a TPM"))
SAID = attest(name=KEY.name, extra_data=b"nonce")
ECDSA, RSASSA = KEY.sign(SAID), SoftKey(rsa_key(2048)).sign(SAID)


def test_a_certification_names_an_object_and_repeats_what_it_was_given() -> None:
    found = read_certification(SAID)
    assert (found.name, found.extra_data) == (KEY.name, b"nonce")


def test_a_signature_is_read_with_its_algorithms() -> None:
    assert (read_signature(ECDSA).algorithm, read_signature(ECDSA).digest) == (Algorithm.ECDSA, Algorithm.SHA256)
    assert read_signature(ECDSA).r.to_bytes(32) == ECDSA[6:38]
    assert read_signature(RSASSA).rsa == RSASSA[6:]


@pytest.mark.parametrize(
    ("whole", "read"),
    [(SAID, read_certification), (ECDSA, read_signature), (RSASSA, read_signature)],
    ids=["certification", "ECDSA", "RSASSA"],
)
def test_every_length_is_checked(whole: bytes, read) -> None:
    for end in range(len(whole)):
        with pytest.raises(StructureRefused):
            read(whole[:end])
    with pytest.raises(StructureRefused, match="octets follow"):
        read(whole + b"\0")
    with pytest.raises(StructureRefused, match="longer than it can be"):
        read(whole + bytes(2000))


REFUSED = {
    "another magic": (attest(name=KEY.name, extra_data=b"", magic=0xFF544346), "magic"),
    "a quote": (attest(name=KEY.name, extra_data=b"", kind=0x8018), "type"),
    "a creation": (attest(name=KEY.name, extra_data=b"", kind=0x801A), "type"),
    "a clock that is neither": (attest(name=KEY.name, extra_data=b"", clock=bytes(16) + b"\2"), "clock"),
    "a long name": (attest(name=bytes(67), extra_data=b""), "longer than it can be"),
    "long data": (attest(name=KEY.name, extra_data=bytes(67)), "longer than it can be"),
}


@pytest.mark.parametrize(("octets", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_certification_is_refused_with_the_reason(octets: bytes, why: str) -> None:
    with pytest.raises(StructureRefused, match=why):
        read_certification(octets)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (u16(0x1A) + u16(0x0B) + tpm2b(b"r") + tpm2b(b"s"), "neither ECDSA nor RSASSA"),
        (u16(0x16) + u16(0x0B) + tpm2b(bytes(256)), "neither ECDSA nor RSASSA"),
        (u16(Algorithm.NULL), "neither ECDSA nor RSASSA"),
        (u16(Algorithm.ECDSA) + u16(4) + tpm2b(b"r") + tpm2b(b"s"), "hash"),
        (u16(Algorithm.ECDSA) + u16(0x0B) + tpm2b(bytes(67)) + tpm2b(b"s"), "longer than it can be"),
        (u16(Algorithm.RSASSA) + u16(0x0B) + tpm2b(bytes(513)), "longer than it can be"),
    ],
)
def test_another_signature_is_refused_with_the_reason(octets: bytes, why: str) -> None:
    with pytest.raises(StructureRefused, match=why):
        read_signature(octets)


@given(st.binary(max_size=200) | st.builds(lambda end: SAID[:6] + end, st.binary(max_size=200)))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for read in (read_certification, read_signature):
        with contextlib.suppress(StructureRefused):
            read(octets)


@given(st.binary(max_size=66), st.binary(max_size=66))
def test_what_is_written_is_read(name: bytes, extra_data: bytes) -> None:
    found = read_certification(attest(name=name, extra_data=extra_data))
    assert (found.name, found.extra_data) == (name, extra_data)
