"""Judging a registration: its result, the instructions, the cookie, and the next challenge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from boundgate.dbsc.cookie_attributes import StoredCookie
from boundgate.dbsc.judge import PROACTIVE_REFRESH_SECONDS, check_answer
from boundgate.dbsc.problems import Problem
from boundgate.doctor.errors_explained import explain
from boundgate.doctor.evidence import Evidence, JarCookie, Message, Session
from boundgate.doctor.net_log import Exchange
from boundgate.doctor.offers import usable
from boundgate.doctor.steps import Step, failed, passed, unreached

QUOTA, QUOTA_SECONDS = 6, 540
BODY_SHOWN = 160
_ATTRIBUTES = {
    "domain": "Domain",
    "path": "Path",
    "secure": "Secure",
    "http_only": "HttpOnly",
    "same_site": "SameSite",
    "partitioned": "Partitioned",
}


def registration(seen: Evidence) -> Step:
    """What became of it."""
    if seen.creation is None:
        return _no_registration(seen)
    name = str(seen.creation["fetchResult"])
    if seen.session is not None:
        return passed("registration", f"The browser registered session {seen.session.id}.")
    explained = explain("fetchResult", name)
    return failed(
        "registration",
        f"{name}: {explained.explanation}",
        failed_request(seen.creation),
        *_well_known(name, last_exchange(seen, "well_known")),
        *_beginning(name, last_exchange(seen, "registration")),
        *problems_of(last_exchange(seen, "registration")),
        error=name,
        fix=explained.fix or "Look into the server's log.",
    )


def instructions(seen: Evidence) -> Step:
    """What the browser took from the answer."""
    session = seen.session
    if session is None:
        return unreached("instructions", "no session was registered", fix="See to the registration first.")
    rules = session.raw["inclusionRules"]
    covers = "the whole site of" if rules["includeSite"] else "the origin"
    excluded = [rule["pathPrefix"] for rule in rules["urlRules"] if rule["ruleType"] == "Exclude"]
    said = (
        f"The session is for {covers} {rules['origin']}, without {', '.join(excluded)};"
        f" it is refreshed at {session.refresh_url}"
        f" and keeps fresh: {', '.join(cookie.name for cookie in session.cookies)}."
    )
    found = [one for one in _judged(last_exchange(seen, "registration")) if not one.code.startswith("cookie_")]
    if found:
        return failed("instructions", said, *map(str, found[1:]), str(found[0]), fix=f"{found[0].fix}.")
    return passed("instructions", said)


def cookie(seen: Evidence) -> Step:
    """Whether each cookie that the session asks for is in the jar, attribute by attribute."""
    session = seen.session
    if session is None:
        return unreached("cookie", "no session was registered", fix="See to the registration first.")
    differences = list(unsatisfied(session, seen.jar))
    if not differences:
        return passed("cookie", *(f"{wanted.name} is in the jar, exactly as announced." for wanted in session.cookies))
    exchange = last_exchange(seen, "registration")
    refused = [
        f"The browser refused {name}: {reasons}." for name, reasons in (exchange.refused_cookies if exchange else ())
    ]
    return failed(
        "cookie",
        *differences,
        *refused,
        "Chromium compares every attribute, reports nothing, and refreshes before each request until its quota of "
        "signatures is gone.",
        fix="Write the Set-Cookie line and the credential's attributes from one source; only the former has a Max-Age.",
    )


def cookie_life(seen: Evidence) -> Step:
    """Whether the cookie lives long enough, and ends at all."""
    session = seen.session
    lives = [c.life_seconds for c in seen.jar if session is not None and c.stored in session.cookies]
    if not lives:
        return unreached("cookie_life", "the bound cookie is not in the jar", fix="See to the cookie first.")
    if None in lives:
        return failed(
            "cookie_life",
            "The bound cookie has no Max-Age: it lives until the browser closes, so the key is hardly ever proved.",
            fix="Give it a Max-Age of five to ten minutes.",
        )
    life = round(min(life for life in lives if life is not None))
    every = life - PROACTIVE_REFRESH_SECONDS
    if every <= 0:
        problem = "so every request makes the browser sign, and its quota is gone within a minute"
    elif QUOTA_SECONDS / every > QUOTA:
        problem = (
            f"so a busy page makes it sign every {every} s, more than {QUOTA} times in nine minutes, which is its quota"
        )
    else:
        return passed("cookie_life", f"The bound cookie lives for {life} s; a busy page refreshes every {every} s.")
    return failed(
        "cookie_life",
        f"The bound cookie lives for {life} s. Chromium refreshes ahead when {PROACTIVE_REFRESH_SECONDS} s are left,",
        f"{problem}.",
        fix="Give the bound cookie a Max-Age of 300 s or more.",
    )


def next_challenge(seen: Evidence) -> Step:
    """Whether the browser got a challenge for its first refresh ahead of time."""
    if seen.session is None:
        return unreached("next_challenge", "no session was registered", fix="See to the registration first.")
    if seen.session.cached_challenge:
        return passed("next_challenge", "The answer brought the next challenge, so a refresh takes one round trip.")
    wrong = next((name for name in seen.challenges if name in {"NoSessionId", "CantSetBoundCookie"}), None)
    if wrong:
        explained = explain("challengeResult", wrong)
        return failed("next_challenge", f"{wrong}: {explained.explanation}", error=wrong, fix=explained.fix or "")
    return passed(
        "next_challenge",
        "No challenge came ahead, so each refresh takes a second round trip. Secure-Session-Challenge on the answers",
        "to registrations and refreshes would save it.",
    )


def unsatisfied(session: Session, jar: Sequence[JarCookie]) -> Iterable[str]:
    """One sentence for each cookie that the session asks for and the jar does not have."""
    for wanted in session.cookies:
        same_name = [found.stored for found in jar if found.stored.name == wanted.name]
        if not same_name:
            yield f"The jar has no cookie {wanted.name}."
        elif wanted not in same_name:
            yield f"{wanted.name} is in the jar, but not as the instructions say: {_differences(wanted, same_name[0])}."


def last_exchange(seen: Evidence, purpose: str) -> Exchange | None:
    """The last of DBSC's own requests of that kind."""
    return next((found for found in reversed(seen.exchanges) if found.purpose == purpose), None)


