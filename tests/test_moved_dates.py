"""A date that moves: kept, told, and never a reason to feel safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, days_ago, leg, order, parcel, scan, shown
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import DateSeen
from monitor.rules.moved import moves, now_shown
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge
from scrapers.marketplaces.aliexpress import page_text

BERLIN = ZoneInfo("Europe/Berlin")
MOVING = parcel(
    leg(scan(24, "InTransit", "InTransit_002", "accepted"), scan(1, "InTransit", "InTransit_003", "origin"))
)


def verdict(*dates: DateSeen, **more: Any) -> Verdict:
    return judge(order(MOVING, dates=dates, **more), Policy(), NOW, BERLIN)


def protection(v: Verdict) -> tuple[object, str]:
    found = next(d for d in v.deadlines if d.kind == "protection_end")
    return found.last_safe_day, found.confidence


def why(v: Verdict) -> dict[str, str]:
    return {reason.id: str(reason) for reason in v.advice.why}


def gone(seen: DateSeen, ago: float) -> DateSeen:
    return replace(seen, gone_at=days_ago(ago))


@pytest.mark.parametrize(("before", "after", "reason"), [(12, 20, "put_off"), (20, 12, "brought_forward")])
def test_a_moved_date_is_told_with_both_days_and_when_it_was_seen(
    before: int, after: int, reason: str
) -> None:
    v = verdict(shown("protection_end", before, seen=4), shown("protection_end", after, seen=1))
    sentence = why(v)[reason]
    for part in (day(before), day(after), day(-1), "order detail"):
        assert str(part) in sentence
    assert protection(v)[0] == day(after - 1)


def test_a_date_put_off_is_trusted_less_and_the_user_is_warned_of_it() -> None:
    v = verdict(shown("protection_end", 30, seen=4), shown("protection_end", 45, seen=1))
    assert protection(v) == (day(44), "medium")
    told = [n for n in v.notices(Policy()) if n.kind == "moved"]
    assert [n.title for n in told] == [f"The shop moved a date later, from {day(30)} to {day(45)}"]


def test_while_another_place_still_shows_the_earlier_day_that_one_counts() -> None:
    v = verdict(
        shown("protection_end", 30, seen=4),
        shown("protection_end", 45, seen=1),
        shown("protection_end", 30, seen=2, place="tracking page"),
    )
    assert protection(v) == (day(29), "high")
    assert "put_off" in why(v)


def test_a_date_that_is_gone_still_counts_with_low_confidence_and_is_told() -> None:
    v = verdict(gone(shown("protection_end", 30, seen=4), 1))
    assert protection(v) == (day(29), "low")
    assert "still counts" in why(v)["date_gone"]
    assert [n.title for n in v.notices(Policy()) if n.kind == "moved"] == [
        f"The shop does not show {day(30)} any more"
    ]


def test_the_page_of_a_completed_order_promises_no_delivery_and_that_is_no_news() -> None:
    v = verdict(gone(shown("protection_end", 30, seen=4), 1), order_state="completed", completed_on=day(-2))
    assert "date_gone" not in why(v)
    assert "moved" not in [n.kind for n in v.notices(Policy())]


def test_the_user_s_own_correction_is_no_move_of_the_shop_s() -> None:
    v = verdict(
        shown("protection_end", 30, seen=4, source="manual", place="your own word"),
        shown("protection_end", 45, seen=1, source="manual", place="your own word"),
    )
    assert protection(v) == (day(44), "high")
    assert not why(v).keys() & {"put_off", "brought_forward"}


def test_the_user_s_newest_word_corrects_what_a_file_of_the_user_s_said_and_no_page() -> None:
    imported = shown("protection_end", 10, seen=4, source="manual", place="import")
    corrected = shown("protection_end", 45, seen=1, source="manual", place="your own word")
    assert protection(verdict(imported, corrected))[0] == day(44)
    assert protection(verdict(imported, corrected, shown("protection_end", 30, seen=4)))[0] == day(29)


def test_each_move_rings_once_by_its_days() -> None:
    first = verdict(shown("protection_end", 30, seen=4), shown("protection_end", 45, seen=3))
    second = verdict(
        shown("protection_end", 30, seen=4),
        shown("protection_end", 45, seen=3),
        shown("protection_end", 30, seen=1),
    )
    keys = [{n.key for n in v.notices(Policy()) if n.kind == "moved"} for v in (first, second)]
    assert len(keys[0] | keys[1]) == 2


SEEN = st.builds(
    lambda offset, ago, place, source, gone_by: replace(
        shown("protection_end", offset, seen=ago, place=place, source=source),
        gone_at=days_ago(ago - gone_by) if gone_by is not None and gone_by <= ago else None,
    ),
    st.integers(-10, 60),
    st.sampled_from([1, 2, 3, 4, 5]),
    st.sampled_from(["order detail", "tracking page", "import"]),
    st.sampled_from(["page", "mail", "manual"]),
    st.none() | st.integers(0, 5),
)


def place_of(seen: DateSeen) -> str:
    """What the user said, in whatever way, is one place."""
    return "the user" if seen.source == "manual" else seen.place


@given(st.lists(SEEN, max_size=8), st.randoms())
def test_in_whatever_order_the_days_are_stored_the_history_is_the_same(
    seen: list[DateSeen], chance: object
) -> None:
    shuffled = list(seen)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [s.day for s in now_shown(seen)] == [s.day for s in now_shown(shuffled)]
    assert {place_of(s) for s in now_shown(seen)} == {place_of(s) for s in seen}
    for move in moves(seen):
        assert move.after != move.before


@given(st.lists(SEEN, min_size=1, max_size=8))
def test_no_day_later_than_the_earliest_any_place_shows_counts(seen: list[DateSeen]) -> None:
    v = verdict(*seen)
    newest: dict[str, datetime] = {}
    for s in seen:
        newest[place_of(s)] = max(s.seen_at, newest.get(place_of(s), s.seen_at))
    standing = min(s.day for s in seen if s.seen_at == newest[place_of(s)])
    assert protection(v)[0] == standing.fromordinal(standing.toordinal() - 1)


def test_dates_that_stay_are_no_news() -> None:
    v = verdict(shown("protection_end", 30, seen=4), shown("protection_end", 31, place="tracking page"))
    assert not why(v).keys() & {"put_off", "brought_forward", "date_gone"}
    assert v.notices(Policy()) == []


def test_two_pages_of_an_order_a_day_apart_move_no_date() -> None:
    """The order's page and that of its parcels are read one after the other, at every reading."""
    seen = [
        DateSeen(one.kind, one.day, one.source, one.place, one.sentence, days_ago(ago))
        for ago, page, ends in ((2, "detail", 4), (1.9, "tracking", 3), (1, "detail", 4), (0.9, "tracking", 3), (0, "detail", 4))
        for one in page_text.read_order(f"<p>Refund if no delivery before Dec {ends}, 2026</p>", "1", page).dates
    ]  # fmt: skip
    assert moves(seen) == ()
    assert min(shown.day for shown in now_shown(seen)) == date(2026, 12, 3)
