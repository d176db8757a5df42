"""Calls of a store go on to their end when their caller is cancelled, as by a browser that hangs up.

A transaction that is cancelled in the middle leaves its lock to whenever the driver's cursor is collected, and until
then every other writer fails. So each call runs in a task of its own, and only the waiting for it is cancelled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Store = TypeVar("Store", bound=type)


def finishing(store: Store) -> Store:
    """A class decorator for stores that keep their `Database` in `_database`."""
    for name, method in list(vars(store).items()):
        if inspect.iscoroutinefunction(method) and not name.startswith("_"):
            setattr(store, name, _to_its_end(method))
    return store


def _to_its_end(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    async def call(self: Any, *arguments: Any, **named: Any) -> Any:
        return await self._database.finish(method(self, *arguments, **named))

    return call
