"""The request that is being answered, as the middleware and everything inside it share it."""

from __future__ import annotations

from contextvars import ContextVar

from boundgate.errors import StorageUnavailable
from boundgate.protect.answers import Answer, unavailable
from boundgate.protect.bouncer import Bouncer
from boundgate.protect.guard import Guard
from boundgate.protect.request import Request
from boundgate.protect.standing import Standing, Verdict
from boundgate.protect.store import Record

_current: ContextVar[Visit] = ContextVar("boundgate_visit")


class Visit:
    """One request. Judged when somebody asks, and once: most requests are for things that nobody protects."""

    def __init__(self, request: Request, *, guard: Guard, bouncer: Bouncer) -> None:
        self.request = request
        self.refusal: Answer | None = None
        """Goes out in place of whatever the application answers."""
        self.offered: bytes | None = None
        """The session that this answer offers a binding to."""
        self.leaving: set[bytes] = set()
        """Sessions that are over when this answer goes out."""
        self.ended = False
        """Whether this answer ends a session, and so must not offer it anything."""
        self.concerned: Record | None = None
        """Whom a registration or a refresh is about, as far as it is known."""
        self.verdict: Verdict | None = None
        self._guard, self._bouncer = guard, bouncer

    async def judge(self) -> Verdict:
        """What the request is worth."""
        if self.verdict is None:
            self.verdict = await self._guard.judge(self.request)
        return self.verdict

    async def standing(self) -> Standing:
        """The verdict in one word."""
        return (await self.judge()).standing

    async def stop(self, proof_age_seconds: float | None = None) -> Answer | None:
        """The answer, if this request must not pass; it then goes out whatever the application answers.

        Args:
            proof_age_seconds: how old the last proof may be; None for as old as a bound cookie gets.
        """
        try:
            verdict = await self.judge()
            self.refusal = await self._bouncer.stop(self.request, verdict, proof_age_seconds=proof_age_seconds)
        except StorageUnavailable as error:
            # Doubt never reads as "never bound": what cannot be known is not let in.
            self.refusal = unavailable(error)
        return self.refusal


def enter(visit: Visit) -> None:
    """Make it the current one, in this task and in whatever it starts."""
    _current.set(visit)


def current_visit() -> Visit:
    """The request that is being answered.

    Raises:
        RuntimeError: there is none, or nothing of ours is around the application.
    """
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError(
            "No request is being answered here, or DeviceBound is not around this application: use "
            "app.add_middleware(dbsc.wrap) (Starlette, FastAPI) or dbsc.init_app(app) (Quart)."
        ) from None


def visit_or_none() -> Visit | None:
    """The same; None where there is none."""
    return _current.get(None)
