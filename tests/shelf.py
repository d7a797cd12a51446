"""Where a reading of the shop puts what it reads: a real store that remembers what was changed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from monitor.adapters.store import Store
from monitor.importing import attach
from monitor.model import Order
from scrapers.base import Page
from scrapers.orders import OrderRecord

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Shelf:
    """`changed`: order id -> what; `unread`: why an answer was not read."""

    store: Store
    changed: dict[str, list[str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    whole: bool = False

    def take(self, records: Sequence[OrderRecord]) -> Mapping[str, Sequence[str]]:
        attached, _ = attach(records, self.store.known_orders())
        changed = self.store.save(attached, NOW)
        for order_id, what in changed.items():
            self.changed.setdefault(order_id, []).extend(what)
        return changed

    def orders(self) -> Sequence[Order]:
        return self.store.orders()

    def list_was_whole(self) -> bool:
        return self.whole

    def set_list_whole(self, *, whole: bool) -> None:
        self.whole = whole

    def keep_unread(self, page: Page, why: str) -> None:
        self.unread.append(why)

    def order(self, order_id: str) -> Order:
        found = self.store.order(order_id)
        assert found is not None
        return found
