"""What one worker's end of a session does at the others: their records are forgotten, their answers in flight cut."""

from __future__ import annotations

from collections.abc import Callable, Collection

from boundgate.gateway.in_flight import InFlight
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.model import News, SessionView
from boundgate.sessions.ports import SessionNews


class OtherWorkers:
    """Joins the cache and the calls under way to the news of other workers, where there are any.

    Args:
        is_over: whether a session, by its record, has ended.
    """

    def __init__(
        self,
        *,
        cache: SessionCache,
        in_flight: InFlight,
        news: SessionNews | None,
        is_over: Callable[[SessionView], bool],
    ) -> None:
        self._cache, self._in_flight, self._news, self._is_over = cache, in_flight, news, is_over

    def end(self, session_ids: Collection[str]) -> None:
        """These have ended here: cut what runs for them, here and elsewhere."""
        self._in_flight.cut(session_ids)
        if self._news is not None:
            self._news.tell(session_ids, ended=True)

    def hear(self, news: News) -> None:
        """These have changed or ended elsewhere."""
        self._cache.drop(news.session_ids)
        if news.ended:
            self._in_flight.cut(news.session_ids)

    async def catch_up(self) -> None:
        """News may have been missed: look up whatever matters just now.

        Raises:
            StorageUnavailable
        """
        self._cache.drop_all()
        for session_id in self._in_flight.session_ids():
            view = await self._cache.view(session_id)
            if view is None or self._is_over(view):
                self._in_flight.cut([session_id])
