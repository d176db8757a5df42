"""Session records kept for some seconds, so that a busy session costs few reads.

An end that this process carries out is seen at once; one that another process carries out, as soon as it has told, and
within `seconds` in any case.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable

from boundgate.clock import Clock
from boundgate.sessions.model import SessionView
from boundgate.sessions.ports import SessionNews, SessionStore

MAX_ENTRIES = 50_000


class SessionCache:
    """Read-through cache over a `SessionStore`. Only records that exist are kept.

    Args:
        seconds: how long.
        news: tells other processes what to forget.
        keeps_keyless: whether records without a key are kept. Not where there are other workers: one of them may have
            taken the key just now, and a browser that hears that its session has none gives the session up.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        clock: Clock,
        seconds: float,
        news: SessionNews | None = None,
        keeps_keyless: bool = True,
    ) -> None:
        self._store, self._clock, self._seconds, self._news = store, clock, seconds, news
        self._keeps_keyless = keeps_keyless
        self._views: OrderedDict[str, tuple[float, SessionView]] = OrderedDict()
        self._ids_by_login: OrderedDict[bytes, str] = OrderedDict()
        self._generation = 0

    async def view(self, session_id: str) -> SessionView | None:
        """The session by its id, at most `seconds` old."""
        return self._fresh(session_id) or await self._load(lambda: self._store.view(session_id))

    async def view_by_login(self, login_hash: bytes) -> SessionView | None:
        """The session by the hash of its login cookie, at most `seconds` old."""
        session_id = self._ids_by_login.get(login_hash)
        view = self._fresh(session_id) if session_id else None
        if view is not None and view.session.login_hash == login_hash:
            return view
        return await self._load(lambda: self._store.view_by_login(login_hash))

    def forget(self, session_ids: Collection[str]) -> None:
        """Drop records here and at the other workers, also those that a read already under way is about to bring."""
        self.drop(session_ids)
        if self._news is not None:
            self._news.tell(session_ids, ended=False)

    def drop_all(self) -> None:
        """Drop every record here."""
        self._generation += 1
        self._views.clear()

    def drop(self, session_ids: Iterable[str]) -> None:
        """Drop records here only."""
        self._generation += 1
        for session_id in session_ids:
            self._views.pop(session_id, None)

    def holds(self, view: SessionView) -> bool:
        """Whether this very record would still be answered: no end of its session has been heard of since."""
        return self._fresh(view.session.id) is view

    def _fresh(self, session_id: str) -> SessionView | None:
        entry = self._views.get(session_id)
        if entry is None or self._clock() - entry[0] >= self._seconds:
            return None
        return entry[1]

    async def _load(self, read: Callable[[], Awaitable[SessionView | None]]) -> SessionView | None:
        while True:
            generation, started = self._generation, self._clock()
            view = await read()
            if generation == self._generation:
                break
            # What was read before an end must not be answered from, nor put back, after it. Each turn takes another
            # end, and an end takes longer than a read.
        if view is not None and (self._keeps_keyless or view.binding is not None):
            self._keep(view, started)
        return view

    def _keep(self, view: SessionView, started: float) -> None:
        for entries, key, value in (
            (self._views, view.session.id, (started, view)),
            (self._ids_by_login, view.session.login_hash, view.session.id),
        ):
            entries[key] = value  # type: ignore[index, assignment] # two maps, one rule
            entries.move_to_end(key)  # type: ignore[arg-type]
            if len(entries) > MAX_ENTRIES:
                entries.popitem(last=False)
