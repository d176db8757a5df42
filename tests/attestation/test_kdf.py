"""Against the libraries: NIST SP 800-108 and SP 800-56A as `cryptography` has them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from boundgate.attestation.kdf import kdfa, kdfe

ALGORITHMS = st.sampled_from([hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
LABELS = st.sampled_from([b"STORAGE", b"INTEGRITY", b"IDENTITY"])
CONTEXTS = st.binary(max_size=66)
BITS = st.sampled_from([128, 192, 256, 384, 512, 1024])


@given(ALGORITHMS, st.binary(min_size=16, max_size=64), LABELS, CONTEXTS, CONTEXTS, BITS)
def test_kdfa_is_sp_800_108_in_counter_mode(algorithm, key: bytes, label: bytes, u: bytes, v: bytes, bits: int) -> None:
    standard = KBKDFHMAC(
        algorithm=algorithm,
        mode=Mode.CounterMode,
        length=bits // 8,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=u + v,
        fixed=None,
    )
    assert kdfa(algorithm, key=key, label=label, context_u=u, context_v=v, bits=bits) == standard.derive(key)


@given(ALGORITHMS, st.binary(min_size=32, max_size=48), LABELS, CONTEXTS, CONTEXTS, BITS)
def test_kdfe_is_the_concatenation_kdf(algorithm, z: bytes, label: bytes, u: bytes, v: bytes, bits: int) -> None:
    standard = ConcatKDFHash(algorithm=algorithm, length=bits // 8, otherinfo=label + b"\0" + u + v)
    assert kdfe(algorithm, z=z, label=label, party_u=u, party_v=v, bits=bits) == standard.derive(z)


@pytest.mark.parametrize("bits", [8, 256, 264])
def test_as_many_bits_come_as_were_asked_for(bits: int) -> None:
    assert len(kdfa(hashes.SHA256(), key=b"k", label=b"L", bits=bits)) == bits // 8
