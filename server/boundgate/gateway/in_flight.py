"""Which calls are under way for which session or family of tokens, so that its end ends them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from boundgate.gateway.answers import RelayHandle


class InFlight:
    """Handles by the id of a session or family; both are random, so that none is taken for the other. A call is added
    before it begins and dropped once it is settled."""

    def __init__(self) -> None:
        self._handles: defaultdict[str, set[RelayHandle]] = defaultdict(set)

    def add(self, session_id: str, handle: RelayHandle) -> None:
        self._handles[session_id].add(handle)

    def drop(self, session_id: str, handle: RelayHandle) -> None:
        self._handles[session_id].discard(handle)
        if not self._handles[session_id]:
            del self._handles[session_id]

    def session_ids(self) -> list[str]:
        """Those that have calls under way."""
        return list(self._handles)

    def cut(self, session_ids: Iterable[str]) -> None:
        """End the client's side of every call of these sessions now, with `session_revoked`."""
        for session_id in session_ids:
            for handle in tuple(self._handles.get(session_id, ())):
                handle.cut()
