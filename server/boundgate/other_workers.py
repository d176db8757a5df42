"""What one worker's end of a session, or of a family of tokens, does at the others: their records are forgotten, their
answers in flight cut. Ids of both are random, so one channel serves them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from boundgate.gateway.in_flight import InFlight
from boundgate.resource.families import FamilyCache
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.model import News, SessionView
from boundgate.sessions.ports import SessionNews


class OtherWorkers:
    """Joins the cache and the calls under way to the news of other workers, where there are any.

    Args:
        families: the records of families of tokens.
        is_over: whether a session, by its record, has ended.
    """

    def __init__(
        self,
        *,
        cache: SessionCache,
        families: FamilyCache,
        in_flight: InFlight,
        news: SessionNews | None,
        is_over: Callable[[SessionView], bool],
    ) -> None:
        self._cache, self._families, self._in_flight = cache, families, in_flight
        self._news, self._is_over = news, is_over

    def end(self, session_ids: Collection[str]) -> None:
        """These have ended here: forget families' records, and cut what runs for them, here and elsewhere."""
        self._families.drop(session_ids)
        self._in_flight.cut(session_ids)
        if self._news is not None:
            self._news.tell(session_ids, ended=True)

    def hear(self, news: News) -> None:
        """These have changed or ended elsewhere."""
        self._cache.drop(news.session_ids)
        self._families.drop(news.session_ids)
        if news.ended:
            self._in_flight.cut(news.session_ids)

    async def catch_up(self) -> None:
        """News may have been missed: look up whatever matters just now.

        Raises:
            StorageUnavailable
        """
        self._cache.drop_all()
        self._families.drop_all()
        for session_id in self._in_flight.session_ids():
            if not await self._is_alive(session_id):
                self._in_flight.cut([session_id])

    async def _is_alive(self, session_id: str) -> bool:
        view = await self._cache.view(session_id)
        if view is not None:
            return not self._is_over(view)
        found = await self._families.view(session_id)
        return found is not None and found.family.ended_at is None
