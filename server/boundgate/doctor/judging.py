"""From evidence to a report: which steps there are, in which order, and which need which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from boundgate.doctor import arrival_steps as arrival
from boundgate.doctor import refresh_steps as refreshing
from boundgate.doctor import registration_steps as registering
from boundgate.doctor.evidence import Evidence
from boundgate.doctor.steps import Report, Step, unreached


@dataclass(frozen=True, slots=True)
class _Check:
    """One step; `after` names what must be ok, or the step is not reached."""

    name: str
    look: Callable[[Evidence], Step]
    after: Sequence[str] = ()


_CHECKS = (
    _Check("address", arrival.address),
    _Check("page", arrival.page, ["address"]),
    _Check("login", arrival.login, ["page"]),
    _Check("offer", arrival.offer, ["page", "login"]),
    _Check("offer_syntax", arrival.offer_syntax, ["offer"]),
    _Check("registration", registering.registration, ["offer"]),
    _Check("instructions", registering.instructions, ["registration"]),
    _Check("cookie", registering.cookie, ["registration"]),
    _Check("cookie_life", registering.cookie_life, ["registration"]),
    _Check("next_challenge", registering.next_challenge, ["registration"]),
    _Check("refresh", refreshing.refresh, ["registration"]),
    _Check("second_refresh", refreshing.second_refresh, ["registration"]),
    _Check("proof", refreshing.proof, ["registration"]),
    _Check("round_trips", refreshing.round_trips, ["refresh"]),
    _Check("rotation", refreshing.rotation, ["refresh"]),
    _Check("session", refreshing.session, ["registration"]),
    _Check("signing_quota", refreshing.signing_quota, ["registration"]),
    _Check("closing", refreshing.closing, ["registration"]),
)
STEP_NAMES = tuple(check.name for check in _CHECKS)


def judge(seen: Evidence) -> Report:
    """Every step, those that were not reached too."""
    steps: dict[str, Step] = {}
    for check in _CHECKS:
        broken = next((name for name in check.after if not steps[name].ok), None)
        if broken is None:
            steps[check.name] = check.look(seen)
        else:
            steps[check.name] = unreached(
                check.name, f"{_spoken(broken)} did not succeed", fix=f"See to {_spoken(broken)} first."
            )
    if seen.gone:
        first = next((step for step in steps.values() if not step.ok), steps["closing"])
        steps[first.name] = replace(first, explanation=f"{first.explanation} The examination broke off: {seen.gone}")
    return Report(tuple(steps.values()))


def _spoken(name: str) -> str:
    return f'the step "{name.replace("_", " ")}"'
