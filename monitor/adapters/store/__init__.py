"""The one store that holds everything: its schema and the questions asked of it.

`Store(place)` opens it, where the place is the Path of an SQLite file, or the Server that `leads_to(url, password)`
makes of "postgresql+psycopg://…"; both speak one SQL (see `connection`). `open_database(place)` opens what lies below:
its `write()` and `read()` give a Connection within one transaction.
"""

from monitor.adapters.store.address import BadAddress, Server, leads_to
from monitor.adapters.store.attempts import Attempt
from monitor.adapters.store.database import Database
from monitor.adapters.store.due import Judging
from monitor.adapters.store.opening import only_run, open_database
from monitor.adapters.store.outbox import Due, StoredNotice
from monitor.adapters.store.store import Decision, Judged, Refusal, Store, last_known
from monitor.adapters.store.trouble import StoreDamaged, StoreGone, StoreTrouble, StoreUnfit

__all__ = [
    "Attempt",
    "BadAddress",
    "Database",
    "Decision",
    "Due",
    "Judged",
    "Judging",
    "Refusal",
    "Server",
    "Store",
    "StoreDamaged",
    "StoreGone",
    "StoreTrouble",
    "StoreUnfit",
    "StoredNotice",
    "last_known",
    "leads_to",
    "only_run",
    "open_database",
]
