"""What an application can choose, with defaults that suit Chromium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boundgate.dbsc import BoundCredential, Instructions
from boundgate.dbsc.scope import ScopeRule, SiteScope

_BOUND, _FRESH, _NEW = map(BoundCredential, ("__Host-dbsc", "__Host-dbsc-fresh", "__Host-dbsc-new"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """The cookies of ours; the application keeps its own."""

    bound: BoundCredential = _BOUND
    """Holds the proof's receipt, for minutes."""
    fresh: BoundCredential = _FRESH
    """Holds nothing; its expiry is what makes a browser prove its key."""
    new: BoundCredential = _NEW
    """Shows for some seconds that a sign-in has just been offered a binding. No credential of the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things last, in seconds. `DeviceBound` raises for lives that Chromium makes nothing of."""

    bound_cookie_seconds: int = 300
    """Life of a bound cookie. Chromium renews it ahead from 120 s before its end, and signs six times in nine minutes
    at most, so less than 300 s costs people their quota."""
    challenge_seconds: int = 900
    """Life of a challenge; longer than the cookie's, so that the one which came with it can be answered at its end."""
    registration_seconds: int = 60
    """Life of an offer."""
    new_session_seconds: int = 15
    """How long a new sign-in may be used before its browser has registered."""
    superseded_seconds: int = 10
    """How long an older bound cookie is good after a newer one was first used: what a copy lives at most."""
    signature_window_seconds: int = 540
    signature_limit: int = 4
    """Proofs within the window, after which none is demanded any more. Chromium refuses the seventh."""
    cache_seconds: float = 1.0
    """How long a record may be answered from memory: how late another process's `terminate` shows."""
    write_seconds: float = 2.0
    """How long proofs are collected before they are written down."""
    ended_days: int = 30
    """How long it is remembered that a session is over. The application's own session must not live longer."""
    unused_days: int = 400
    """After how long without a proof a binding is forgotten. Chromium forgets it then, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """For which requests browsers keep the session fresh, beyond those of one origin; see `dbsc.Instructions`.

    Args:
        site: makes it a session of the site, shared with the hosts named there. Its cookies then need a Domain, see
            `Cookies`, and every host named there can read and plant them.
        rules: further inclusions and exclusions.
        allowed_refresh_initiators: hosts of other sites whose pages may make browsers refresh.
        registration_origin: where this application is, in a session of the site: `https://app.example.com`.
    """

    site: SiteScope | None = None
    rules: Sequence[ScopeRule] = ()
    allowed_refresh_initiators: Sequence[str] = ()
    registration_origin: str | None = None

    def instructions(self, origin: str, paths: Paths, cookies: Cookies) -> Instructions:
        """What browsers are told.

        Raises:
            ConfigurationError: Chromium would refuse it, or never refresh, or never stop refreshing.
        """
        return Instructions(
            origin=origin,
            refresh_path=paths.refresh,
            excluded_paths=(paths.own, *paths.excluded),
            credentials=(cookies.bound, cookies.fresh),
            site=self.site,
            rules=self.rules,
            allowed_refresh_initiators=self.allowed_refresh_initiators,
            registration_origin=self.registration_origin,
            protected_paths=paths.protected,
        )

    def origins(self, origin: str) -> frozenset[str]:
        """Whose pages may carry an offer, or make a browser refresh."""
        own = self.registration_origin or origin
        scheme, _, rest = own.partition("://")
        port = rest.partition(":")[2]
        shared = self.site.shared_with if self.site else ()
        return frozenset({origin, own, *(f"{scheme}://{host}" + (f":{port}" if port else "") for host in shared)})


@dataclass(frozen=True, slots=True)
class Paths:
    """Which of the application's paths are guarded, which are out of the browser's scope, and which are ours.

    Args:
        protected: paths that only a bound session reaches, each with everything below it.
        excluded: paths whose requests never wait for a refresh, such as those of signing in and out, each with
            everything below it. They cannot be protected: no browser would prove anything there.
        own: where the two endpoints live.

    Raises:
        ValueError: a path without a leading slash, or a protected one below one that is excluded.
    """

    protected: Sequence[str]
    excluded: Sequence[str]
    own: str

    def __post_init__(self) -> None:
        for path in (*self.protected, *self.excluded, self.own):
            if not path.startswith("/") or "?" in path or "#" in path:
                raise ValueError(f"{path}: a path starts with a slash and has neither ? nor #")
        if self.own.rstrip("/") == "":
            raise ValueError(
                "path must not be /: browsers never wait for a refresh below it, so nothing were protected"
            )
        for path in self.protected:
            for outside in (self.own, *self.excluded):
                if _below(path.rstrip("/") or "/", outside):
                    raise ValueError(
                        f"{path} cannot be protected: browsers never prove their key for what lies below {outside}, so "
                        "a demand for proof would come to nothing. Move it, or exclude less."
                    )

    @property
    def register(self) -> str:
        """Where browsers post registrations."""
        return self.own.rstrip("/") + "/register"

    @property
    def refresh(self) -> str:
        """Where browsers post refreshes."""
        return self.own.rstrip("/") + "/refresh"

    def guards(self, path: str) -> bool:
        """Whether a request for this path must come from a bound session."""
        return any(_below(path, prefix) for prefix in self.protected) and not self.excludes(path)

    def needs_store(self, path: str) -> bool:
        """Whether a request for this path cannot be answered without records."""
        return path in {self.register, self.refresh} or self.guards(path)

    def excludes(self, path: str) -> bool:
        """Whether browsers never prove anything for this path."""
        return any(_below(path, prefix) for prefix in (self.own, *self.excluded))


def _below(path: str, prefix: str) -> bool:
    """Whether a path is the prefix or lies below it, at a boundary of segments, as Chromium compares them."""
    bare = prefix.rstrip("/")
    return path == bare or path.startswith(bare + "/")
