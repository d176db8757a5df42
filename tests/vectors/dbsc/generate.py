"""Writes the vectors beside it: `python -m tests.vectors.dbsc.generate` from the root of the repository.

The keys are fixed and the signatures deterministic (RFC 6979), so writing them again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.vectors.dbsc.client_header_cases import client_header_cases
from tests.vectors.dbsc.cookie_cases import cookie_cases
from tests.vectors.dbsc.header_cases import header_cases
from tests.vectors.dbsc.instruction_cases import instruction_cases
from tests.vectors.dbsc.jwk_cases import jwk_cases
from tests.vectors.dbsc.negative_cases import negative_cases
from tests.vectors.dbsc.outcome_cases import outcome_cases
from tests.vectors.dbsc.proof_cases import proof_cases
from tests.vectors.dbsc.scope_cases import scope_cases
from tests.vectors.dbsc.well_known_cases import well_known_cases

FOLDER = Path(__file__).parent


def vectors() -> Mapping[str, str]:
    """The text of each file by its name."""
    cases = {"proofs.json": proof_cases(), "jwks.json": jwk_cases(), "headers.json": header_cases()}
    cases |= {"chromium_negatives.json": negative_cases(FOLDER / "chromium.json")}
    cases |= {"instructions.json": instruction_cases(), "scope.json": scope_cases()}
    cases |= {"client_headers.json": client_header_cases(), "cookies.json": cookie_cases()}
    cases |= {"outcomes.json": outcome_cases(), "well_known.json": well_known_cases()}
    return {name: _text(entries) for name, entries in cases.items()}


def _text(entries: list[dict[str, Any]]) -> str:
    return json.dumps(entries, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for name, text in vectors().items():
        (FOLDER / name).write_text(text, encoding="ascii")
