"""Orders in: by paste, by files dropped or chosen, by hand; and corrected."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from monitor.model import Order
from monitor.order_rows import BadRow, read_row
from monitor.pasting import kind_of, search
from monitor.web.frame import Frame, order_address, seen
from monitor.web.gate import Upload
from scrapers import carriers
from scrapers.orders import OWN_WORD, DateKind, OrderRecord, ShownDate
from scrapers.when import believable

if TYPE_CHECKING:
    from monitor.importing import Problem

_ENDINGS = {"mail": ".eml", "json": ".json", "csv": ".csv"}
# Days a correction takes besides those of the import template.
_MORE_DAYS: dict[str, DateKind] = {"cancel_requested": "cancel_requested", "paypal_opened": "payer_asked"}


def routes(frame: Frame) -> list[Route]:
    pages = _Adding(frame)
    return [
        Route("/add", pages.ask),
        Route("/add", pages.pasted, methods=["POST"]),
        Route("/add/order", pages.added, methods=["POST"]),
        Route("/import", pages.dropped, methods=["POST"]),
        Route("/edit/{order_id:path}", pages.edit),
        Route("/edit/{order_id:path}", pages.edited, methods=["POST"]),
    ]


class _Adding:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def ask(self, _request: Request) -> Response:
        return self._frame.page("add.html", pasted="", trouble="")

    def pasted(self, request: Request) -> Response:
        """A mail or rows are taken at once; of anything else the user first sees what was found in it."""
        text = request.scope["form"].get("text", "")
        kind = kind_of(text)
        if kind != "text":
            return self._taken([Upload(f"pasted{_ENDINGS[kind]}", text.encode())])
        found = search(text)
        if not (found.orders or found.numbers):
            trouble = "No order number and no tracking number was found in it. Paste the number, the link of the" \
                      " order's page, or a whole mail with its headers."  # fmt: skip
            return self._frame.page("add.html", 400, pasted=text, trouble=trouble)
        row = {"order_id": next(iter(found.orders), ""), "tracking": " ".join(found.numbers)}
        return self._form(row, others=found.orders[1:])

    def added(self, request: Request) -> Response:
        form: Mapping[str, str] = request.scope["form"]
        try:
            record = read_row(_row(form), self._today())
        except BadRow as error:
            return self._form(form, trouble=f"{error}.")
        if (
            not record.destination_country
            and record.marketplace == "aliexpress"
            and not self._goes_to(record)
        ):
            record = replace(record, destination_country=self._frame.session.config.general.home_country)
        self._save(_in_own_words(record))
        return seen(record.order_id)

    def dropped(self, request: Request) -> Response:
        files: Sequence[Upload] = request.scope["files"]
        if not files:
            return self._frame.page("add.html", 400, pasted="", trouble="Choose at least one file.")
        return self._taken(files)

    def edit(self, request: Request) -> Response:
        with self._frame.store() as store:
            order = self._frame.order(store, request)
        return self._form(_known(order), order=order)

    def edited(self, request: Request) -> Response:
        form: Mapping[str, str] = request.scope["form"]
        with self._frame.store() as store:
            order = self._frame.order(store, request)
        before = _known(order)
        changed = {
            name: value.strip() for name, value in form.items() if value.strip() != before.get(name, "")
        }
        try:
            kept = {name: before[name] for name in ("marketplace", "order_id", "placed_on")}
            record = read_row(kept | _row(changed), self._today())
            record = _in_own_words(record, _more_days(changed, self._today()))
        except BadRow as error:
            return self._form({**before, **form}, trouble=f"{error}.", order=order)
        self._save(record)
        return seen(order.order_id)

    def _taken(self, files: Sequence[Upload]) -> Response:
        """Read files as `import` does, keep the good records, name the bad ones."""
        from monitor.importing import read_files  # takes 9 MB, and most days nothing is brought in

        with (
            tempfile.TemporaryDirectory(prefix="parcelwarden-import-") as folder,
            self._frame.store() as store,
        ):
            paths = []
            for number, file in enumerate(files):
                place = Path(folder) / str(number)
                place.mkdir()
                path = place / (re.sub(r"[^\w. -]", "_", Path(file.name).name)[-80:] or "file")
                path.write_bytes(file.content)
                paths.append(path)
            read = read_files(paths, today=self._today(), known=store.known_orders())
            changed = store.save(read.records, self._frame.session.clock())
        return self._told(changed, read.problems)

    def _told(self, changed: Mapping[str, Sequence[str]], problems: Sequence[Problem]) -> Response:
        added = [order_id for order_id, what in changed.items() if "added" in what]
        updated = [order_id for order_id, what in changed.items() if what and "added" not in what]
        if len(changed) == 1 and not problems:
            return RedirectResponse(order_address(next(iter(changed))), 303)
        return self._frame.page(
            "taken.html", 200 if changed or not problems else 400,
            added=added, updated=updated, same=len(changed) - len(added) - len(updated), problems=problems,
        )  # fmt: skip

    def _form(
        self,
        row: Mapping[str, str],
        *,
        trouble: str = "",
        others: Sequence[str] = (),
        order: Order | None = None,
    ) -> Response:
        profiles = self._frame.session.config.policy.profiles.by_id.values()
        shops = sorted(profile.id for profile in profiles if not profile.payment)
        return self._frame.page(
            "order_form.html", 400 if trouble else 200,
            row=row, trouble=trouble, others=others, order=order, shops=shops, carriers=carriers.every(),
        )  # fmt: skip

    def _goes_to(self, record: OrderRecord) -> str:
        """The country an order is already known to go to."""
        with self._frame.store() as store:
            order = store.order(record.order_id)
        return order.destination_country if order else ""

    def _save(self, record: OrderRecord) -> None:
        with self._frame.store() as store:
            store.save([record], self._frame.session.clock())

    def _today(self) -> date:
        return self._frame.now().date()


def _row(form: Mapping[str, str]) -> dict[str, str]:
    """The form's fields as a row of the template; an amount in its own field keeps its currency."""
    return {name: value for name, value in form.items() if name not in ("form", *_MORE_DAYS)}


