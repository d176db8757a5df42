"""What an examination saw, as it was seen. Judging it is the business of `steps`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from boundgate.dbsc.cookie_attributes import StoredCookie
from boundgate.dbsc.hosts import read_origin
from boundgate.dbsc.scope import Scope, ScopeRule
from boundgate.doctor.net_log import Exchange

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be examined.

    Args:
        url: the page to open first.
        login: path or URL that answers with an offer to somebody who may sign in; None where the page does.
        cookies: names and values to put into the jar for `url` before anything is loaded.
        window: a person signs in, in a window.
        wait_seconds: how long that person may take.
        spki: the certificate key to trust, padded base64; None for a certificate that is trusted anyway.
        switches: further switches for the browser.
    """

    url: str
    login: str | None = None
    cookies: Sequence[tuple[str, str]] = ()
    window: bool = False
    wait_seconds: float = 180.0
    spki: str | None = None
    switches: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page load: where it ended, with which status, or with which network error."""

    url: str
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """`Secure-Session-Registration` on one answer."""

    url: str
    value: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session as Chromium keeps it (CDP `DeviceBoundSession`)."""

    raw: Message

    @property
    def id(self) -> str:
        return str(self.raw["key"]["id"])

    @property
    def refresh_url(self) -> str:
        return str(self.raw["refreshUrl"])

    @property
    def cached_challenge(self) -> bool:
        """Whether the browser holds a challenge for its next refresh."""
        return bool(self.raw.get("cachedChallenge"))

    @property
    def cookies(self) -> tuple[StoredCookie, ...]:
        """What must be in the jar, else the browser refreshes first."""
        return tuple(stored_cookie(craving) for craving in self.raw["cookieCravings"])

    @property
    def scope(self) -> Scope | None:
        """What the session is for; None where the origin is none that we can read."""
        rules = self.raw["inclusionRules"]
        origin = read_origin(rules["origin"])
        if origin is None:
            return None
        found = tuple(
            ScopeRule(
                "include" if rule["ruleType"] == "Include" else "exclude", rule["hostPattern"], rule["pathPrefix"]
            )
            for rule in rules["urlRules"]
        )
        initiators = tuple(self.raw.get("allowedRefreshInitiators", ()))
        return Scope(origin, bool(rules["includeSite"]), found, self.refresh_url, initiators)


def stored_cookie(raw: Message) -> StoredCookie:
    """A cookie of the jar, or one that a session asks for, as the two are compared."""
    return StoredCookie(
        name=raw["name"],
        domain=raw["domain"],
        path=raw["path"],
        secure=raw["secure"],
        http_only=raw["httpOnly"],
        same_site=raw.get("sameSite"),
        partitioned="partitionKey" in raw,
    )


@dataclass(frozen=True, slots=True)
class JarCookie:
    """A cookie that the jar holds under a name that the session asks for. The value is never shown."""

    stored: StoredCookie
    value: str
    life_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One refresh that was forced: a bound cookie was taken out of the jar and a request made.

    Args:
        url: the request that should have caused it.
        usages: what the browser said of the session at that request.
        result: the refresh's event, if there was one.
        challenge_ahead: whether the browser held a challenge beforehand.
        challenges: results of the challenges that came during it.
        before, after: the bound cookies in the jar.
        deletion: why the session ended during it, if it did.
    """

    url: str
    usages: tuple[str, ...]
    result: Message | None
    challenge_ahead: bool
    challenges: tuple[str, ...]
    before: tuple[JarCookie, ...]
    after: tuple[JarCookie, ...]
    deletion: str | None


@dataclass(slots=True)
class Evidence:
    """Filled in as the examination goes on; what was not reached stays empty."""

    order: Order
    browser: str = ""
    page: Visit | None = None
    login: Visit | None = None
    offers: tuple[Offer, ...] = ()
    creation: Message | None = None
    challenges: list[str] = field(default_factory=list)
    session: Session | None = None
    jar: tuple[JarCookie, ...] = ()
    attempts: list[Attempt] = field(default_factory=list)
    deletion: str | None = None
    closed: bool = False
    exchanges: tuple[Exchange, ...] = ()
    served_spki: str | None = None
    """Hash of the key of the certificate that the server shows, where the browser did not trust it."""
    gone: str | None = None
    """Why the examination could not go on, where the browser itself failed."""
