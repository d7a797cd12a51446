"""One order whole, and what the user says about it. Nothing here reaches a shop or a carrier; only the user's own
browser does, in a window of its own, where the user alone submits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from monitor.commands import BadValue
from monitor.commands.dispute import SITUATIONS
from monitor.commands.orders import amount_of
from monitor.evidence import answers
from monitor.model import Leg
from monitor.rules import telling
from monitor.rules.advise import moved_reason
from monitor.rules.verdict import Verdict
from monitor.web.frame import Frame, order_address, seen
from monitor.web.gate import Upload
from monitor.web.meaning import OUTCOMES, meaning
from monitor.web.overview import step
from monitor.web.started import OwnCommands
from monitor.web.strip import months
from scrapers import carriers
from scrapers.orders import BY_HAND, CaseRecord, CaseState, OrderRecord

CASE_STATES: tuple[str, ...] = get_args(CaseState)
_FORMS = ("dispute", "cancel")
_PHOTO = re.compile(r"\.(jpe?g|png|webp|heic|gif|mp4|mov)", re.IGNORECASE)
_LONGEST_SNOOZE = 60


def routes(frame: Frame, own_commands: OwnCommands) -> list[Route]:
    pages = _OrderPages(frame, own_commands)
    return [
        Route("/orders/{order_id:path}", pages.show),
        Route("/say/{act}/{order_id:path}", pages.say, methods=["POST"]),
        Route("/case/{order_id:path}", pages.record_case, methods=["POST"]),
        Route("/dispute/{order_id:path}", pages.open_form, methods=["POST"]),
        Route("/evidence/{order_id:path}", pages.make_evidence, methods=["POST"]),
        Route("/evidence-file/{name}/{order_id:path}", pages.evidence_file),
    ]


class _OrderPages:
    def __init__(self, frame: Frame, own_commands: OwnCommands) -> None:
        self._frame, self._own_commands = frame, own_commands

    def show(self, request: Request, trouble: str = "") -> Response:
        frame = self._frame
        with frame.store() as store:
            verdict = frame.verdict(store, request)
            order = verdict.order
            notices, refusals = store.notices(order), store.refusals(order)
            asked = answers(store.attempts(order))
        return frame.page(
            "order.html", 400 if trouble else 200,
            v=verdict, notices=notices, refusals=refusals, asked=asked, trouble=trouble, meaning=meaning,
            outcomes=OUTCOMES, page_of=page_of, moved=moved_reason, step=step(verdict),
            situations=SITUATIONS, states=CASE_STATES, started=self._own_commands.newest(order.order_id),
            files=self._files(order.order_id), days=(1, 2, 3, 7), months=months(frame.now().date()),
        )  # fmt: skip

    def say(self, request: Request) -> Response:
        """What the user says about an order."""
        frame, act = self._frame, request.path_params["act"]
        now = frame.session.clock()
        day = frame.now().date()
        days = {
            "received": ("received_on", day), "received-undo": ("received_on", None),
            "archive": ("archived_on", day), "archive-undo": ("archived_on", None),
        }  # fmt: skip
        with frame.store() as store:
            verdict = frame.verdict(store, request)
            order = verdict.order
            if act == "ack":
                store.acknowledge(order, now)
            elif act == "snooze":
                until = telling.snooze_until(
                    _snoozed(request.scope["form"]), _last_safe_day(verdict), now, frame.session.zone
                )
                if until <= now:
                    return self.show(request, "Today is the last safe day: nothing is put off.")
                store.snooze(order, until)
            elif act in days:
                store.set_day(order, *days[act])
            else:
                raise HTTPException(404, "There is no such button.")
        return seen(order.order_id, "warnings" if act in ("ack", "snooze") else "")

    def record_case(self, request: Request) -> Response:
        """The state of a dispute, as the user read it at the shop."""
        frame, form = self._frame, request.scope["form"]
        state = form.get("state", "")
        if state not in CASE_STATES:
            return self.show(request, "Choose the state the shop shows.")
        try:
            money, currency = amount_of("The offer", form.get("offer", ""))
        except BadValue as error:
            return self.show(request, str(error))
        with frame.store() as store:
            order = frame.verdict(store, request).order
            recorded = CaseRecord(
                next((case.case_id for case in order.cases), BY_HAND),
                cast("CaseState", state),
                words=form.get("words", "")[:500],
                refund=money,
                currency=currency or order.currency,
                opened_on=frame.now().date() if state == "opened" else None,
            )
            record = OrderRecord(order.order_id, "manual", order.marketplace, cases=(recorded,))
            store.save([record], frame.session.clock())
        return seen(order.order_id, "case")

    def open_form(self, request: Request) -> Response:
        """Open the shop's form in the user's browser, filled; what becomes of it is the user's."""
        frame, form = self._frame, request.scope["form"]
        if form.get("command", "dispute") not in _FORMS:
            raise HTTPException(404, "There is no such form.")
        with frame.store() as store:
            order = frame.verdict(store, request).order
        if form.get("command") == "cancel":
            self._own_commands.start("cancel", order.order_id)
            return seen(order.order_id, "dispute")
        if form.get("situation") not in SITUATIONS:
            return self.show(request, "Choose what happened.")
        self._own_commands.start("dispute", order.order_id, self._options(request, order.order_id))
        return seen(order.order_id, "dispute")

    def make_evidence(self, request: Request) -> Response:
        with self._frame.store() as store:
            order_id = self._frame.verdict(store, request).order.order_id
        if trouble := self._own_commands.evidence(order_id):
            return self.show(request, trouble)
        return seen(order_id, "evidence")

    def evidence_file(self, request: Request) -> Response:
        with self._frame.store() as store:
            order_id = self._frame.verdict(store, request).order.order_id
        path = next((p for p in self._files(order_id) if p.name == request.path_params["name"]), None)
        if path is None:
            return RedirectResponse(order_address(order_id, "evidence"), 303)
        return FileResponse(path, filename=path.name)

    def _files(self, order_id: str) -> list[Path]:
        """The evidence made so far, newest first."""
        name = re.sub(r"[^A-Za-z0-9]+", "-", order_id)
        found = self._frame.session.evidence_dir.glob(f"evidence-{name}-????-??-??*.*")
        return sorted((p for p in found if p.suffix in (".pdf", ".zip")), reverse=True)

    def _options(self, request: Request, order_id: str) -> list[str]:
        form: Mapping[str, str] = request.scope["form"]
        options = [f"--situation={form['situation']}"]
        options += [f"--fact={line.strip()}" for line in form.get("facts", "").splitlines() if line.strip()]
        options += [
            f"--{name}={form[name].strip()}" for name in ("amount", "line") if form.get(name, "").strip()
        ]
        if form.get("solution"):
            options.append(f"--solution={form['solution']}")
        return [*options, *(f"--photo={path}" for path in self._kept(request.scope["files"], order_id))]

    def _kept(self, files: Sequence[Upload], order_id: str) -> list[Path]:
        """The photos that came along, under names of our own."""
        folder = self._frame.session.evidence_dir
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = []
        for number, file in enumerate(files, start=1):
            ending = _PHOTO.fullmatch(Path(file.name).suffix)
            stamp = f"{self._frame.now():%Y%m%d-%H%M%S-%f}"
            name = re.sub(r"[^A-Za-z0-9]+", "-", order_id)
            path = folder / f"photo-{name}-{stamp}-{number}{ending.group(0).lower() if ending else ''}"
            path.touch(0o600)
            path.write_bytes(file.content)
            kept.append(path)
        return kept


def page_of(leg: Leg) -> str:
    """The carrier's own page about a number, "" where it has none."""
    carrier = next((c for c in carriers.every() if c.id == leg.carrier), None)
    if carrier is None or not carrier.track_url.startswith("https://"):
        return ""
    return carrier.track_url.replace("{number}", re.sub(r"[^A-Za-z0-9-]", "", leg.number))


def _snoozed(form: Mapping[str, str]) -> int:
    given = form.get("days", "")
    return min(int(given), _LONGEST_SNOOZE) if given.isdecimal() and len(given) < 4 else 1


def _last_safe_day(verdict: Verdict) -> date | None:
    return next((d.last_safe_day for d in verdict.deadlines if d.yours and d.days_left >= 0), None)
