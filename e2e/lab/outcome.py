"""What one refresh came to: what the browser reported, what it kept, and what the page's request carried."""

from __future__ import annotations

from dataclasses import dataclass

from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """Observed, in Chromium's own words.

    `skipped` is the reason in the page request's `Secure-Session-Skipped`, `cookie` whether it had the bound cookie,
    `asked` how often the refresh address was asked.
    """

    result: str
    fetch: str | None
    ended: str | None
    kept: bool
    skipped: str | None
    cookie: bool
    asked: int


def refresh(site: Site, visit: Visit, *answers: Answer) -> Outcome:
    """Let a bound page lose its cookie and fetch `/app`, while the refresh address answers as told."""
    if answers:
        site.on("/ref", *answers)
    visit.lose("bound")
    known, asked = len(visit.events), len(site.seen("/ref"))
    visit.fetch(site.url("/app"))
    details = visit.wait_for("refresh", after=known)[0]["details"]
    return observed(site, visit, details, known, asked)


def observed(site: Site, visit: Visit, details: dict, known: int, asked: int) -> Outcome:
    """What there is to see after the page's request has been sent."""
    # The list comes through the same pipe after everything that was reported before it.
    kept = any(session["key"]["id"] == "s1" for session in visit.sessions())
    ended = [event["details"]["deletionReason"] for event in visit.reported("termination", after=known)]
    sent = site.seen("/app")[-1]
    return Outcome(
        result=details["refreshResult"],
        fetch=details.get("fetchResult"),
        ended=ended[0] if ended else None,
        kept=kept,
        skipped=sent.skipped.partition(";")[0] if sent.skipped else None,
        cookie="bound" in sent.cookies,
        asked=len(site.seen("/ref")) - asked,
    )
