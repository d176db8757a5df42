"""A server that fails: how often Chromium asks it, when it stops, and that nothing is lost (DBSC §8.10)."""

from __future__ import annotations

import time

from e2e.lab.outcome import Outcome, refresh
from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import Answer, challenge

FAILED = Outcome(
    "ServerError", "TransientHttpError", ended=None, kept=True, skipped="server_error", cookie=False, asked=1
)
SILENT = Outcome("Unreachable", None, ended=None, kept=True, skipped="unreachable", cookie=False, asked=0)
RECOVERED = Outcome("Refreshed", "Success", ended=None, kept=True, skipped=None, cookie=True, asked=1)
IGNORED = 3
"""Server errors that cost nothing. After the next one it pauses half a second, then half as long again each time."""
TRIES = 12
PATIENCE_SECONDS = 60.0


def test_after_four_server_errors_it_asks_no_more_for_a_while_and_then_recovers(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("n1"))
    outcomes: list[Outcome] = []
    # On a slow machine a pause may be over before the next try; the pauses grow, so one of them is not.
    while SILENT not in outcomes and len(outcomes) < TRIES:
        outcomes.append(refresh(site, visit, Answer(500)))
    *asked, last = outcomes
    assert last == SILENT, "the refresh address is not asked, and the page's request goes out bare"
    assert asked == [FAILED] * len(asked)
    assert len(asked) > IGNORED
    patience = time.monotonic() + PATIENCE_SECONDS
    while (outcome := refresh(site, visit, site.config())) == SILENT:
        assert time.monotonic() < patience
    assert outcome == RECOVERED


def test_a_success_forgets_the_failures_before_it(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("n1"))
    for _ in range(2):
        for _ in range(IGNORED):
            assert refresh(site, visit, Answer(503)) == FAILED
        assert refresh(site, visit, site.config()) == RECOVERED
