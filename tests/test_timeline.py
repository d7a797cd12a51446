"""Merging what several carriers saw of one parcel."""

from __future__ import annotations

from datetime import timedelta

from builders import leg, parcel, scan
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from monitor.rules.timeline import merge
from scrapers.base import TrackingEvent

ARRIVED = scan(5, "InTransit", "InTransit_003", "local", text="Arrived at the delivery office")


def texts(*legs: object) -> list[str]:
    return [s.event.text for s in merge(parcel(*legs))]  # type: ignore[arg-type]


def test_one_scan_seen_by_two_carriers_is_one_event() -> None:
    other = scan(
        5, "InTransit", "InTransit_003", "local", text="Arrivé", at=ARRIVED.at + timedelta(minutes=4)
    )
    assert texts(leg(ARRIVED), leg(other, carrier="la_poste")) == ["Arrived at the delivery office"]


def test_the_same_clock_in_an_assumed_zone_is_the_same_scan() -> None:
    shifted = scan(
        5,
        "InTransit",
        "InTransit_003",
        text=ARRIVED.text,
        at=ARRIVED.at + timedelta(hours=7),
        at_is_exact=False,
    )
    assert len(texts(leg(ARRIVED), leg(shifted, carrier="4px"))) == 1


def test_two_scans_hours_apart_stay_two() -> None:
    later = scan(4, "InTransit", "InTransit_003", "local", text="Arrived at the delivery office")
    assert len(texts(leg(ARRIVED), leg(later, carrier="la_poste"))) == 2


def test_two_different_rows_of_one_carrier_in_one_second_stay_two() -> None:
    left = scan(5, "InTransit", "InTransit_003", "local", text="Sorted")
    assert len(texts(leg(ARRIVED, left))) == 2


def test_events_are_ordered_across_carriers() -> None:
    first, last = scan(9, "InTransit", "InTransit_002", text="first"), scan(1, "Delivered", text="last")
    assert texts(leg(last, carrier="la_poste"), leg(first, ARRIVED)) == ["first", ARRIVED.text, "last"]


def test_a_stage_holds_until_a_scan_tells_a_new_one() -> None:
    journey = leg(
        scan(9, "InTransit", "InTransit_002"),
        scan(8, "InTransit", "InTransit_003"),
        scan(7, "InTransit", "InTransit_007", "line_haul"),
        scan(6, "InTransit", "InTransit_001"),
        scan(5, "InTransit", "InTransit_004"),
        scan(4, "InTransit", "InTransit_003"),
        scan(3, "OutForDelivery", "OutForDelivery_001"),
    )
    stages = [s.stage for s in merge(parcel(journey))]
    assert stages == [
        "accepted",
        "accepted",
        "line_haul",
        "line_haul",
        "arrived",
        "local",
        "out_for_delivery",
    ]


KINDS = st.sampled_from(["InTransit_002", "InTransit_003", "InTransit_004", "InTransit_005", "InTransit_007"])
JOURNEYS = st.lists(
    st.tuples(st.integers(1, 60), KINDS), min_size=1, max_size=12, unique_by=lambda row: row[0]
).map(lambda rows: [scan(ago, "InTransit", subtag, text=f"{subtag} {ago}") for ago, subtag in rows])


@given(JOURNEYS, st.integers(-14, 14), st.integers(0, 14))
def test_a_second_witness_adds_nothing(journey: list[TrackingEvent], hours: int, minutes: int) -> None:
    """The same scans from another carrier: minutes apart, or whole hours where it had to assume its zone."""
    near = [structs.replace(e, at=e.at + timedelta(minutes=minutes), text="other words") for e in journey]
    shifted = [structs.replace(e, at=e.at + timedelta(hours=hours), at_is_exact=False) for e in journey]
    alone = len(merge(parcel(leg(*journey))))
    assert len(merge(parcel(leg(*journey), leg(*near, carrier="la_poste")))) == alone
    assert len(merge(parcel(leg(*journey), leg(*shifted, carrier="4px")))) == alone


@given(JOURNEYS, JOURNEYS)
def test_the_order_of_the_legs_does_not_matter(one: list[TrackingEvent], other: list[TrackingEvent]) -> None:
    first, second = leg(*one), leg(*other, carrier="la_poste")
    forth, back = merge(parcel(first, second)), merge(parcel(second, first))
    assert [s.event.at for s in forth] == [s.event.at for s in back]
    assert [s.event.at for s in forth] == sorted(s.event.at for s in forth)


@given(JOURNEYS, JOURNEYS)
def test_a_silent_or_lagging_carrier_hides_nothing_of_the_other(
    one: list[TrackingEvent], other: list[TrackingEvent]
) -> None:
    seen = {
        (s.event.at, s.event.status.subtag) for s in merge(parcel(leg(*one), leg(*other, carrier="la_poste")))
    }
    for event in one:
        assert any(
            subtag == event.status.subtag and abs(at - event.at) <= timedelta(minutes=15)
            for at, subtag in seen
        )
