"""DBSC for ASGI applications that already have logins."""

from boundgate.protect.memory import MemoryStore
from boundgate.protect.sql import SqlStore, dbsc_table
from boundgate.protect.store import Store

__all__ = ["MemoryStore", "SqlStore", "Store", "dbsc_table"]
