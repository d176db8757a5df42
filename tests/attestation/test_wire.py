from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.attestation import Demand, Outcome
from boundgate.attestation.wire import demand_members, outcome_members, read_answer, read_submission
from boundgate.errors import BadRequest
from boundgate.terms import Provenance

SUBMISSION = {"ek_certificate": "MIIB", "ek_chain": ["MIIC", "MIID"], "attestation_key": "AAEA", "key": "AAEB"}
ANSWER = SUBMISSION | {"nonce": "nonce", "secret": "c2VjcmV0", "certification": "_1RDRw", "signature": "ABg"}


def body(members: object) -> bytes:
    return json.dumps(members).encode()


def test_the_first_trip_carries_a_certificate_its_chain_and_two_public_areas() -> None:
    found = read_submission(body(SUBMISSION))
    assert found.certificate == b"0\x82\x01"
    assert found.chain == (b"0\x82\x02", b"0\x82\x03")
    assert (found.attestation_key, found.key) == (b"\0\1\0", b"\0\1\1")
    without_chain = {name: value for name, value in SUBMISSION.items() if name != "ek_chain"}
    assert read_submission(body(without_chain)).chain == ()


def test_the_second_trip_carries_the_first_and_what_the_tpm_answered() -> None:
    submission, answer = read_answer(body(ANSWER))
    assert submission == read_submission(body(SUBMISSION))
    assert (answer.nonce, answer.secret) == ("nonce", b"secret")
    assert (answer.certification, answer.signature) == (b"\xffTCG", b"\0\x18")


@pytest.mark.parametrize("name", sorted(ANSWER.keys() - {"ek_chain"}))
@pytest.mark.parametrize("value", [None, 7, "", "A", "AA==", "A A", "é", ["AAAA"], "A" * 20_000])
def test_a_member_that_is_missing_or_of_another_shape_is_named(name: str, value: object) -> None:
    if name == "nonce" and value in ("A", "AA==", "A A", ""):
        return  # a nonce is what was given out, or is refused as none
    with pytest.raises(BadRequest) as refused:
        read_answer(body(ANSWER | {name: value}))
    assert refused.value.param == name


@pytest.mark.parametrize("chain", [None, "AAAA", {}, ["AAAA"] * 5, [7], [""], ["A"]])
def test_a_chain_of_another_shape_is_refused(chain: object) -> None:
    with pytest.raises(BadRequest) as refused:
        read_submission(body(SUBMISSION | {"ek_chain": chain}))
    assert refused.value.param == "ek_chain"


@pytest.mark.parametrize("octets", [b"", b"[]", b"{", b'{"key":1,"key":2}', body(SUBMISSION | {"nonce": "n"}), b"\xff"])
def test_what_is_no_such_object_is_refused(octets: bytes) -> None:
    with pytest.raises(BadRequest):
        read_submission(octets)


@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(sorted(ANSWER)), st.text(max_size=20)).map(body))
def test_any_body_is_read_or_refused(octets: bytes) -> None:
    for read in (read_submission, read_answer):
        with contextlib.suppress(BadRequest):
            read(octets)


def test_the_answers_are_text() -> None:
    demand = Demand(nonce="n", credential_blob=b"\0\1", encrypted_seed=b"\0\2")
    assert demand_members(demand) == {"nonce": "n", "credential_blob": "AAE", "encrypted_seed": "AAI"}
    assert outcome_members(Outcome(provenance=Provenance.ATTESTED)) == {"provenance": "attested"}
    waits = Outcome(provenance=Provenance.SOFTWARE, reason="New.", touch_wanted="f0")
    assert outcome_members(waits) == {"provenance": "software", "reason": "New.", "touch_wanted": "f0"}
