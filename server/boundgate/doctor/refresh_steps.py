"""Judging refreshes, and what is left of the session and the quota after them."""

from __future__ import annotations

from collections.abc import Iterator

from boundgate.doctor.errors_explained import explain
from boundgate.doctor.evidence import Attempt, Evidence, Message
from boundgate.doctor.net_log import Exchange
from boundgate.doctor.registration_steps import QUOTA, failed_request, problems_of, unsatisfied
from boundgate.doctor.steps import Step, failed, passed, unreached

_PROOF = "Secure-Session-Response"
_REFRESHED = {"Refreshed", "RefreshedAsWaiter"}


def refresh(seen: Evidence) -> Step:
    """The first one."""
    return _attempt("refresh", seen, 0)


def second_refresh(seen: Evidence) -> Step:
    """The second one: a used challenge, or a key that was not kept, shows here."""
    return _attempt("second_refresh", seen, 1)


def proof(seen: Evidence) -> Step:
    """Whether the server wants proofs at all, and takes none of them twice. The browser would not complain."""
    taken = [exchange for exchange in seen.exchanges if exchange.purpose != "well_known" and _accepted(exchange)]
    if not taken:
        return passed("proof", "The browser's log does not tell which proofs were accepted.")
    without = [exchange.url for exchange in taken if exchange.sent_value(_PROOF) is None]
    proofs = [exchange.sent_value(_PROOF) for exchange in taken if exchange.sent_value(_PROOF) is not None]
    if without:
        return failed(
            "proof",
            f"{' and '.join(dict.fromkeys(without))} accepted a request without any proof, so whoever has the",
            "cookies can do the same, and nothing is bound.",
            fix="Put a challenge in each offer, refuse a registration without proof, and answer a refresh without it "
            "with 403 and a challenge.",
        )
    if len(set(proofs)) < len(proofs):
        return failed(
            "proof",
            "The server accepted the same proof twice. The browser repeats its proof while it knows no newer",
            "challenge, and a thief can repeat it as well.",
            fix="Accept each challenge once, and send the next one with each answer.",
        )
    return passed("proof", "Every accepted request carried a proof of the key, and none was accepted twice.")


def round_trips(seen: Evidence) -> Step:
    """How many requests a refresh took."""
    counts = [len(group) for group in _groups(seen)]
    if not counts:
        return passed("round_trips", "The browser's log does not tell how many requests a refresh took.")
    said = f"Requests that each refresh took: {', '.join(map(str, counts))}."
    if max(counts) > 1 and any(attempt.challenge_ahead for attempt in seen.attempts):
        return failed(
            "round_trips",
            said,
            "The browser held a challenge, but the proof over it was answered with 403 and another challenge.",
            fix="Accept proofs over challenges that were sent ahead, for as long as the bound cookie lives.",
        )
    more = "" if max(counts) == 1 else "One would do if the next challenge came with each answer."
    return passed("round_trips", said, more)


def rotation(seen: Evidence) -> Step:
    """Whether a refresh brings a new cookie value."""
    pairs = [(attempt.before[0], attempt.after[0]) for attempt in seen.attempts if attempt.before and attempt.after]
    if not pairs:
        return unreached("rotation", "no bound cookie was there before and after", fix="See to the cookie first.")
    if all(before.value != after.value for before, after in pairs):
        return passed("rotation", "Each refresh brought a new value of the bound cookie.")
    return failed(
        "rotation",
        "A refresh set the bound cookie to the value that it had before, so a stolen copy stays good for as long as",
        "the owner refreshes.",
        fix="Issue a new value with each refresh, and let each value end with its own Max-Age.",
    )


def session(seen: Evidence) -> Step:
    """Whether it is still alive."""
    if seen.session is None:
        return unreached("session", "no session was registered", fix="See to the registration first.")
    if seen.deletion is None:
        return passed("session", "The session was alive at the end of the examination.")
    explained = explain("deletionReason", seen.deletion)
    by_refresh = any(attempt.deletion for attempt in seen.attempts)
    return failed(
        "session",
        f"The browser ended the session. {seen.deletion}: {explained.explanation}",
        error=seen.deletion,
        fix="See to the refresh that failed first." if by_refresh else explained.fix or "Sign in again.",
    )


