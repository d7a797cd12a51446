"""`export`: deadlines as a calendar, orders as a table, everything as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

from monitor import order_table, view
from monitor.adapters import private_file
from monitor.commands import DONE, BadValue
from monitor.rules.verdict import most_urgent_first
from monitor.session import Session, say

Form = Literal["ics", "csv", "json"]
# Excel takes a CSV file without this mark for the old code page of its country.
_MARK = b"\xef\xbb\xbf"
# How each form's file begins, as these functions write it.
_BEGINS: dict[Form, bytes] = {
    "ics": b"BEGIN:VCALENDAR",
    "csv": _MARK + b"marketplace,order_id,",
    "json": b'{\n  "generated_at"',
}


def export(session: Session, form: Form, file: Path | None) -> int:
    """Write to the file, or to stdout where there is none. An export of before gives way, any other file does not."""
    if file is not None and _is_something_else(file, form):
        raise BadValue(f"{file} is there and no export of this kind: choose another name.")
    content = _FORMS[form](session)
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return DONE
    private_file.write(file, (_MARK if form == "csv" else b"") + content)
    say(f"Written: {file}")
    return DONE


def _is_something_else(file: Path, form: Form) -> bool:
    """Whether a file is there that a user would miss: one may have kept a table of orders by hand."""
    try:
        with file.open("rb") as there:
            head = there.read(len(_BEGINS[form]))
    except OSError:  # none there, or writing will say what is wrong with it
        return False
    return bool(head) and head != _BEGINS[form]


def calendar(session: Session) -> bytes:
    """The deadlines of all watched orders as an iCalendar file."""
    from monitor.adapters import ics
    from monitor.rules import agenda

    judgement = session.judgement()
    session.complain_of(judgement.unjudged)
    now_so = agenda.entries(judgement.verdicts, session.config.policy.ladder)
    return ics.calendar(session.store.tell_calendar(now_so, session.clock(), judgement.unjudged))


def orders_table(session: Session) -> bytes:
    """All orders as CSV, the urgent ones first."""
    return order_table.table(most_urgent_first(session.verdicts())).encode()


def everything(session: Session) -> bytes:
    """All orders with their scans, dates, cases and warnings as JSON."""
    store = session.store
    whole = {
        "generated_at": session.clock().astimezone(session.zone).isoformat(timespec="seconds"),
        "orders": [
            view.show_json(v, store.notices(v.order), store.refusals(v.order), session.zone)
            for v in most_urgent_first(session.verdicts())
        ],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


_FORMS = {"ics": calendar, "csv": orders_table, "json": everything}
