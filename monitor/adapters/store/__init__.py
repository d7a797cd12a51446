"""The one file that holds everything: SQLite, its schema and the questions asked of it."""

from monitor.adapters.store.attempts import Attempt
from monitor.adapters.store.database import Database
from monitor.adapters.store.due import Judging
from monitor.adapters.store.outbox import Due, StoredNotice
from monitor.adapters.store.store import Decision, Judged, Refusal, Store, last_known
from monitor.adapters.store.trouble import StoreDamaged, StoreGone, StoreTrouble, StoreUnfit

__all__ = [
    "Attempt",
    "Database",
    "Decision",
    "Due",
    "Judged",
    "Judging",
    "Refusal",
    "Store",
    "StoreDamaged",
    "StoreGone",
    "StoreTrouble",
    "StoreUnfit",
    "StoredNotice",
    "last_known",
]
