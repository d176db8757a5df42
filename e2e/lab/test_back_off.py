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
FIRST_PAUSE_SECONDS = 0.6
"""Half a second, and up to a fifth more."""


def test_after_four_server_errors_it_asks_no_more_for_a_while_and_then_recovers(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("n1"))
    for _ in range(4):
        assert refresh(site, visit, Answer(500)) == FAILED
    failed = time.monotonic()
    while (outcome := refresh(site, visit)) == SILENT:
        assert time.monotonic() - failed < 10 * FIRST_PAUSE_SECONDS
    assert outcome == FAILED, "asked again after the pause, in vain"
    assert refresh(site, visit) == SILENT, "so it pauses again, longer"
    again = time.monotonic()
    while (outcome := refresh(site, visit, site.config())) == SILENT:
        assert time.monotonic() - again < 10 * FIRST_PAUSE_SECONDS
    assert outcome == RECOVERED


def test_a_success_forgets_the_failures_before_it(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("n1"))
    for _ in range(2):
        for _ in range(3):
            assert refresh(site, visit, Answer(503)) == FAILED
        assert refresh(site, visit, site.config()) == RECOVERED
