"""The recorded vectors are what the Chromium of this machine still sends."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from boundgate.dbsc import DbscError, load_public_key, verify_refresh_proof, verify_registration_proof
from tests.vectors.dbsc import capture

FOLDER = Path(capture.__file__).parent
Entries = list[dict[str, Any]]


@pytest.fixture(scope="module")
def captured() -> tuple[Entries, Entries]:
    return capture.capture()


def recorded(name: str) -> Entries:
    entries: Entries = json.loads((FOLDER / name).read_text(encoding="ascii"))
    return entries


def shape(proof: str) -> list[str]:
    """Header and claims with everything of one run taken out: members of the key, ports."""
    parts = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode() for part in proof.split(".")[:2]]
    return [re.sub(r'("[nxy]":")[^"]+|:\d{4,5}/', r"\1", part) for part in parts]


def test_the_proofs_have_the_very_shape_that_was_recorded(captured: tuple[Entries, Entries]) -> None:
    fresh, old = captured[0], recorded("chromium.json")
    assert [entry["name"].partition(": ")[2] for entry in fresh] == [e["name"].partition(": ")[2] for e in old]
    for now, then in zip(fresh, old, strict=True):
        assert shape(now["input"]["proof"]) == shape(then["input"]["proof"]), now["name"]


def test_fresh_proofs_get_the_verdict_that_the_recorder_expects(captured: tuple[Entries, Entries]) -> None:
    for entry in captured[0]:
        if "ok" in entry["expected"]:
            assert verified(entry["input"]) == entry["expected"]["ok"], entry["name"]
        else:
            with pytest.raises(DbscError):
                verified(entry["input"])


def test_the_requests_have_the_header_fields_that_were_recorded(captured: tuple[Entries, Entries]) -> None:
    fresh, old = captured[1], recorded("chromium_requests.json")
    assert [names(entry) for entry in fresh] == [names(entry) for entry in old]


def verified(given: dict[str, Any]) -> dict[str, Any]:
    if given["kind"] == "refresh":
        key = load_public_key(json.dumps(given["key"]["jwk"]), algorithm=given["key"]["algorithm"])
        again = verify_refresh_proof(proof=given["proof"], expected_key=key, expected_audience=given["audience"])
        return {"challenge": again.challenge}
    first = verify_registration_proof(
        proof=given["proof"], expected_algorithms=given["algorithms"], expected_audience=given["audience"]
    )
    said = {"challenge": first.challenge, "authorization": first.authorization}
    return said | {"algorithm": first.key.algorithm, "thumbprint": first.key.thumbprint}


def names(entry: dict[str, Any]) -> list[str]:
    return [entry["method"], *(name for name, _ in entry["headers"])]
