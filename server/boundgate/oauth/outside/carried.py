"""What a browser carries in its cookie while somebody is away: plain values, and a one-time value over all of them.

Nothing is stored here until it is used, so nobody can fill a table by beginning; and whoever has not got the cookie
has none of it. The one-time value of a request that is out is also its `state` (RFC 6749 §10.12).
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field, fields
from typing import TypeVar

from boundgate import strict_json
from boundgate.jose import base64url
from boundgate.oauth.outside.model import LIFE_SECONDS, Identified, Purpose, Waiting
from boundgate.oauth.outside.ports import Challenges

COOKIE_MAX_CHARS = 4000
"""RFC 6265 §6.1: browsers keep cookies of 4096 octets, name and attributes included."""
TARGET_MAX_CHARS = 1800
_PURPOSES: dict[type[Waiting | Identified], str] = {Waiting: "outside.waiting", Identified: "outside.identified"}

Record = TypeVar("Record", Waiting, Identified)


@dataclass(frozen=True, slots=True)
class Carried:
    """A cookie taken apart. Nothing of it is to be believed before `Carrier.is_good`."""

    values: tuple[str, ...]
    token: str = field(repr=False)

    @property
    def context(self) -> str:
        return json.dumps(self.values, separators=(",", ":"))


class Carrier:
    """Makes and reads what is carried."""

    def __init__(self, challenges: Challenges) -> None:
        self._challenges = challenges

    def seal(self, record: Waiting | Identified) -> Carried:
        """Make a record that a browser can bring back, once, within `LIFE_SECONDS`."""
        values: tuple[str, ...] = astuple(record)
        unsigned = Carried(values, "")
        return Carried(values, self._challenges.issue(purpose=_PURPOSES[type(record)], context=unsigned.context))

    def is_good(self, carried: Carried, kind: type[Record]) -> bool:
        """Whether we made it, as this kind of record, lately. Uses nothing up."""
        found = self._challenges.check(
            carried.token, purpose=_PURPOSES[kind], context=carried.context, max_age_seconds=LIFE_SECONDS
        )
        return found is not None and record_of(carried, kind) is not None

    async def use_up(self, carried: Carried, kind: type[Record]) -> bool:
        """True exactly once, where it is good."""
        return await self._challenges.redeem(
            carried.token, purpose=_PURPOSES[kind], context=carried.context, max_age_seconds=LIFE_SECONDS
        )


def cookie_value(carried: Carried) -> str:
    """The text of the cookie."""
    return f"{base64url.encode(carried.context.encode())}.{carried.token}"


def read_cookie_value(text: str) -> Carried | None:
    """Take a cookie apart; None for anything that cannot be one of ours. Never raises."""
    if len(text) > COOKIE_MAX_CHARS:
        return None
    encoded, _, token = text.partition(".")
    octets = base64url.decode(encoded)
    if octets is None or not token:
        return None
    try:
        values = strict_json.loads(octets, max_depth=1)
    except strict_json.StrictJSONError:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return Carried(tuple(values), token)


def record_of(carried: Carried, kind: type[Record]) -> Record | None:
    """The record in it, where it has the shape of one."""
    names = [each.name for each in fields(kind)]
    if len(names) != len(carried.values):
        return None
    values = dict(zip(names, carried.values, strict=True))
    if values["purpose"] not in set(Purpose):
        return None
    return kind(**values | {"purpose": Purpose(values["purpose"])})  # type: ignore[arg-type] # all others are texts
