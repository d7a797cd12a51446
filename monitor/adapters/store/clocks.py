"""What is kept of the clocks: the last tick, the latest time ever seen, steps and gaps, and other hosts' word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection
from monitor.rules import clock

_HEARD_LATELY = timedelta(days=1)


def tick(db: Connection, now: clock.Tick) -> clock.ClockEvent | None:
    """Keep one look at the clocks, and what happened to them since the last one."""
    row = db.execute("SELECT wall, monotonic, machine, latest FROM clock").fetchone()
    if row:
        before = clock.Tick(datetime.fromisoformat(row["wall"]), float(row["monotonic"]), row["machine"])
        happened = clock.event(before, now)
        latest = clock.latest(before, datetime.fromisoformat(row["latest"]), now)
    else:  # a store that knows orders added later than this has seen a later clock
        added = db.execute("SELECT MAX(added_at) AS at FROM orders").fetchone()["at"]
        happened, latest = None, max(now.wall, col.instant(added) or now.wall)
    db.execute(
        "INSERT INTO clock (id, wall, monotonic, machine, latest) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET wall = excluded.wall, monotonic = excluded.monotonic, machine = excluded.machine,"
        " latest = excluded.latest",
        (col.stamp(now.wall), now.monotonic, now.machine, col.stamp(latest)),
    )
    if happened:
        heard = timedelta(seconds=db.execute("SELECT behind_seconds FROM clock").fetchone()["behind_seconds"])
        behind = clock.behind_after(happened, heard)
        db.execute("UPDATE clock SET behind_seconds = ?", (behind.total_seconds(),))
        if happened.kind != "gap":  # what was heard was about the clock as it stood
            db.execute("DELETE FROM clock_witnesses")
        db.execute(
            "INSERT INTO clock_events (at, kind, seconds) VALUES (?, ?, ?)",
            (col.stamp(now.wall), happened.kind, happened.seconds),
        )
    return happened


def doubt(db: Connection) -> clock.Doubt | None:
    """What speaks against the clock, as far as other hosts have not settled it; None before the first tick."""
    row = db.execute("SELECT latest, behind_seconds FROM clock").fetchone()
    if row is None:
        return None
    return clock.Doubt(datetime.fromisoformat(row["latest"]), timedelta(seconds=row["behind_seconds"]))


def heard(db: Connection, ahead: Mapping[str, timedelta], now: datetime) -> None:
    """Keep how far other hosts' clocks are ahead of ours; what two of them agree on is believed from now on."""
    for host, difference in ahead.items():
        db.execute(
            "INSERT INTO clock_witnesses (host, heard_at, ahead_seconds) VALUES (?, ?, ?) ON CONFLICT (host)"
            " DO UPDATE SET heard_at = excluded.heard_at, ahead_seconds = excluded.ahead_seconds",
            (host, col.stamp(now), difference.total_seconds()),
        )
    rows = db.execute(
        "SELECT ahead_seconds FROM clock_witnesses WHERE heard_at BETWEEN ? AND ?",
        (col.stamp(now - _HEARD_LATELY), col.stamp(now)),
    ).fetchall()
    behind = clock.witnessed(timedelta(seconds=row["ahead_seconds"]) for row in rows)
    if behind is not None:
        latest = col.stamp(now + max(behind, timedelta()))
        db.execute("UPDATE clock SET latest = ?, behind_seconds = ?", (latest, behind.total_seconds()))
