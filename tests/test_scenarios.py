"""Whole worlds from fixtures/scenarios: orders in, carriers asked over HTTP, and the verdict each order expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from monitor.commands import orders
from monitor.poll import decide, poll
from monitor.rules.verdict import Verdict
from monitor.session import Session

NAMES = sorted(p.stem for p in (Path(worlds.__file__).parent / "scenarios").glob("*.toml"))
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def judged(name: str, folder: Path) -> Iterator[tuple[worlds.Order, Verdict]]:
    world = worlds.load(name, NOW)
    with start_carriers(world, now=NOW) as carriers:
        addresses = "".join(
            f'[carriers.{c}]\nbase_url = "{carriers.url}"\n' for c in ("cainiao", "4px", "la_poste")
        )
        config = folder / "config.toml"
        config.write_text(
            f'[general]\ntimezone = "Europe/Berlin"\n[polling]\nhost_pause = 0\n[notify]\ndesktop = false\n{addresses}'
        )
        session = Session(config, folder / "data", clock=lambda: NOW)
        rows = folder / "orders.json"
        rows.write_text(json.dumps(world.import_rows()))
        assert orders.import_files(session, [rows], as_json=False) == 0
        with session.asker() as asker:
            poll(session.store, asker)
        verdicts = {v.order.order_id: v for v in decide(session.store, session.config, [], NOW)}
        session.store.close()
    for order in world.orders:
        yield order, verdicts[order.order_id]


@pytest.mark.parametrize("name", NAMES)
def test_every_order_of_a_scenario_gets_its_verdict(name: str, tmp_path: Path) -> None:
    wrong = []
    for order, verdict in judged(name, tmp_path):
        found = " ".join(a.condition for a in verdict.assessments)
        if found != order.expect.get("condition", ""):
            wrong.append(f"{order.order_id} {order.title}: {found}, expected {order.expect.get('condition')}")
        if verdict.advice.action != order.expect["action"]:
            wrong.append(
                f"{order.order_id} {order.title}: {verdict.advice.action} ({verdict.advice.situation}),"
                f" expected {order.expect['action']}"
            )
    assert not wrong, "\n".join(wrong)


def test_the_demo_shows_every_condition_there_is(tmp_path: Path) -> None:
    from typing import get_args

    from monitor.model import Condition

    shown = {a.condition for _, verdict in judged("demo", tmp_path) for a in verdict.assessments}
    assert shown == set(get_args(Condition))