def _known(order: Order) -> dict[str, str]:
    """An order as the fields of the form. A date the shop shows is left to it: the field takes the user's own."""
    days = {name: getattr(order, name) for name in ("placed_on", "paid_on", "shipped_on", "completed_on")}
    return {
        "marketplace": order.marketplace, "order_id": order.order_id, "title": order.title, "seller": order.seller,
        "amount": f"{order.amount} {order.currency}".strip() if order.amount is not None else "",
        "destination_country": order.destination_country, "payment_method": order.payment_method,
        "tracking": " ".join(parcel.number for parcel in order.parcels),
        **{name: day.isoformat() if day else "" for name, day in days.items()},
    }  # fmt: skip


def _more_days(changed: Mapping[str, str], today: date) -> tuple[ShownDate, ...]:
    found = []
    for name, kind in _MORE_DAYS.items():
        if written := changed.get(name, ""):
            try:
                day = date.fromisoformat(written)
            except ValueError as error:
                raise BadRow(f"{name} reads {written[:40]!r}, expected YYYY-MM-DD") from error
            if day > today:
                raise BadRow(f"{name} reads '{day}', which is still to come")
            if not believable(day):
                raise BadRow(f"{name} reads {written[:40]!r}, expected YYYY-MM-DD")
            found.append(ShownDate(kind, day, "manual", OWN_WORD))
    return tuple(found)


def _in_own_words(record: OrderRecord, more: tuple[ShownDate, ...] = ()) -> OrderRecord:
    return replace(record, dates=(*(replace(d, place=OWN_WORD) for d in record.dates), *more), own_word=True)