def signing_quota(seen: Evidence) -> Step:
    """How much of it this examination used."""
    signed = {value for exchange in seen.exchanges if (value := exchange.sent_value(_PROOF))}
    used = f"The browser signed {len(signed)} of the {QUOTA} proofs that it signs for a site in nine minutes."
    names = [name for attempt in seen.attempts for name in _names(attempt.result)]
    if "SigningQuotaExceeded" not in names:
        return passed("signing_quota", used)
    explained = explain("refreshResult", "SigningQuotaExceeded")
    return failed(
        "signing_quota",
        used,
        explained.explanation,
        error="SigningQuotaExceeded",
        fix=explained.fix or "",
    )


def closing(seen: Evidence) -> Step:
    """Whether the browser let go of the session."""
    if seen.closed:
        return passed(
            "closing",
            "The browser deleted the session and its key, with its whole profile. The server was not told; the sign-in",
            "there ends by itself or by its own sign-out.",
        )
    if seen.deletion is not None:
        return passed("closing", "The session had already ended; the profile is deleted.")
    return failed("closing", "The browser did not confirm that it deleted the session.", fix="Run the doctor again.")


def _attempt(name: str, seen: Evidence, number: int) -> Step:
    if len(seen.attempts) <= number or seen.session is None:
        ended = f"the session had ended ({seen.deletion})" if seen.deletion else "no session was registered"
        return unreached(name, ended, fix="See to the first step that failed.")
    attempt = seen.attempts[number]
    if attempt.result is None:
        return _no_refresh(name, attempt)
    result = str(attempt.result["refreshResult"])
    if result not in _REFRESHED:
        return _refused(name, seen, attempt, attempt.result)
    missing = list(unsatisfied(seen.session, attempt.after))
    if missing:
        return failed(
            name,
            "The browser took the answer, but the session is as stale as before.",
            *missing,
            fix="Set the bound cookie in the answer to each refresh, with exactly the attributes of its credential.",
        )
    return passed(
        name, f"Without the bound cookie, a request for {attempt.url} waited; the browser refreshed and sent it."
    )


def _refused(name: str, seen: Evidence, attempt: Attempt, result: Message) -> Step:
    *_, error = names = list(_names(result))
    explained = [explain("refreshResult" if n == names[0] else "fetchResult", n) for n in names]
    group = list(_groups(seen))[seen.attempts.index(attempt) :][:1]
    return failed(
        name,
        *(f"{n}: {said.explanation}" for n, said in zip(names, explained, strict=True)),
        failed_request(result),
        *(_challenge_trouble(attempt)),
        *(problems_of(group[0][-1], session_id=seen.session.id if seen.session else None) if group else ()),
        error=error,
        fix=explained[-1].fix or "Look into the server's log.",
    )


def _challenge_trouble(attempt: Attempt) -> Iterator[str]:
    for name in dict.fromkeys(attempt.challenges):
        if name != "Success":
            yield f"{name}: {explain('challengeResult', name).explanation}"


def _no_refresh(name: str, attempt: Attempt) -> Step:
    usage = next((found for found in attempt.usages if found != "Deferred"), None)
    if usage is None:
        return failed(
            name,
            f"The bound cookie was taken away and {attempt.url} requested, but the browser reported no refresh.",
            fix="Check that the refresh endpoint answers within 20 seconds and does not redirect.",
        )
    explained = explain("usage", usage)
    return failed(
        name,
        f"The browser did not refresh for {attempt.url}. {usage}: {explained.explanation}",
        error=usage,
        fix=explained.fix or "Look at the scope in the instructions.",
    )


def _names(result: Message | None) -> Iterator[str]:
    """The refresh's result, and behind it the reason, where it has one of its own."""
    if result is None:
        return
    yield str(result["refreshResult"])
    reason = result.get("fetchResult")
    if reason and reason not in {"Success", result["refreshResult"]}:
        yield str(reason)


def _accepted(exchange: Exchange) -> bool:
    return exchange.status is not None and 200 <= exchange.status < 300


def _groups(seen: Evidence) -> Iterator[list[Exchange]]:
    """The requests of each refresh: a 403 is followed by another attempt."""
    group: list[Exchange] = []
    for exchange in seen.exchanges:
        if exchange.purpose == "refresh":
            group.append(exchange)
            if exchange.status != 403:
                yield group
                group = []
    if group:
        yield group
