"""Whole lives of orders, day by day: what the user is told, and when.

Each walk is compared with tests/snapshots/walk_*.txt, one line for every day on which something changed or rang.
`pytest tests/test_walk.py --write-snapshots` writes them anew and fails, for they are to be read line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from monitor.adapters.store.outbox import StoredNotice
from monitor.commands import orders
from monitor.judging import decide
from monitor.poll import poll
from monitor.rules.verdict import Verdict
from monitor.session import Session
from scrapers import carriers
from scrapers.orders import CaseRecord, CaseState, OrderLine, OrderRecord

HERE = Path(__file__).parent
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAYS = 120
WORLD = worlds.parse("walks", (HERE / "walks.toml").read_text("utf-8"), START)


# Something else has happened to the parcel since: the failed attempt of one that goes back is no news.
PASSING = ("attempt_failed", "ready_for_pickup")


def case(state: CaseState) -> dict[str, Any]:
    return {"cases": (CaseRecord("1", state, opened_on=START.date() + timedelta(days=32)),)}


# What the shop's pages say later on, by day.
SAID: dict[str, Mapping[int, dict[str, Any]]] = {
    "delivered": {
        0: {"lines": (OrderLine("1", "delivered", tags=("LOCAL_FREE_RETURN",)),)},
        26: {"closes_soon": True},
        33: {"order_state": "completed", "completed_on": START.date() + timedelta(days=33)},
    },
    "disputed": {
        32: case("waiting_seller"),
        36: case("waiting_buyer"),
        37: case("platform_review"),
        41: case("refunded"),
    },
}


@dataclass
class Walk:
    """One order's life as the program sees it on the days the machine is awake."""

    lines: list[str] = field(default_factory=list)
    rung: dict[int, list[StoredNotice]] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def told(self) -> list[tuple[str, str, date | None]]:
        """Every warning in the order in which they rang."""
        return [(n.kind, n.title, n.deadline) for day in self.rung.values() for n in day]


@contextmanager
def machine(order: worlds.Order, folder: Path) -> Iterator[tuple[Session, Any, list[datetime]]]:
    """A program that watches one order; the third is its clock, to be set."""
    clock = [START]
    with start_carriers(WORLD, now=START) as server:
        addresses = "".join(f'[carriers.{c}]\nbase_url = "{server.url}"\n' for c in carriers.ids())
        config = folder / "config.toml"
        config.write_text(
            '[general]\ntimezone = "Europe/Berlin"\n[polling]\nhost_pause = 0\njitter = 0.0\n'
            f"[notify]\ndesktop = false\n{addresses}"
        )
        session = Session(config, folder / "data", clock=lambda: clock[0])
        rows = folder / "orders.json"
        one = worlds.World("walks", START, (order,))
        rows.write_text(json.dumps(one.import_rows()))
        assert orders.import_files(session, [rows], as_json=False) == 0
        yield session, server, clock
        session.store.close()


def walk(name: str, folder: Path, asleep: frozenset[int] = frozenset()) -> Walk:
    order = next(o for o in WORLD.orders if o.title == name)
    life, before = Walk(), ""
    with machine(order, folder) as (session, server, clock), session.asker() as asker:
        unsaid = dict(SAID.get(name, {}))
        for day in range(DAYS + 1):
            if day in asleep:
                continue
            now = clock[0] = server.now = START + timedelta(days=day)
            for said_on in [d for d in unsaid if d <= day]:
                said_at = datetime.combine(START.date() + timedelta(days=said_on), time(8), UTC)
                session.store.save(
                    [OrderRecord(order.order_id, "page", said_at=said_at, **unsaid.pop(said_on))], now
                )
            had = session.store.notices(session.order(order.order_id))
            poll(session.store, asker)
            (verdict,) = decide(session.store, session.config, [], now)
            life.verdicts[day] = verdict
            life.rung[day] = session.store.notices(verdict.order)[len(had) :]
            stands = standing(verdict)
            if stands != before or life.rung[day]:
                life.lines.append(f"day {day:3}  {stands}")
                life.lines += [f"         > {notice.title}" for notice in life.rung[day]]
            before = stands
    return life


def standing(verdict: Verdict) -> str:
    a, advice = verdict.assessments[0], verdict.advice
    condition = f"{a.condition}{' (late)' * a.late}"
    until = f"until day {(advice.by - START.date()).days}" if advice.by else ""
    return f"{condition:20} {advice.action:18} {advice.situation:24} {until}".rstrip()


def same_as_snapshot(lines: list[str], name: str, config: pytest.Config) -> None:
    path, text = HERE / "snapshots" / f"walk_{name}.txt", "\n".join(lines) + "\n"
    if config.getoption("--write-snapshots"):
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path} is written anew: read it line by line")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["stalled", "delivered", "returned", "economy", "disputed"])
def test_a_life_of_120_days(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    life = walk(name, tmp_path)
    assert len(set(life.told)) == len(life.told), "nothing rings twice"
    same_as_snapshot(life.lines, name, pytestconfig)


# Over a delivery, over the ends of rights, over the first ring of a condition.
ASLEEP = {
    "stalled": frozenset({*range(18, 30), *range(47, 54), 58, 59, 60, 61, *range(90, 110)}),
    "delivered": frozenset({*range(18, 30), *range(36, 42), 44, 45}),
    "returned": frozenset({*range(15, 23), *range(36, 56)}),
}


@pytest.mark.parametrize("name", ASLEEP)
def test_a_machine_asleep_loses_no_warning(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """What rang meanwhile rings on waking, unless a later step of the same kind has overtaken it."""
    (tmp_path / "awake").mkdir()
    (tmp_path / "asleep").mkdir()
    awake = walk(name, tmp_path / "awake")
    asleep = walk(name, tmp_path / "asleep", ASLEEP[name])
    for day, notices in awake.rung.items():
        woken = next(d for d in range(day, DAYS + 1) if d not in ASLEEP[name])
        later = [n for d in range(day + 1, woken + 1) for n in awake.rung.get(d, [])]
        for notice in notices:
            passed = any(n.kind == notice.kind for n in later) or notice.kind in PASSING
            assert passed or any(n.kind == notice.kind for n in asleep.rung[woken]), f"{day}: {notice.title}"
    assert asleep.verdicts[DAYS].advice == awake.verdicts[DAYS].advice
    same_as_snapshot(asleep.lines, f"{name}_asleep", pytestconfig)
