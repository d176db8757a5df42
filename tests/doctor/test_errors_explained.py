"""Every name of Chromium's protocol has an explanation, and nothing else has one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boundgate.doctor.errors_explained import explain, explanations

NAMES = json.loads((Path(__file__).parents[1] / "vectors" / "dbsc" / "cdp_names.json").read_text())
HARMLESS = {
    "fetchResult": {"Success"},
    "refreshResult": {"Refreshed", "InitializedService", "RefreshedAsWaiter", "InScopeRefreshNotYetNeeded"},
    "challengeResult": {"Success"},
    "deletionReason": {"DevTools", "Replaced"},
    "usage": {"InScopeRefreshNotYetNeeded", "ProactiveRefreshNotPossible", "ProactiveRefreshAttempted", "Deferred"},
}
EVERY = [pytest.param(kind, name, id=f"{kind}-{name}") for kind, names in NAMES.items() for name in names]


def test_the_kinds_are_those_of_the_protocol():
    assert explanations().keys() == NAMES.keys()


@pytest.mark.parametrize("kind", NAMES)
def test_the_names_are_those_of_the_protocol(kind):
    assert set(explanations()[kind]) == set(NAMES[kind])


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_name_is_explained_in_sentences_and_has_a_fix_where_something_is_wrong(kind, name):
    explained = explain(kind, name)
    assert explained.explanation.endswith((".", ")"))
    assert "  " not in explained.explanation
    if name in HARMLESS[kind]:
        assert explained.fix is None
    else:
        assert explained.fix
        assert explained.fix.endswith(".")


def test_a_name_of_a_newer_browser_is_said_to_be_one():
    explained = explain("fetchResult", "SomethingNew")
    assert "newer than Chromium 156" in explained.explanation
    assert explained.fix