def problems_of(exchange: Exchange | None, *, session_id: str | None = None) -> list[str]:
    """What is wrong with the instructions in an answer, in sentences."""
    return [f"In the answer: {one}" for one in _judged(exchange, session_id=session_id) if one.refused]


def failed_request(details: Message) -> str:
    """The request of an event that failed, in a sentence."""
    request = details.get("failedRequest")
    if not request:
        return ""
    body = _short(str(request.get("responseErrorBody", "")))
    said = f', saying "{body}"' if body else ""
    answer = (
        f"answered {request['responseError']}{said}"
        if "responseError" in request
        else f"failed: {request.get('netError')}"
    )
    return f"{request['requestUrl']} {answer}."


def _well_known(error: str, exchange: Exchange | None) -> Iterator[str]:
    if exchange is not None and ("WellKnown" in error or "uthorized" in error):
        body = _short(exchange.body.decode(errors="replace"))
        yield f'{exchange.url} answered {exchange.status or "nothing"}: "{body}".'


def _beginning(error: str, exchange: Exchange | None) -> Iterator[str]:
    if error == "InvalidConfigJson" and exchange is not None:
        yield f'The body was "{_short(exchange.body.decode(errors="replace"))}".'


def _short(text: str) -> str:
    """One line of it, not too long."""
    line = " ".join(text.split())
    return line[:BODY_SHOWN] + ("…" if len(line) > BODY_SHOWN else "")


def _judged(exchange: Exchange | None, *, session_id: str | None = None) -> list[Problem]:
    if exchange is None or exchange.status is None or not 200 <= exchange.status < 300:
        return []
    return check_answer(
        exchange.body,
        serving_url=exchange.url,
        set_cookies=exchange.received_all("Set-Cookie"),
        expected_session_id=session_id,
    )


def _no_registration(seen: Evidence) -> Step:
    exchange = last_exchange(seen, "registration")
    if exchange is None and not any(usable(offer.value, offer.url) for offer in seen.offers):
        return unreached("registration", "the browser can use no offer", fix="See to the offer's syntax first.")
    if exchange is not None:
        return failed(
            "registration",
            f"The browser posted to {exchange.url} and reported no result.",
            f"The answer was {exchange.status or 'missing'}.",
            fix="Make the registration endpoint answer within seconds, and not redirect to itself.",
        )
    return failed(
        "registration",
        "The browser did not act on the offer, and reports no reason.",
        fix="Offer the session on an answer over https without any certificate error, in a header that reads well.",
    )


def _differences(wanted: StoredCookie, found: StoredCookie) -> str:
    return ", ".join(
        f"{_ATTRIBUTES[member.name]} is {_shown(member.name, found)} and should be {_shown(member.name, wanted)}"
        for member in fields(wanted)
        if getattr(wanted, member.name) != getattr(found, member.name)
    )


def _shown(name: str, stored: StoredCookie) -> str:
    value = getattr(stored, name)
    if name == "domain":
        return str(value)[1:] if str(value).startswith(".") else f"absent (for {value} alone)"
    return {True: "set", False: "absent", None: "absent"}.get(value, str(value))
