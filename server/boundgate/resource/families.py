"""Records of families kept for some seconds, so that a busy token costs few reads. The pattern of `sessions/cache.py`.

An end that this process carries out is seen at once; one that another process carries out, as soon as it has told, and
within `seconds` in any case.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from boundgate.clock import Clock
from boundgate.oauth.model import Client, Family

MAX_ENTRIES = 50_000


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A family with its client, as they stood when they were read."""

    family: Family
    client: Client


class Families(Protocol):
    """What is read of `oauth.ports.GrantStore`."""

    async def family(self, family_id: str) -> Family | None:
        """The family, ended or not."""


class Clients(Protocol):
    """What is read of `oauth.ports.ClientStore`."""

    async def client(self, client_id: str) -> Client | None: ...


class News(Protocol):
    """What is told to other workers; `sessions.ports.SessionNews` is one."""

    def tell(self, session_ids: Collection[str], *, ended: bool) -> None: ...


class FamilyCache:
    """Read-through cache over the stores. Only records that exist are kept.

    Args:
        seconds: how long.
        news: tells other processes what to forget.
    """

    def __init__(
        self, *, families: Families, clients: Clients, clock: Clock, seconds: float, news: News | None = None
    ) -> None:
        self._families, self._clients = families, clients
        self._clock, self._seconds, self._news = clock, seconds, news
        self._views: OrderedDict[str, tuple[float, FamilyView]] = OrderedDict()
        self._generation = 0

    async def view(self, family_id: str) -> FamilyView | None:
        """The family by its id, at most `seconds` old; None also where its client is gone."""
        return self.fresh(family_id) or await self._load(family_id)

    def fresh(self, family_id: str) -> FamilyView | None:
        """The record that is at hand, where it is young enough."""
        entry = self._views.get(family_id)
        if entry is None or self._clock() - entry[0] >= self._seconds:
            return None
        return entry[1]

    def holds(self, view: FamilyView) -> bool:
        """Whether this very record would still be answered: no end of its family has been heard of since."""
        return self.fresh(view.family.id) is view

    def forget(self, family_ids: Collection[str]) -> None:
        """Drop records here and at the other workers, also those that a read already under way is about to bring."""
        self.drop(family_ids)
        if self._news is not None:
            self._news.tell(family_ids, ended=False)

    def drop(self, family_ids: Iterable[str]) -> None:
        """Drop records here only."""
        self._generation += 1
        for family_id in family_ids:
            self._views.pop(family_id, None)

    def drop_all(self) -> None:
        """Drop every record here."""
        self._generation += 1
        self._views.clear()

    async def _load(self, family_id: str) -> FamilyView | None:
        while True:
            generation, started = self._generation, self._clock()
            family = await self._families.family(family_id)
            client = await self._clients.client(family.client_id) if family is not None else None
            # What was read before an end must not be answered from, nor put back, after it.
            if generation == self._generation:
                break
        if family is None or client is None:
            return None
        view = FamilyView(family, client)
        self._views[family_id] = (started, view)
        self._views.move_to_end(family_id)
        if len(self._views) > MAX_ENTRIES:
            self._views.popitem(last=False)
        return view
