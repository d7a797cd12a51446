"""What must hold for every order there could be."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, TODAY, day, leg, never_asked, not_found, order, parcel, scan, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Leg, Order
from monitor.rules.assess import Assessment
from monitor.rules.notices import Notice
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge
from scrapers.base import TrackingEvent

POLICY = Policy()
ZONES = [
    ZoneInfo(name) for name in ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Honolulu", "America/New_York")
]
URGENCY = {
    "nothing": 0, "wait": 0, "claim_late_coupon": 1, "follow_refund": 1, "ask_seller": 2, "check_post_office": 2,
    "contact_carrier": 2, "collect_parcel": 2, "cancel_order": 2, "add_evidence": 2, "send_return": 3,
    "prepare_dispute": 3, "claim_from_payer": 3, "open_dispute": 4, "answer_case": 4,
}  # fmt: skip

STATUSES = st.sampled_from(
    [
        ("InfoReceived", "InfoReceived_001", "label"), ("InTransit", "InTransit_002", "accepted"),
        ("InTransit", "InTransit_003", "origin"), ("InTransit", "InTransit_007", "line_haul"),
        ("InTransit", "InTransit_004", "arrived"), ("InTransit", "InTransit_005", "import_customs"),
        ("InTransit", "InTransit_003", "local"), ("OutForDelivery", "OutForDelivery_001", "out_for_delivery"),
        ("AttemptFail", "AttemptFail_002", ""), ("AvailableForPickup", "AvailableForPickup_001", "pickup"),
        ("Exception", "Exception_004", ""), ("Exception", "Exception_005", ""), ("Exception", "Exception_010", ""),
        ("Exception", "Exception_011", ""), ("Exception", "Exception_013", ""), ("Exception", "", ""),
        ("Unknown", "", ""), ("Expired", "Expired_001", ""), ("Delivered", "Delivered_001", ""),
    ]
)  # fmt: skip
SCANS = st.lists(st.tuples(st.floats(0, 80), STATUSES), max_size=10).map(
    lambda rows: [scan(ago, tag, subtag, stage) for ago, (tag, subtag, stage) in rows]  # type: ignore[arg-type]
)


@st.composite
def legs(draw: st.DrawFn) -> Leg:
    kind = draw(st.sampled_from(["seen", "seen", "seen", "unknown", "never"]))
    if kind == "unknown":
        return not_found(looked=draw(st.floats(0, 10)))
    if kind == "never":
        return never_asked(draw(st.sampled_from(["blocked", "unavailable", "changed"])))
    return leg(*draw(SCANS), looked=draw(st.floats(0, 10)), ends_by_design=draw(st.booleans()))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    placed = draw(st.integers(-120, 0))
    shipped = draw(st.none() | st.integers(placed, 0))
    parcels = [
        parcel(one, id=n, number=f"LP0070000000{n:04d}")
        for n, one in enumerate(draw(st.lists(legs(), max_size=3)))
    ]
    return order(
        *parcels,
        placed=placed,
        shipped_on=day(shipped) if shipped is not None else None,
        order_state=draw(
            st.sampled_from([None, "processing", "shipped", "completed", "closed", "cancelled", "to_pay"])
        ),
        closes_soon_on=draw(st.none() | st.just(TODAY)),
        payment_method=draw(st.sampled_from(["", "PayPal", "Credit/Debit card"])),
    )


def ending(one: Order, left: int) -> Order:
    return replace(one, dates=(shown("protection_end", left + 1),))


def verdict(one: Order, zone: ZoneInfo = ZONES[0]) -> Verdict:
    return judge(one, POLICY, NOW, zone)


def undelivered(one: Order) -> bool:
    return not (one.parcels and all(a.condition == "delivered" for a in verdict(one).assessments))


@settings(max_examples=300)
@given(orders(), st.sampled_from(ZONES))
def test_every_order_gets_one_advice_and_reasons_that_can_be_read(one: Order, zone: ZoneInfo) -> None:
    judged = verdict(one, zone)
    assert judged.advice.text
    assert all(str(reason) for reason in judged.advice.why)
    judged.notices(POLICY)


@settings(max_examples=300)
@given(orders(), st.integers(-7, 0))
def test_on_and_after_the_last_safe_day_nobody_is_told_to_wait(one: Order, left: int) -> None:
    one = replace(ending(one, left), order_state="shipped", completed_on=None)
    if undelivered(one):
        assert verdict(one).advice.action not in ("wait", "nothing")


@settings(max_examples=300)
@given(orders(), st.integers(0, 40), st.integers(0, 40))
def test_a_nearer_deadline_is_never_less_urgent(one: Order, some: int, other: int) -> None:
    one = replace(one, order_state="shipped", completed_on=None)
    near, far = (verdict(ending(one, left)).advice.action for left in sorted((some, other)))
    assert URGENCY[near] >= URGENCY[far]


@settings(max_examples=200)
@given(SCANS, st.randoms())
def test_the_order_in_which_scans_are_listed_does_not_matter(scans: list[object], chance: object) -> None:
    shuffled = list(scans)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = parcel(leg(*scans)), parcel(leg(*shuffled))  # type: ignore[arg-type]
    assert [s.event.at for s in verdict(order(one)).assessments[0].scans] == [
        s.event.at for s in verdict(order(other)).assessments[0].scans
    ]


@settings(max_examples=300)
@given(orders(), st.integers(0, 20))
def test_a_ladder_stepped_day_by_day_rings_each_step_once(one: Order, start: int) -> None:
    """Also when the machine sleeps through any part of it: overtaken steps collapse into one."""
    one = replace(ending(one, start), order_state="shipped", completed_on=None)
    rung: list[str] = []
    for days in range(start + 2):
        later = judge(one, POLICY, NOW + timedelta(days=days), ZONES[0])
        rung += [n.key for n in later.notices(POLICY) if n.kind == "protection_end" and n.key not in rung]
    steps = [int(key.rsplit("/", 1)[1]) for key in rung]
    expected = sorted(
        {min(s for s in POLICY.ladder if s >= left) for left in range(min(start, 14), -1, -1)}, reverse=True
    )
    assert steps == [*expected, -1]


@settings(max_examples=200)
@given(legs(), st.sampled_from(["blocked", "unavailable", "changed"]))
def test_a_failed_attempt_changes_a_condition_to_nothing_but_unchecked(one: Leg, outcome: str) -> None:
    before = verdict(order(parcel(one))).assessments[0].condition
    failed = replace(one, last_outcome=outcome, last_attempt_at=NOW, last_detail="HTTP 503", failures=1)  # type: ignore[arg-type]
    assert verdict(order(parcel(failed))).assessments[0].condition in (before, "unchecked")


def _has(scans: list[TrackingEvent]) -> Assessment:
    return verdict(order(parcel(leg(*scans)), placed=-100)).assessments[0]


@settings(max_examples=200)
@given(SCANS, SCANS.filter(bool).map(lambda scans: scans[0]))
def test_no_further_scan_makes_a_delivery_out_of_what_was_none(
    scans: list[TrackingEvent], further: TrackingEvent
) -> None:
    """A carrier's text alone says "delivered": only a scan that says so itself can bring it about."""
    before, after = _has(scans), _has([*scans, further])
    if after.condition == "delivered" and further.status.tag != "Delivered":
        assert (before.condition, before.since) == ("delivered", after.since)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no zone of a process")
@settings(max_examples=40)
@given(orders(), st.sampled_from(["Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu"]))
def test_the_zone_of_the_process_does_not_matter(one: Order, zone: str) -> None:
    def judged(process_zone: str) -> tuple[Verdict, list[Notice]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TZ", process_zone)
            time.tzset()
            found = verdict(one)
            return found, found.notices(POLICY)

    try:
        assert judged(zone) == judged("UTC")
    finally:
        time.tzset()
