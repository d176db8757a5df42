"""Ties the two sessions of a request to each other, and says what is missing."""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.dbsc import KnownMint, Ledger, Macs, standing_of, unseal
from boundgate.dbsc import Standing as Worth
from boundgate.protect.cache import RecordCache
from boundgate.protect.journal import Journal
from boundgate.protect.offers import Offers
from boundgate.protect.request import Networks, Request, SessionId, cookie
from boundgate.protect.settings import Cookies, Timing
from boundgate.protect.standing import Standing, Verdict
from boundgate.protect.store import BoundKey, app_hash

CROSSING_SECONDS = 5.0
"""After a registration a request may still come without the cookie that it gave: Chromium follows the redirect of a
sign-in while it registers, and the two cross on the way."""


class Guard:
    """Judges requests. Writes nothing down but which cookie values were used."""

    def __init__(
        self,
        *,
        session_id: SessionId,
        cookies: Cookies,
        timing: Timing,
        networks: Networks,
        cache: RecordCache,
        journal: Journal,
        offers: Offers,
        ledger: Ledger,
        macs: Macs,
        clock: Clock,
    ) -> None:
        self._session_id, self._cookies, self._timing, self._networks = session_id, cookies, timing, networks
        self._cache, self._journal, self._offers, self._ledger = cache, journal, offers, ledger
        self._macs, self._clock = macs, clock

    def app_hash(self, request: Request) -> bytes | None:
        """What stands for the application session that a request names; None where it names none."""
        session_id = self._session_id(request)
        return app_hash(session_id) if session_id else None

    def names_another(self, request: Request, own: bytes) -> bool:
        """Whether a request surely belongs to another session of the application than `own`.

        Of several cookies of the name any may be the application's: a sibling host can plant one more.
        """
        named = self._session_id.all(request) if isinstance(self._session_id, cookie) else [self._session_id(request)]
        hashes = {app_hash(session_id) for session_id in named if session_id}
        return bool(hashes) and own not in hashes

    async def judge(self, request: Request) -> Verdict:
        """What a request is worth.

        A bound cookie counts only for the application session that it belongs to: else whoever stole the
        application's cookie could put a bound cookie of an account of their own beside it.
        """
        named = self.app_hash(request)
        if named is None:
            return Verdict(standing=Standing.SIGNED_OUT)
        text = request.cookies.get(self._cookies.bound.name)
        value = unseal(text, macs=self._macs) if text else None
        record = await self._cache.find(named, absence_will_do=value is None)
        if record is None:
            return Verdict(standing=Standing.UNREGISTERED, app_hash=named, is_new=self._is_new(request, named))
        if record.ended_at is not None or record.key is None:
            return Verdict(standing=Standing.REVOKED, app_hash=named, record=record)
        if value is None or value.session_id != record.key.id:
            crossed = text is None and self._clock() - record.key.bound_at <= CROSSING_SECONDS
            is_new = crossed and self._is_new(request, named)
            return Verdict(standing=Standing.MISSING, app_hash=named, record=record, is_new=is_new)
        worth = await standing_of(
            value,
            expected_prefix=self._networks.prefix_of(request.scope),
            known=self._known(record.key),
            ledger=self._ledger,
            now=self._clock(),
            life_seconds=self._timing.bound_cookie_seconds,
            grace_seconds=self._timing.superseded_seconds,
        )
        standing = Standing.PROTECTED if worth is Worth.GOOD else Standing.LAPSED
        return Verdict(standing=standing, app_hash=named, record=record, value=value)

    def _is_new(self, request: Request, named: bytes) -> bool:
        return self._offers.is_new(request.cookies.get(self._cookies.new.name, ""), named)

    def _known(self, key: BoundKey) -> KnownMint:
        # What is not written down yet is newer.
        note = self._journal.newest(key.id)
        return KnownMint(key.last_mint, key.last_proof_at) if note is None else KnownMint(note.mint, note.proved_at)
