"""DBSC for ASGI applications that already have logins.

`DeviceBound` goes around the application; `bind` at the sign-in, `bound_required` (of `boundgate.protect.quart` or
`boundgate.protect.starlette`) or `protected` paths on what matters, `terminate` at the sign-out. Nothing here imports a
framework.
"""

from boundgate.protect.device_bound import DeviceBound
from boundgate.protect.events import (
    Event,
    EventStream,
    Refreshed,
    Refused,
    Registered,
    Retried,
    Skipped,
    Terminated,
)
from boundgate.protect.ledgers import ValkeyLedger
from boundgate.protect.memory import MemoryStore
from boundgate.protect.request import Networks, Request, cookie
from boundgate.protect.settings import Cookies, Reach, Timing
from boundgate.protect.sql import SqlStore, dbsc_table
from boundgate.protect.standing import Standing
from boundgate.protect.store import Store

__all__ = [
    "Cookies",
    "DeviceBound",
    "Event",
    "EventStream",
    "MemoryStore",
    "Networks",
    "Reach",
    "Refreshed",
    "Refused",
    "Registered",
    "Request",
    "Retried",
    "Skipped",
    "SqlStore",
    "Standing",
    "Store",
    "Terminated",
    "Timing",
    "ValkeyLedger",
    "cookie",
    "dbsc_table",
]
