"""Whole worlds from fixtures/scenarios: orders in, carriers asked over HTTP, and what each order is to expect.

`expect` of an order says, from the shop's rules and the carriers' facts:
  condition   one word per parcel; `late` true where one of them is late
  action      what to do, `situation` why, where a file says so
  by, kind    the day to do it by and the deadline that is, "" where there is none; "+9d estimated" for a counted day
  dates       further deadlines, by kind
  notices     what rings: "protection_end/7" is the seventh step of the ladder, other kinds stand alone
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from monitor.commands import orders
from monitor.judging import decide
from monitor.model import Action, Condition
from monitor.poll import poll
from monitor.rules.advise import TABLE
from monitor.rules.notices import Notice
from monitor.rules.protection import NAMES, Deadline
from monitor.rules.verdict import Verdict
from monitor.session import Session
from scrapers import carriers
from scrapers.orders import CaseRecord, CaseState, OrderLine, OrderRecord, ShownDate

NAMES_OF_WORLDS = sorted(p.stem for p in (Path(worlds.__file__).parent / "scenarios").glob("*.toml"))
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SHOWN_BEFORE = NOW - timedelta(days=4)
# A carrier whose clock is ahead shows scans that are still to come.
AHEAD = timedelta(days=60)


def judged(name: str, folder: Path) -> Iterator[tuple[worlds.Order, Verdict, list[Notice]]]:
    world = worlds.load(name, NOW)
    with start_carriers(world, now=NOW + AHEAD) as server:
        addresses = "".join(f'[carriers.{c}]\nbase_url = "{server.url}"\n' for c in carriers.ids())
        config = folder / "config.toml"
        config.write_text(
            f'[general]\ntimezone = "Europe/Berlin"\nhome_city = "Leipzig"\n[polling]\nhost_pause = 0\n[notify]\ndesktop = false\n{addresses}'
        )
        session = Session(config, folder / "data", clock=lambda: NOW)
        rows = folder / "orders.json"
        rows.write_text(json.dumps(world.import_rows()))
        assert orders.import_files(session, [rows], as_json=False) == 0
        for order in world.orders:
            for record, said_at in shown_on_the_page(order):
                session.store.save([record], said_at)
            for column, day in (("received_on", order.received_on), ("archived_on", order.archived_on)):
                if day:
                    session.store.set_day(session.order(order.order_id), column, day)
        with session.asker() as asker:
            poll(session.store, asker)
        verdicts = {v.order.order_id: v for v in decide(session.store, session.config, [], NOW)}
        session.store.close()
    for order in world.orders:
        verdict = verdicts[order.order_id]
        yield order, verdict, verdict.notices(session.config.policy) if verdict.order.watched else []


def shown_on_the_page(order: worlds.Order) -> Iterable[tuple[OrderRecord, datetime]]:
    """What rows of the import format cannot carry, and when the page said so."""

    def page(said_at: datetime, **more: Any) -> tuple[OrderRecord, datetime]:
        return OrderRecord(order.order_id, "page", said_at=said_at, **more), said_at

    def dates(days: Any) -> tuple[ShownDate, ...]:
        return tuple(ShownDate(kind, day, "page", "order detail") for kind, day in days.items())

    if order.shown_before:
        yield page(SHOWN_BEFORE, dates=dates(order.shown_before))
    if order.case:
        case = order.case
        record = CaseRecord(case.reverse_id, cast("CaseState", case.state), case.line_id, case.opened_on)
        yield page(datetime.combine(case.since, time(10), UTC), cases=(record,))
    yield page(
        NOW,
        dates=dates(order.shown),
        closes_soon=order.closes_soon,
        lines=tuple(OrderLine(line.line_id, line.title, tags=line.tags) for line in order.lines if line.tags),
    )


def concluded(verdict: Verdict, notices: Iterable[Notice], expected: dict[str, Any]) -> dict[str, Any]:
    """What the program says of an order, in the words of `expect` and as far as it asks."""
    by_kind = {d.kind: d for d in verdict.deadlines}
    said: dict[str, Any] = {
        "condition": " ".join(a.condition for a in verdict.assessments),
        "late": any(a.late for a in verdict.assessments),
        "action": verdict.advice.action,
        "situation": verdict.advice.situation,
        "by": written(verdict.advice.by, by_kind.get(expected.get("kind", ""))),
        "kind": expected.get("kind", ""),
        "dates": {
            k: written(d.last_safe_day, d) for k, d in by_kind.items() if k in expected.get("dates", {})
        },
        "notices": sorted(told(notice) for notice in notices),
    }
    return said if "situation" in expected else {k: v for k, v in said.items() if k != "situation"}


def written(day: date | None, deadline: Deadline | None) -> str:
    """A day as `expect` writes it; one that is not the deadline's says so."""
    if day is None:
        return ""
    if deadline is None or deadline.last_safe_day != day:
        return f"{(day - NOW.date()).days:+d}d, which is no deadline of that kind"
    return f"{(day - NOW.date()).days:+d}d{' estimated' * (deadline.source == 'estimated')}"


def told(notice: Notice) -> str:
    return f"{notice.kind}/{notice.key.rsplit('/', 1)[1]}" if notice.kind in NAMES else notice.kind


@pytest.mark.parametrize("name", NAMES_OF_WORLDS)
def test_every_order_of_a_scenario_gets_its_verdict(name: str, tmp_path: Path) -> None:
    wrong = []
    for order, verdict, notices in judged(name, tmp_path):
        expected = {"late": False, "kind": "", "dates": {}, **order.expect}
        expected["notices"] = sorted(expected["notices"])
        said = concluded(verdict, notices, expected)
        wrong += [
            f"{order.order_id}: {key} is {said[key]!r} ({verdict.advice.situation}), expected {expected[key]!r}"
            for key in said
            if said[key] != expected[key]
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMES_OF_WORLDS)
def test_a_scenario_expects_something_of_every_order_in_known_words(name: str) -> None:
    keys = {"condition", "late", "action", "situation", "by", "kind", "dates", "notices"}
    for order in worlds.load(name, NOW).orders:
        assert {"condition", "action", "by", "notices"} <= set(order.expect) <= keys, order.order_id
        assert order.expect["action"] in get_args(Action)
        assert set(order.expect["condition"].split()) <= set(get_args(Condition))
        assert ("kind" in order.expect) == bool(order.expect["by"]), order.order_id


def test_the_demo_shows_every_condition_there_is(tmp_path: Path) -> None:
    shown = {a.condition for _, verdict, _ in judged("demo", tmp_path) for a in verdict.assessments}
    assert shown == set(get_args(Condition))


def test_the_scenarios_together_meet_every_situation_there_is() -> None:
    met = {
        order.expect.get("situation") for name in NAMES_OF_WORLDS for order in worlds.load(name, NOW).orders
    }
    missing = {row.situation for row in TABLE} - met
    # Rows of a file always tell the day of the order and these worlds its shop and its price, so that three cannot be.
    assert missing == {"case_over", "completed_unknown", "cancelled_unpaid"}
