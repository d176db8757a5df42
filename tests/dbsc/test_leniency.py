"""Leniencies: one function each, the versions it serves in its docstring, a switch of its own, and no harm in it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import pytest

from boundgate.dbsc import (
    LENIENT,
    STRICT,
    Leniencies,
    ProofMalformed,
    ProofRefused,
    leniency,
    read_proof,
    read_public_key,
    request_names,
    verify_refresh_proof,
    verify_registration_proof,
)
from tests.support.keys import ec_key
from tests.support.soft_browser import SoftDbsc

OWNER, THIEF = SoftDbsc("ES256", key=ec_key("owner")), SoftDbsc("ES256", key=ec_key("thief"))
KEY = read_public_key(OWNER.jwk, algorithm="ES256")
URL = "https://a.example/dbsc"
SWITCHES = [field.name for field in dataclasses.fields(Leniencies)]
FUNCTIONS = [one for _, one in inspect.getmembers(leniency, inspect.isfunction) if one.__module__ == leniency.__name__]


def register(leniencies: Leniencies, **shape: Any) -> Any:
    proof = OWNER.registration_proof("c", "a", **shape)
    return verify_registration_proof(proof=proof, expected_audience=URL, leniencies=leniencies)


def _one_more_name(granted: Leniencies) -> None:
    if len(request_names("Secure-Session-Response", leniencies=granted)) == 1:
        raise ProofMalformed("One name.")


# What each switch decides: granted it returns, refused it raises.
DECIDES: dict[str, Any] = {
    "unquoted_values": lambda granted: read_proof("a.b.c", leniencies=granted),
    "old_header_names": _one_more_name,
    "old_type": lambda granted: register(granted, typ="jwt"),
    "key_in_payload": lambda granted: register(granted, jwk=None, extra_claims={"key": OWNER.jwk}),
    "old_claims": lambda granted: register(granted, extra_claims={"iat": 1.5, "sub": "s"}),
    "audience_list": lambda granted: register(granted, aud=[URL]),
}


def test_every_switch_is_tested_and_has_its_function() -> None:
    assert list(DECIDES) == SWITCHES
    assert len(FUNCTIONS) == len(SWITCHES)


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_leniency_can_be_switched_off_alone_and_granted_alone(switch: str) -> None:
    DECIDES[switch](LENIENT)
    DECIDES[switch](dataclasses.replace(STRICT, **{switch: True}))
    for refusing in (STRICT, dataclasses.replace(LENIENT, **{switch: False})):
        with pytest.raises((ProofMalformed, ProofRefused)):
            DECIDES[switch](refusing)


def test_all_is_granted_by_default_and_nothing_when_strict() -> None:
    assert Leniencies() == LENIENT
    assert all(dataclasses.asdict(LENIENT).values())
    assert not any(dataclasses.asdict(STRICT).values())


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_each_leniency_says_whom_it_serves(function: Any) -> None:
    assert re.search(r"^\s*Serves (no )?Chrome ", inspect.getdoc(function) or "", re.MULTILINE)


def test_no_leniency_touches_what_a_proof_proves() -> None:
    for shape in (
        {"alg": "none"},
        {"alg": "HS256"},
        {"signer": THIEF},
        {"typ": "dbsc+aik"},
        {"typ": "JWT"},
        {"extra_header": {"crit": ["b64"], "b64": True}},
        {"jwk": None, "extra_claims": {"key": THIEF.jwk}},
    ):
        with pytest.raises((ProofMalformed, ProofRefused)):
            register(LENIENT, **shape)
    for shape in ({"jwk": OWNER.jwk}, {"extra_claims": {"key": OWNER.jwk}}, {"extra_claims": {"jwk": OWNER.jwk}}):
        proof = OWNER.refresh_proof("c", **shape)
        with pytest.raises(ProofRefused, match="must not carry a key"):
            verify_refresh_proof(proof=proof, expected_key=KEY, expected_audience=URL)


def test_an_attestation_is_refused_in_words_of_its_own() -> None:
    with pytest.raises(ProofRefused, match="wrapped in an attestation"):
        register(LENIENT, typ="dbsc+aik")
