"""The vectors that every implementation shares, read by ours."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from boundgate.dbsc import (
    LENIENT,
    STRICT,
    DbscError,
    Leniencies,
    Offer,
    Voucher,
    challenge_for,
    challenges_for,
    load_public_key,
    read_proof,
    read_public_key,
    read_session_id,
    read_skipped,
    registration_offers,
    request_names,
    verify_refresh_proof,
    verify_registration_proof,
)
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc
from tests.vectors.dbsc.generate import vectors

FOLDER = Path(__file__).parents[1] / "vectors" / "dbsc"


def cases(name: str) -> list[Any]:
    entries = json.loads((FOLDER / name).read_text(encoding="ascii"))
    return [pytest.param(entry["input"], entry["expected"], id=entry["name"]) for entry in entries]


def leniencies(given: dict[str, Any]) -> Leniencies:
    return STRICT if given.get("strict") else LENIENT


def registration(given: dict[str, Any]) -> dict[str, Any]:
    proof = verify_registration_proof(
        proof=given["proof"],
        expected_algorithms=given["algorithms"],
        expected_audience=given["audience"],
        leniencies=leniencies(given),
    )
    key = {"algorithm": proof.key.algorithm, "thumbprint": proof.key.thumbprint}
    return key | {"challenge": proof.challenge, "authorization": proof.authorization}


def refresh(given: dict[str, Any]) -> dict[str, Any]:
    stored = load_public_key(json.dumps(given["key"]["jwk"]), algorithm=given["key"]["algorithm"])
    proof = verify_refresh_proof(
        proof=given["proof"],
        expected_key=stored,
        expected_audience=given["audience"],
        leniencies=leniencies(given),
    )
    return {"challenge": proof.challenge}


def jwk(given: dict[str, Any]) -> dict[str, Any]:
    return {"thumbprint": read_public_key(given["jwk"], algorithm=given["algorithm"]).thumbprint}


def header(given: dict[str, Any]) -> Any:
    if "fields" in given:
        return written(given["header"], given["fields"])
    if "names" in given:
        return list(request_names(given["header"], leniencies=leniencies(given)))
    if given["header"] == "Secure-Session-Skipped":
        return [dataclasses.asdict(skipped) for skipped in read_skipped(given["value"])]
    read = read_proof if given["header"] == "Secure-Session-Response" else read_session_id
    return read(given["value"], leniencies=leniencies(given))


def written(name: str, fields: dict[str, Any]) -> str:
    if name == "Secure-Session-Challenge":
        pairs = fields.get("challenges")
        return challenge_for(**fields) if pairs is None else challenges_for((sid, value) for sid, value in pairs)
    return registration_offers(*(offer(**one) for one in fields.get("offers", [fields])))


def offer(**fields: Any) -> Offer:
    voucher = fields.pop("voucher", None)
    return Offer(voucher=Voucher(**voucher) if voucher else None, **fields)


def check(run: Any, given: dict[str, Any], expected: dict[str, Any]) -> None:
    if "ok" in expected:
        assert run(given) == expected["ok"]
        return
    with pytest.raises(DbscError) as refused:
        run(given)
    assert refused.value.public_code == expected["error"]
    assert_says_nothing_of(refused.value.detail, given)


def assert_says_nothing_of(detail: str, given: dict[str, Any]) -> None:
    assert len(detail) < 160
    secrets = set(re.findall(r"[A-Za-z0-9_-]{12,}", json.dumps(given)))
    public = {"Secure-Session-Response", "Sec-Secure-Session-Id", "registration", "authorization"}
    assert not [secret for secret in secrets - public if secret in detail]


@pytest.mark.parametrize(
    ("given", "expected"), [*cases("chromium.json"), *cases("chromium_negatives.json"), *cases("proofs.json")]
)
def test_a_proof_vector_gets_its_verdict(given: dict[str, Any], expected: dict[str, Any]) -> None:
    check({"registration": registration, "refresh": refresh}[given["kind"]], given, expected)


@pytest.mark.parametrize(("given", "expected"), cases("jwks.json"))
def test_a_key_vector_gets_its_verdict(given: dict[str, Any], expected: dict[str, Any]) -> None:
    check(jwk, given, expected)


@pytest.mark.parametrize(("given", "expected"), cases("headers.json"))
def test_a_header_vector_gets_its_verdict(given: dict[str, Any], expected: dict[str, Any]) -> None:
    check(header, given, expected)


@pytest.mark.parametrize("name", ["proofs.json", "jwks.json", "headers.json"])
def test_the_files_are_what_the_generator_writes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="ascii") == vectors()[name]


@pytest.mark.parametrize(("given", "expected"), cases("chromium.json"))
def test_the_test_browser_writes_proofs_as_chromium_does(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """Same octets for the same members: order, whitespace, escapes; signatures of the same length."""
    recorded = [_octets(part) for part in given["proof"].split(".")]
    header, claims = json.loads(recorded[0]), json.loads(recorded[1])
    soft = SoftDbsc("ES256", key=ec_key()) if header["alg"] == "ES256" else SoftDbsc("RS256", key=rsa_key())
    extra = {"aud": claims["aud"]} if "aud" in claims else {}
    if given["kind"] == "registration":
        proof = soft.registration_proof(claims.get("jti"), claims.get("authorization"), jwk=header["jwk"], **extra)
    else:
        proof = soft.refresh_proof(claims["jti"], **extra)
    written = [_octets(part) for part in proof.split(".")]
    assert written[:2] == recorded[:2]
    assert len(written[2]) == len(recorded[2])


@pytest.mark.parametrize("name", ["chromium.json", "proofs.json", "jwks.json", "headers.json"])
def test_every_vector_has_a_name_of_its_own(name: str) -> None:
    names = [case.id for case in cases(name)]
    assert len(names) == len(set(names))


def _octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
