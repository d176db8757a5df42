from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from boundgate.attestation.errors import StructureRefused
from boundgate.attestation.names import name_of
from boundgate.attestation.public_area import PublicArea, read_public
from boundgate.attestation.words import Algorithm, Attributes
from demo_client.tpm import open_tpm
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_tpm import ATTESTATION_KEY, KEY, SoftKey, tpm2b, u16

ELLIPTIC = SoftKey(ec_key("a key in a TPM"))
RSA = SoftKey(rsa_key(2048))
AES = u16(Algorithm.AES) + u16(128) + u16(Algorithm.CFB)


def read(octets: bytes) -> PublicArea:
    return read_public(octets, what="key")


def test_what_a_tpm_says_of_its_keys_is_read(tpm: str) -> None:
    with open_tpm(tpm) as opened:
        key, attestation_key = opened.create_key(), opened.create_attestation_key()
    area = read(key.public)
    numbers = area.key.public_numbers()
    assert (numbers.x, numbers.y) == key.point
    assert area.attributes == KEY | Attributes.NO_DA
    assert read(attestation_key.public).attributes == ATTESTATION_KEY | Attributes.NO_DA


@pytest.mark.parametrize("key", [ELLIPTIC, RSA])
def test_both_kinds_of_keys_are_read(key: SoftKey) -> None:
    area = read(key.public)
    assert area.key == key.private.public_key()
    assert area.octets == key.area
    assert area.attributes == KEY
    assert area.scheme_hash == Algorithm.SHA256


@pytest.mark.parametrize("algorithm", [Algorithm.SHA256, Algorithm.SHA384, Algorithm.SHA512])
def test_a_name_is_the_digest_of_the_area_by_its_own_algorithm(algorithm: Algorithm) -> None:
    key = replace(ELLIPTIC, name_algorithm=algorithm)
    assert name_of(read(key.public)) == key.name


def test_a_storage_key_is_read_so_that_its_attributes_can_be_judged() -> None:
    area = read(replace(ELLIPTIC, symmetric=AES, scheme=u16(Algorithm.NULL), policy=bytes(32)).public)
    assert area.scheme == Algorithm.NULL
    assert area.scheme_hash is None


@pytest.mark.parametrize("key", [ELLIPTIC, RSA])
def test_every_length_is_checked(key: SoftKey) -> None:
    whole = key.public
    for end in range(len(whole)):
        with pytest.raises(StructureRefused):
            read(whole[:end])
        with pytest.raises(StructureRefused):
            read(tpm2b(whole[2 : 2 + end]) if end < len(whole) - 2 else whole + b"\0")
    for longer in (whole + b"\0", tpm2b(key.area + b"\0")):
        with pytest.raises(StructureRefused, match="octets follow"):
            read(longer)


def of_curve(x: bytes, y: bytes, curve: int = 3, kdf: bytes = b"\x00\x10") -> bytes:
    head = ELLIPTIC.area[: ELLIPTIC.area.index(u16(3) + u16(Algorithm.NULL) + u16(32))]
    return tpm2b(head + u16(curve) + kdf + tpm2b(x) + tpm2b(y))


def of_modulus(bits: int, exponent: int, modulus: bytes) -> bytes:
    head = RSA.area[: RSA.area.index(u16(2048) + bytes(4))]
    return tpm2b(head + u16(bits) + exponent.to_bytes(4) + tpm2b(modulus))


NUMBERS = ELLIPTIC.private.public_key().public_numbers()
X, Y = NUMBERS.x.to_bytes(32), NUMBERS.y.to_bytes(32)
MODULUS = RSA.private.public_key().public_numbers().n.to_bytes(256)


def test_the_parts_put_together_are_the_key() -> None:
    assert read(of_curve(X, Y)).key == ELLIPTIC.private.public_key()
    assert read(of_modulus(2048, 65_537, MODULUS)).key == RSA.private.public_key()


REFUSED = {
    "a point that is not on the curve": (of_curve(X, bytes(32)), "not on the curve"),
    "no point": (of_curve(b"", b""), "not on the curve"),
    "a longer coordinate": (of_curve(b"\0" + X, Y), "longer than it can be"),
    "another curve": (of_curve(X, Y, curve=4), "curve is not P-256"),
    "a key derivation": (of_curve(X, Y, kdf=u16(0x20)), "key derivation"),
    "an odd size": (of_modulus(1024, 0, MODULUS[:128]), "not 2048"),
    "a small exponent": (of_modulus(2048, 3, MODULUS), "exponent"),
    "a shorter modulus": (of_modulus(2048, 0, MODULUS[:255]), "length that it states"),
    "a small modulus": (of_modulus(2048, 0, b"\0" + MODULUS[1:]), "length that it states"),
    "an even modulus": (of_modulus(2048, 0, MODULUS[:-1] + b"\0"), "even"),
    "SHA-1 names": (tpm2b(u16(0x23) + u16(4) + ELLIPTIC.area[4:]), "name algorithm"),
    "another kind": (tpm2b(u16(0x25) + ELLIPTIC.area[2:]), "neither of an elliptic curve nor RSA"),
    "reserved attributes": (replace(ELLIPTIC, attributes=KEY | 1).public, "reserved"),
    "a high reserved attribute": (replace(ELLIPTIC, attributes=KEY | 1 << 31).public, "reserved"),
    "a policy that is no digest": (replace(ELLIPTIC, policy=bytes(20)).public, "policy"),
    "another cipher": (replace(ELLIPTIC, symmetric=u16(0x26) + u16(128) + u16(0x43)).public, "symmetric"),
    "another mode": (replace(ELLIPTIC, symmetric=u16(6) + u16(128) + u16(0x42)).public, "symmetric"),
    "another scheme": (replace(ELLIPTIC, scheme=u16(0x1A) + u16(0x0B)).public, "scheme"),
    "another key's scheme": (replace(ELLIPTIC, scheme=u16(0x14) + u16(0x0B)).public, "scheme"),
    "a scheme with SHA-1": (replace(ELLIPTIC, scheme=u16(0x18) + u16(4)).public, "scheme's hash"),
}


@pytest.mark.parametrize(("octets", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_ours_is_refused_with_the_reason(octets: bytes, why: str) -> None:
    with pytest.raises(StructureRefused, match=why):
        read(octets)


@given(st.binary(max_size=200) | st.builds(tpm2b, st.binary(max_size=200)))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(StructureRefused):
        read(octets)


@given(st.sampled_from([ELLIPTIC.public, RSA.public]), st.data())
def test_a_changed_octet_is_refused_or_changes_the_name(whole: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(StructureRefused):
        assert name_of(read(bytes(changed))) != name_of(read(whole))


@given(st.integers(1, 2**256 - 1))
def test_every_key_on_the_curve_is_read(secret: int) -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    private = ec.derive_private_key(secret % (order - 1) + 1, ec.SECP256R1())
    assert read(SoftKey(private).public).key == private.public_key()
