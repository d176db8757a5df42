"""How long things live: what no browser could keep up with is refused."""

from __future__ import annotations

from typing import Any

import pytest

from boundgate.dbsc import ConfigurationError, Lives


def test_the_defaults_work() -> None:
    assert Lives() == Lives(bound_cookie_seconds=300, challenge_seconds=900, registration_seconds=30)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"bound_cookie_seconds": 120}, "cookie_life_too_short"),
        ({"bound_cookie_seconds": 0}, "cookie_life_too_short"),
        ({"bound_cookie_seconds": 401 * 86_400, "challenge_seconds": 500 * 86_400}, "cookie_life_too_long"),
        ({"challenge_seconds": 300}, "challenge_life_too_short"),
        ({"bound_cookie_seconds": 1000}, "challenge_life_too_short"),
        ({"registration_seconds": 0}, "registration_life_too_short"),
    ],
)
def test_a_life_that_cannot_work_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Lives(**changed)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_just_beyond_the_limits_is_accepted() -> None:
    assert Lives(bound_cookie_seconds=121, challenge_seconds=121.5, registration_seconds=1).bound_cookie_seconds == 121


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match="120 s") as refused:
        Lives(bound_cookie_seconds=60, challenge_seconds=30)
    assert [problem.where for problem in refused.value.problems] == ["bound_cookie_seconds", "challenge_seconds"]
