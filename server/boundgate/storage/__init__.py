"""Where the ports of the domains meet a database: SQLite by default, PostgreSQL for more than one node."""

from boundgate.storage.engine import Database, open_database
from boundgate.storage.file_news import FileSessionNews
from boundgate.storage.memory_hot import MemoryHotState
from boundgate.storage.shared_state import SharedState, open_shared_state
from boundgate.storage.sql_attestation import SqlAttestationStore
from boundgate.storage.sql_grants import SqlGrantStore
from boundgate.storage.sql_oauth import SqlClientStore
from boundgate.storage.sql_passkeys import SqlPasskeyStore
from boundgate.storage.sql_sessions import SqlSessionStore
from boundgate.storage.sql_usage import SqlUsageStore
from boundgate.storage.valkey_hot import ValkeyHotState
from boundgate.storage.valkey_link import ValkeyLink

__all__ = [
    "Database",
    "FileSessionNews",
    "MemoryHotState",
    "SharedState",
    "SqlAttestationStore",
    "SqlClientStore",
    "SqlGrantStore",
    "SqlPasskeyStore",
    "SqlSessionStore",
    "SqlUsageStore",
    "ValkeyHotState",
    "ValkeyLink",
    "open_database",
    "open_shared_state",
]
