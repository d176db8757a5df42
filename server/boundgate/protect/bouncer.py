"""From a verdict to an answer, or to none: who comes in, who is asked for a proof, and who is turned away."""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.dbsc import Arrival, DemandKind, Ledger, demand_proof
from boundgate.errors import AuthenticationError
from boundgate.protect.answers import Answer, interstitial, redirect_to_itself, refusal, see_other, unproved
from boundgate.protect.request import Request
from boundgate.protect.settings import Cookies, Timing
from boundgate.protect.standing import Standing, Verdict

_SIGNED_OUT = AuthenticationError("This needs a sign-in.", code="sign_in_required")
_REVOKED = AuthenticationError("This session is over. Sign in again.", code="session_revoked")
_UNBOUND = AuthenticationError(
    "This session is not bound to a key of this browser. Sign in with a browser that has Device Bound Session "
    "Credentials, or add an extension that does the same.",
    code="binding_required",
)
_UNPROVED = AuthenticationError(
    "This session is bound to another browser's key, or this browser could not prove its own just now. Try again, or "
    "sign in again.",
    code="proof_required",
)
_STEP_UP = AuthenticationError(
    "This session's key was proved often lately, and another proof might cost the browser its quota. Sign in again, "
    "or try again in some minutes.",
    code="step_up_required",
)
_HALF_A_MILLISECOND = 0.0005


class Bouncer:
    """Decides what a request without enough proof is answered.

    Args:
        allow_unbound: let sessions pass that were never bound, while browsers without DBSC are still to be served.
        sign_in: where refused people are sent; None for nowhere.
    """

    def __init__(
        self,
        *,
        cookies: Cookies,
        timing: Timing,
        ledger: Ledger,
        allow_unbound: bool,
        sign_in: str | None,
        clock: Clock,
    ) -> None:
        self._cookies, self._timing, self._ledger, self._clock = cookies, timing, ledger, clock
        self._allow_unbound, self._sign_in = allow_unbound, sign_in

    async def stop(self, request: Request, verdict: Verdict, *, proof_age_seconds: float | None) -> Answer | None:
        """The answer to a request that must not pass; None for one that may.

        Args:
            proof_age_seconds: how old the last proof may be; None for as old as a bound cookie gets.
        """
        standing = verdict.standing
        if standing is Standing.SIGNED_OUT:
            if self._sign_in and _wants_page(request):
                return see_other(self._sign_in, _SIGNED_OUT.public_code)
            return self._refuse(request, _SIGNED_OUT)
        if standing is Standing.REVOKED:
            return self._refuse(request, _REVOKED, self._cookies.bound.expire(), self._cookies.fresh.expire())
        if verdict.is_new:
            return None
        if standing is Standing.UNREGISTERED:
            return None if self._allow_unbound else self._refuse(request, _UNBOUND)
        age = verdict.proof_age_seconds(self._clock())
        if age is not None and (proof_age_seconds is None or age <= proof_age_seconds):
            return None
        return await self._demand(request, verdict)

    async def _demand(self, request: Request, verdict: Verdict) -> Answer:
        now, is_page = self._clock(), request.is_document and request.method in {"GET", "HEAD"}
        demand = demand_proof(
            Arrival(
                fetch_site=request.fetch_site,
                is_document=is_page,
                fresh=request.cookies.get(self._cookies.fresh.name),
                presented_mint=verdict.value.mint if verdict.value else 0,
                newest_mint_at=await self._newer_mint_at(verdict),
                signatures=await self._signatures(verdict, now),
            ),
            now=now,
            signature_limit=self._timing.signature_limit,
            recent_mint_seconds=self._timing.superseded_seconds,
        )
        cookies = []
        if demand.expire_fresh:
            cookies.append(self._cookies.fresh.expire())
        elif demand.mark_fresh is not None:
            life = self._timing.bound_cookie_seconds
            cookies.append(self._cookies.fresh.set_cookie(demand.mark_fresh, max_age_seconds=life))
        if demand.kind is DemandKind.REDIRECT:
            return redirect_to_itself(request.target, cookies)
        if demand.kind is DemandKind.INTERSTITIAL:
            return interstitial(request.target, cookies)
        if demand.kind is DemandKind.STEP_UP:
            # The bound cookie stays, good or not: without it the browser would sign once more before its next request.
            return self._refuse(request, _STEP_UP, *cookies)
        if self._cookies.bound.name in request.cookies and verdict.standing is not Standing.PROTECTED:
            # A refused cookie that stays in the jar keeps the browser from ever refreshing it.
            cookies.append(self._cookies.bound.expire())
        if is_page and _wants_page(request):
            return unproved(_UNPROVED, request.target, sign_in=self._sign_in, cookies=cookies)
        return self._refuse(request, _UNPROVED, *cookies)

    async def _newer_mint_at(self, verdict: Verdict) -> float | None:
        key = verdict.record.key if verdict.record else None
        newest = await self._ledger.newest_mint_at(key.id) if key else None
        presented = verdict.value.minted_at if verdict.value else float("-inf")
        # Values carry milliseconds; half of one keeps a value from counting as newer than itself.
        return newest if newest is not None and newest > presented + _HALF_A_MILLISECOND else None

    async def _signatures(self, verdict: Verdict, now: float) -> int:
        key = verdict.record.key if verdict.record else None
        # Only a browser has a quota; an extension renews at half of the cookie's life, more often than the limit.
        if key is None or key.client is not None:
            return 0
        return await self._ledger.signatures(key.id, now=now, window_seconds=self._timing.signature_window_seconds)

    def _refuse(self, request: Request, error: AuthenticationError, *cookies: str) -> Answer:
        return refusal(error, as_page=_wants_page(request), sign_in=self._sign_in, cookies=cookies)


def _wants_page(request: Request) -> bool:
    return request.is_document and "text/html" in request.headers.get("accept", "")
