"""Where one verdict ends and the next begins: every limit of the rules on its own day, hour and word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import (
    NOW,
    NUMBER,
    TODAY,
    day,
    days_ago,
    leg,
    never_asked,
    not_found,
    order,
    parcel,
    scan,
    shown,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from monitor.model import Leg, Parcel
from monitor.rules.assess import Assessment, assess
from monitor.rules.days_off import days_off
from monitor.rules.expected import too_late
from monitor.rules.history import History, learn, route_of
from monitor.rules.patience import Patience
from monitor.rules.policy import DEFAULT_LIMITS, Limit, Policy
from monitor.rules.protection import Deadline
from monitor.rules.suspicion import enough, old_journey, signals
from monitor.rules.timeline import Scan, merge
from scrapers.base import TrackingEvent

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = timedelta(seconds=1)
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")


def judged(*legs: Leg, history: History | None = None, parcel_facts: Any = None, **facts: Any) -> Assessment:
    one = parcel(*legs, **(parcel_facts or {}))
    return assess(one, order(one, **facts), Policy(), NOW, history)


def reasons(verdict: Assessment) -> list[str]:
    return [reason.id for reason in verdict.reasons]


def fact(verdict: Assessment, reason: str, name: str) -> Any:
    return next(dict(r.facts)[name] for r in verdict.reasons if r.id == reason)


# -- one parcel: what each subtag of an exception means


@pytest.mark.parametrize(
    ("subtag", "condition"),
    [
        ("", "held"), ("Exception_001", "held"), ("Exception_002", "attempt_failed"), ("Exception_003", "returning"),
        ("Exception_004", "held"), ("Exception_005", "moving"), ("Exception_006", "held"), ("Exception_007", "held"),
        ("Exception_008", "attempt_failed"), ("Exception_009", "held"), ("Exception_010", "returning"),
        ("Exception_011", "returned"), ("Exception_012", "held"), ("Exception_013", "lost"),
    ],
)  # fmt: skip
def test_every_exception_has_its_condition_and_its_day(subtag: str, condition: str) -> None:
    verdict = judged(leg(ACCEPTED, scan(2, "Exception", subtag, "local")))
    assert (verdict.condition, verdict.since, verdict.subtag) == (condition, days_ago(2), subtag)


@pytest.mark.parametrize(
    ("tag", "stage", "days", "late"),
    [
        ("Exception", "import_customs", 3, False), ("Exception", "import_customs", 4, True),
        ("AttemptFail", "out_for_delivery", 0.9, False), ("AttemptFail", "out_for_delivery", 1, True),
        ("AvailableForPickup", "pickup", 2, False), ("AvailableForPickup", "pickup", 3, True),
        ("OutForDelivery", "out_for_delivery", 0.9, False), ("OutForDelivery", "out_for_delivery", 1, True),
        ("InfoReceived", "label", 4, False), ("InfoReceived", "label", 5, True),
    ],
)  # fmt: skip
def test_what_waits_becomes_late_on_its_day(tag: str, stage: str, days: float, late: bool) -> None:
    before = [] if tag == "InfoReceived" else [ACCEPTED]
    verdict = judged(leg(*before, scan(days, tag, "", stage)), shipped_on=TODAY)  # type: ignore[arg-type]
    assert verdict.late is late
    assert verdict.condition != "stalled"


@pytest.mark.parametrize(("shipped", "late"), [(-4, False), (-5, True)])
def test_a_label_printed_again_does_not_make_the_wait_shorter(shipped: int, late: bool) -> None:
    verdict = judged(leg(scan(1, "InfoReceived", "", "label")), shipped_on=day(shipped))
    assert (verdict.condition, verdict.late, verdict.since) == ("label_only", late, days_ago(1))


def test_of_several_failed_attempts_the_first_is_the_day() -> None:
    run = [scan(n, "AttemptFail", f"AttemptFail_00{n}", text=f"try {n}") for n in (3, 2, 1)]
    assert judged(leg(ACCEPTED, scan(4, "OutForDelivery"), *run)).since == days_ago(3)


def test_another_kind_of_trouble_begins_anew() -> None:
    verdict = judged(
        leg(ACCEPTED, scan(5, "Exception", "Exception_004"), scan(2, "Exception", "Exception_006"))
    )
    assert verdict.since == days_ago(2)


def test_without_any_scan_there_is_no_tag_no_stage_and_no_idle_day() -> None:
    verdict = judged(not_found())
    assert (verdict.tag, verdict.subtag, verdict.stage, verdict.idle_days) == ("Pending", "", "", None)
    assert verdict.last_movement_at is None


@pytest.mark.parametrize(
    ("tag", "moved"),
    [("Pending", False), ("InfoReceived", False), ("Unknown", False), ("Expired", False), ("InTransit", True), ("Exception", True)],
)  # fmt: skip
def test_a_notice_is_no_movement(tag: str, moved: bool) -> None:
    verdict = judged(leg(ACCEPTED, scan(2, tag, text="a row")))
    assert verdict.last_movement_at == (days_ago(2) if moved else ACCEPTED.at)
    assert verdict.idle_days == (2 if moved else 24)


def test_a_parcel_said_to_be_expired_and_nothing_else_proves_nothing() -> None:
    verdict = judged(leg(scan(5, "Expired"), scan(2, "Expired", text="again")))
    assert (verdict.condition, verdict.since, verdict.tag) == ("unchecked", days_ago(2), "Pending")


# -- clocks ahead


@pytest.mark.parametrize(("ahead", "condition"), [(timedelta(), "delivered"), (SECOND, "moving")])
def test_a_scan_may_be_two_days_ahead_and_no_second_more(ahead: timedelta, condition: str) -> None:
    early = scan(0, "Delivered", at=NOW + timedelta(days=2) + ahead)
    verdict = judged(leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"), early))
    assert verdict.condition == condition
    assert ("in_the_future" in reasons(verdict)) is (condition == "moving")
    assert condition == "delivered" or fact(verdict, "in_the_future", "day") == early.at.date().isoformat()


# -- when nobody could be asked


@pytest.mark.parametrize(("beyond", "condition"), [(timedelta(), "moving"), (SECOND, "unchecked")])
def test_an_answer_of_three_days_ago_still_counts(beyond: timedelta, condition: str) -> None:
    looked = NOW - timedelta(days=3) - beyond
    one = leg(
        ACCEPTED, scan(4, "InTransit", "InTransit_003", "origin"), last_good_at=looked, last_detail="HTTP 503"
    )
    verdict = judged(one)
    assert verdict.condition == condition
    if condition == "unchecked":
        assert verdict.since == looked
        told = dict(next(r for r in verdict.reasons if r.id == "look_is_old").facts)
        assert told == {"days": 3, "detail": "HTTP 503", "was": "moving"}


def test_an_old_answer_of_a_delivery_stays_one() -> None:
    assert judged(leg(ACCEPTED, scan(20, "Delivered"), looked=15)).condition == "delivered"


@pytest.mark.parametrize(("looked", "condition"), [(3, "no_information"), (3.001, "unchecked")])
def test_a_not_found_is_worth_three_days(looked: float, condition: str) -> None:
    assert judged(not_found(looked=looked)).condition == condition


def test_an_unknown_number_names_who_does_not_know_it_and_since_when_it_was_shipped() -> None:
    verdict = judged(not_found(), not_found("4px"), shipped_on=day(-5))
    assert [str(r) for r in verdict.reasons] == [
        "cainiao does not know this number.", "4px does not know this number.",
        "It is 5 days since the order was shipped.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "event", "days"),
    [
        ({"shipped_on": day(-4), "paid_on": day(-6)}, "shipped", 4),
        ({"shipped_on": None, "paid_on": day(-6)}, "paid", 6),
        ({"shipped_on": None, "paid_on": None}, "placed", 30),
        ({"shipped_on": day(2)}, "shipped", 0),
    ],
)
def test_the_wait_counts_from_shipping_else_paying_else_placing(
    facts: dict[str, Any], event: str, days: int
) -> None:
    verdict = judged(leg(), **facts)
    assert (fact(verdict, "since_shipped", "event"), fact(verdict, "since_shipped", "days")) == (event, days)
    assert verdict.late is (days >= 5)
    assert reasons(verdict) == ["never_scanned", "since_shipped"]


@pytest.mark.parametrize(("days", "late"), [(4, False), (5, True)])
@pytest.mark.parametrize("known", [not_found(), leg()])
def test_a_parcel_nobody_scanned_is_late_on_the_fifth_day(known: Leg, days: int, late: bool) -> None:
    assert judged(known, shipped_on=day(-days)).late is late


def test_without_a_day_nothing_is_late() -> None:
    verdict = judged(not_found(), shipped_on=None, paid_on=None, placed_on=None)
    assert (verdict.late, reasons(verdict)) == (False, ["not_known"])


def test_a_wait_is_counted_to_the_last_answer_only() -> None:
    verdict = judged(not_found(looked=2), not_found("4px", looked=1), shipped_on=day(-6))
    assert fact(verdict, "since_shipped", "days") == 5


@pytest.mark.parametrize(
    ("legs", "detail"),
    [
        ([], "not asked yet"),
        ([never_asked()], "a web page where data was due"),
        (
            [never_asked(), never_asked(carrier="4px", last_detail="HTTP 403")],
            "a web page where data was due",
        ),
    ],
)
def test_why_no_carrier_was_asked_is_said(legs: list[Leg], detail: str) -> None:
    assert fact(judged(*legs), "no_carrier_asked", "detail") == detail


def test_a_carrier_that_failed_is_named_only_where_it_had_answered_before() -> None:
    fine = leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"))
    failed = replace(fine, last_outcome="unavailable", last_detail="")
    assert fact(judged(failed), "carrier_failed", "detail") == "unavailable"
    assert "carrier_failed" not in reasons(judged(fine, never_asked(carrier="4px")))


# -- what later scans do not change


def test_what_is_lost_stays_lost_since_the_first_word_of_it() -> None:
    gone = [scan(n, "Exception", "Exception_013", text=f"lost {n}") for n in (9, 3)]
    verdict = judged(leg(ACCEPTED, *gone))
    assert (verdict.condition, verdict.since) == ("lost", days_ago(9))


@pytest.mark.parametrize(
    ("later", "condition"),
    [
        (scan(1, "InTransit", "InTransit_003", "local"), "moving"),
        (scan(1, "InfoReceived", "", "label"), "lost"),
        (scan(1, "Unknown", text="Qwertz"), "lost"),
    ],
)
def test_only_a_real_scan_finds_a_lost_parcel_again(later: TrackingEvent, condition: str) -> None:
    verdict = judged(leg(ACCEPTED, scan(5, "Exception", "Exception_013"), later))
    assert verdict.condition == condition


def test_a_return_counts_from_its_first_scan_even_after_others() -> None:
    verdict = judged(
        leg(ACCEPTED, scan(8, "Exception", "Exception_003"), scan(5, "InTransit", "InTransit_007"))
    )
    assert (verdict.condition, verdict.since) == ("returning", days_ago(8))


def test_a_delivery_after_a_return_is_the_sender_s_and_says_so() -> None:
    for subtag in ("Exception_003", "Exception_010"):
        verdict = judged(leg(ACCEPTED, scan(9, "Exception", subtag), scan(2, "Delivered")))
        assert (verdict.condition, verdict.since) == ("returned", days_ago(2))
        assert "delivered_after_return" in reasons(verdict)


@pytest.mark.parametrize(
    ("tag", "after", "condition"),
    [
        ("InTransit", timedelta(hours=24), "delivered"),
        ("InTransit", timedelta(hours=24) + SECOND, "moving"),
        ("OutForDelivery", SECOND, "out_for_delivery"),
        ("AttemptFail", SECOND, "attempt_failed"),
        ("AvailableForPickup", SECOND, "ready_for_pickup"),
        ("Exception", SECOND, "held"),
        ("InfoReceived", timedelta(hours=40), "delivered"),
    ],
)
def test_the_deliverer_takes_its_delivery_back_by_a_later_scan(
    tag: str, after: timedelta, condition: str
) -> None:
    given_out = scan(2, "Delivered")
    later = scan(0, tag, "", "local", at=given_out.at + after)
    assert judged(leg(ACCEPTED, given_out, later)).condition == condition


def test_an_earlier_attempt_does_not_take_a_delivery_back() -> None:
    assert judged(leg(ACCEPTED, scan(3, "AttemptFail"), scan(2, "Delivered"))).condition == "delivered"


# -- economy mail


@pytest.mark.parametrize(
    ("stage", "condition"),
    [
        ("line_haul", "stalled"), ("arrived", "tracking_ended"), ("import_customs", "tracking_ended"),
        ("local_carrier", "tracking_ended"), ("local", "tracking_ended"),
    ],
)  # fmt: skip
def test_tracking_ends_by_design_in_the_country_of_destination(stage: str, condition: str) -> None:
    quiet = scan(20, "InTransit", "InTransit_001", stage)  # type: ignore[arg-type]
    verdict = judged(leg(ACCEPTED, quiet, ends_by_design=True), leg(carrier="4px"), placed=-60)
    assert verdict.condition == condition
    if condition == "tracking_ended":
        assert verdict.since == days_ago(20)
        assert fact(verdict, "ends_by_design", "carrier") == "cainiao"
        assert fact(verdict, "ended_counts_again", "day") == days_ago(6).date().isoformat()


def test_economy_mail_on_the_way_to_the_door_is_out_for_delivery() -> None:
    verdict = judged(leg(ACCEPTED, scan(0.2, "OutForDelivery", "", "out_for_delivery"), ends_by_design=True))
    assert verdict.condition == "out_for_delivery"


# -- what is said


def test_the_newest_understood_scan_is_named_first() -> None:
    old, new = (
        scan(5, "InTransit", "InTransit_003", "origin"),
        scan(2, "InTransit", "InTransit_007", "origin", text="Left"),
    )
    verdict = judged(leg(ACCEPTED, old, new))
    assert str(verdict.reasons[0]) == f"The newest scan is of {days_ago(2).date()}: “Left” (cainiao)."


def test_where_none_is_understood_the_newest_is_named_all_the_same() -> None:
    verdict = judged(leg(*(scan(n, "Unknown", text=f"Foo {n}") for n in (5, 3, 2))))
    assert reasons(verdict) == ["scan", "not_understood"]
    assert fact(verdict, "scan", "text") == "Foo 2"
    assert fact(verdict, "not_understood", "count") == 3


def test_a_scan_without_words_is_named_by_its_code_and_a_long_text_is_cut() -> None:
    bare = scan(2, "InTransit", "InTransit_003", "origin", code="SC_X")
    assert fact(judged(leg(ACCEPTED, structs.replace(bare, text=""))), "scan", "text") == "SC_X"
    assert len(fact(judged(leg(ACCEPTED, structs.replace(bare, text="x" * 161))), "scan", "text")) == 160


def test_of_several_estimates_the_latest_is_told() -> None:
    early, late = NOW + timedelta(days=3), NOW + timedelta(days=8)
    legs = (leg(ACCEPTED, expected_at=late), leg(ACCEPTED, carrier="4px", expected_at=early))
    assert judged(*legs).expected_at == late
    assert judged(leg(ACCEPTED)).expected_at is None


def test_the_shop_s_own_page_is_a_look_too() -> None:
    silent = leg(scan(20, "InTransit", "InTransit_007", "line_haul"), looked=9)
    assert judged(silent, placed=-60, parcel_facts={"shop_seen_at": NOW}).condition == "stalled"
    assert judged(silent, placed=-60).condition == "unchecked"


def test_an_answer_from_a_clock_ahead_ages_nothing() -> None:
    verdict = judged(leg(ACCEPTED, scan(3, "InTransit", "InTransit_003", "origin"), looked=-40))
    assert verdict.idle_days == 3


@pytest.mark.parametrize(("stage", "reached"), [("line_haul", False), ("arrived", True), ("pickup", True)])
def test_the_destination_is_reached_on_arrival(stage: str, reached: bool) -> None:
    assert judged(leg(ACCEPTED, scan(1, "InTransit", "", stage))).destination_reached is reached  # type: ignore[arg-type]


# -- patience


@pytest.mark.parametrize(
    ("stage", "late", "stalled"),
    [
        ("label", 5, 10), ("accepted", 5, 10), ("origin", 5, 10), ("export_customs", 5, 10), ("line_haul", 10, 14),
        ("arrived", 4, 6), ("import_customs", 4, 6), ("local_carrier", 3, 5), ("local", 3, 5),
        ("out_for_delivery", 1, 2), ("pickup", 3, 6), ("", 10, 14),
    ],
)  # fmt: skip
def test_the_limits_are_those_of_the_facts(stage: str, late: int, stalled: int) -> None:
    assert Policy().limit(stage) == Limit(late, stalled)  # type: ignore[arg-type]


def test_the_other_numbers_of_the_policy_are_those_of_the_facts() -> None:
    policy = Policy()
    assert (policy.untracked_days, policy.not_shipped_days, policy.ended_counts_again) == (10, 7, 14)
    assert policy.ladder == (14, 7, 3, 1, 0)
    assert policy.stale_look == timedelta(days=3)


def patience(origin: str = "CN", destination: str = "DE") -> Patience:
    return Patience(Policy(), History(), (origin, destination))


def fact_of(silence: Any, reason: str, name: str) -> Any:
    return next(dict(r.facts)[name] for r in silence.reasons if r.id == reason)


def silence(stage: str, start: datetime, days: float, origin: str = "CN", destination: str = "DE") -> Any:
    event = scan(0, "InTransit", "InTransit_001", stage, at=start)  # type: ignore[arg-type]
    one = Scan(event, "cainiao", NUMBER, stage)  # type: ignore[arg-type]
    return patience(origin, destination).judge(one, start + timedelta(days=days))


QUIET_TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE_NEW_YEAR = datetime(2027, 2, 2, 12, tzinfo=UTC)  # China rests from 5 to 10 February 2027


@pytest.mark.parametrize(
    ("days", "late", "stalled"),
    [(9.999, False, False), (10, True, False), (13.999, True, False), (14, True, True)],
)
def test_a_silence_is_late_and_stalled_after_whole_days(days: float, late: bool, stalled: bool) -> None:
    judged_so = silence("line_haul", QUIET_TIME, days)
    assert (judged_so.late, judged_so.stalled_at is not None) == (late, stalled)


def test_a_stall_began_when_its_last_day_was_over() -> None:
    assert silence("line_haul", QUIET_TIME, 20).stalled_at == QUIET_TIME + timedelta(days=14)


@pytest.mark.parametrize(
    ("days", "late", "stalled"), [(10, False, False), (11, True, False), (15, True, False), (16, True, True)]
)
def test_six_holidays_put_off_late_and_stalled_by_six_days(days: int, late: bool, stalled: bool) -> None:
    judged_so = silence("origin", BEFORE_NEW_YEAR, days)
    assert (judged_so.late, judged_so.stalled_at is not None) == (late, stalled)
    told = {r.id: dict(r.facts) for r in judged_so.reasons}
    assert told["holidays"]["days"] == 6
    assert told["holidays"]["country"] == "CN"
    assert judged_so.stalled_at in (None, BEFORE_NEW_YEAR + timedelta(days=16))


def test_on_the_very_day_of_a_limit_holidays_are_looked_at() -> None:
    judged_so = silence("origin", BEFORE_NEW_YEAR, 5)
    assert (judged_so.late, fact_of(judged_so, "holidays", "days")) == (False, 3)


def test_five_holidays_put_a_stall_off_by_five_days() -> None:
    start = BEFORE_NEW_YEAR + timedelta(days=3)
    assert silence("origin", start, 30).stalled_at == start + timedelta(days=15)


def test_holidays_after_a_stall_do_not_move_its_beginning() -> None:
    start = datetime(2027, 1, 20, 12, tzinfo=UTC)
    assert {silence("origin", start, days).stalled_at for days in range(10, 40)} == {
        start + timedelta(days=10)
    }


@pytest.mark.parametrize(
    ("stage", "origin", "destination", "country"),
    [
        ("line_haul", "", "DE", "CN"),
        ("line_haul", "CN", "DE", "CN"),
        ("arrived", "CN", "DE", ""),
        ("arrived", "DE", "CN", "CN"),
    ],
)
def test_until_it_arrives_the_origin_s_holidays_count_then_the_destination_s(
    stage: str, origin: str, destination: str, country: str
) -> None:
    told = {r.id: dict(r.facts) for r in silence(stage, BEFORE_NEW_YEAR, 12, origin, destination).reasons}
    assert told.get("holidays", {}).get("country", "") == country


@pytest.mark.parametrize(
    ("days", "ids"), [(0.9, []), (1, ["quiet_but_fine"]), (9, ["quiet_but_fine"]), (10, ["silent"])]
)
def test_a_silence_is_explained_from_its_first_day(days: float, ids: list[str]) -> None:
    assert [r.id for r in silence("line_haul", QUIET_TIME, days).reasons] == ids


def test_a_silence_names_its_stage_and_both_limits() -> None:
    assert str(silence("import_customs", QUIET_TIME, 5).reasons[0]) == (
        "No scan for 5 days (import customs: late from 4, stalled from 6)."
    )
    assert str(silence("import_customs", QUIET_TIME, 2).reasons[0]) == (
        "The last scan is 2 days old, within what is usual at this stage (import customs)."
    )


@pytest.mark.parametrize("stage", DEFAULT_LIMITS)
def test_every_stage_has_a_name_to_tell(stage: str) -> None:
    assert fact_of(silence(stage, QUIET_TIME, 20), "silent", "stage")


def test_a_look_before_the_scan_counts_no_day() -> None:
    assert silence("line_haul", QUIET_TIME, -3).reasons == ()


MOMENTS = st.integers(0, 700 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)


@given(
    MOMENTS,
    st.integers(0, 60 * 24),
    st.integers(0, 60 * 24),
    st.sampled_from(["origin", "line_haul", "local"]),
)
def test_a_silence_that_stalled_stays_stalled_since_the_same_moment(
    start: datetime, hours: int, more: int, stage: str
) -> None:
    first, later = silence(stage, start, hours / 24), silence(stage, start, (hours + more) / 24)
    assert later.late >= first.late
    if first.stalled_at is not None:
        assert later.stalled_at == first.stalled_at
        assert first.stalled_at <= start + timedelta(hours=hours)


# -- holidays


def test_the_day_it_began_is_no_day_off_and_the_day_it_ends_is_one() -> None:
    christmas = date(2026, 12, 25)
    assert [d for d, _ in days_off("DE", christmas - timedelta(days=1), christmas)] == [christmas]
    assert days_off("DE", christmas, christmas) == []
    assert [d for d, _ in days_off("DE", christmas, christmas + timedelta(days=1))] == [date(2026, 12, 26)]


def test_holidays_have_names_and_cross_the_year() -> None:
    found = dict(days_off("DE", date(2026, 12, 26), date(2027, 1, 1)))
    assert set(found) == {date(2027, 1, 1)}
    assert found[date(2027, 1, 1)]


# -- history


def with_gaps(*days: float) -> History:
    return History({(("CN", "DE"), "line_haul"): Counter(map(math.ceil, days))})


@pytest.mark.parametrize(
    ("gaps", "learned"),
    [
        ((4.0,) * 9, None),
        ((4.0,) * 10, 4),
        ((4.0,) * 9 + (30.0,), 4),       # nine of ten are 90 %
        ((4.0,) * 8 + (30.0, 30.0), 30),
        ((3.2,) * 10, 4),                # a day begun is a day
        ((1.0,) * 18 + (9.0, 9.0), 1),
        (tuple(float(n) for n in range(11)), 9),
    ],
)  # fmt: skip
def test_ninety_percent_of_at_least_ten_parcels_teach(gaps: Sequence[float], learned: int | None) -> None:
    found = with_gaps(*gaps).learned(("CN", "DE"), "line_haul")
    assert (found.days if found else None) == learned
    assert found is None or found.count == len(gaps)


@pytest.mark.parametrize(
    ("days", "limit"),
    [
        (4, Limit(5, 6)),
        (8, Limit(9, 10)),
        (9, Limit(10, 11)),
        (12, Limit(10, 14)),
        (30, Limit(10, 14)),
        (0, Limit(1, 2)),
    ],
)
def test_a_quick_route_is_stalled_two_days_after_its_ninety_percent(days: int, limit: Limit) -> None:
    history = with_gaps(*[float(days)] * 10)
    assert history.tightened(Limit(10, 14), ("CN", "DE"), "line_haul") == limit
    assert history.tightened(Limit(10, 14), ("CN", "FR"), "line_haul") == Limit(10, 14)
    assert history.tightened(Limit(10, 14), ("CN", "DE"), "local") == Limit(10, 14)


@pytest.mark.parametrize(("days", "told"), [(4.0, True), (30.0, False)])
def test_what_own_parcels_teach_is_told_only_where_it_counts(days: float, told: bool) -> None:
    start = Scan(scan(0, "InTransit", at=QUIET_TIME), "cainiao", NUMBER, "line_haul")
    taught = Patience(Policy(), with_gaps(*[days] * 10), ("CN", "DE"))
    found = [r.id for r in taught.judge(start, QUIET_TIME + timedelta(days=15)).reasons]
    assert ("history" in found) is told


def test_a_stall_is_never_less_than_a_day_away() -> None:
    assert with_gaps(*[0.0] * 10).tightened(Limit(1, 1), ("CN", "DE"), "line_haul") == Limit(1, 1)


def test_gaps_are_learned_up_to_the_delivery_and_no_further() -> None:
    one = parcel(
        leg(scan(10, "InTransit", "InTransit_007", "line_haul"), scan(6, "InTransit", "InTransit_004", "arrived"),
            scan(5, "Delivered"), scan(1, "InTransit", "InTransit_001", "local", text="a late row"),
            origin_country="CN", destination_country="FR")
    )  # fmt: skip
    gaps = learn([order(one)]).gaps
    assert gaps == {(("CN", "FR"), "line_haul"): {4: 1}, (("CN", "FR"), "arrived"): {1: 1}}


def test_what_the_user_has_teaches_without_a_delivery_scan() -> None:
    one = parcel(
        leg(
            scan(10, "InTransit", "InTransit_007", "line_haul"),
            scan(6, "InTransit", "InTransit_004", "arrived"),
        )
    )
    assert learn([order(one)]).gaps == {}
    assert learn([order(one, received_on=TODAY)]).gaps == {(("", ""), "line_haul"): {4: 1}}


def test_a_route_is_what_the_order_and_the_carriers_say() -> None:
    one = parcel(leg(), leg(origin_country="CN", destination_country="FR"))
    assert route_of(one, order(one)) == ("CN", "FR")
    assert route_of(one, order(one, destination_country="DE")) == ("CN", "DE")
    assert route_of(parcel(), order()) == ("", "")


# -- numbers that are not this order's


def signs(one: Parcel, **facts: Any) -> list[tuple[str, bool]]:
    whose = order(one, **facts)
    old, own = old_journey(merge(one), whose)
    return [(signal.reason.id, signal.strong) for signal in signals(one, whose, old, own)]


MIDNIGHT = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) - timedelta(days=30)


@pytest.mark.parametrize(
    ("at", "tag", "found"),
    [
        (MIDNIGHT - timedelta(days=2), "InTransit", []),
        (MIDNIGHT - timedelta(days=2) - SECOND, "InTransit", [("before_order", True)]),
        (MIDNIGHT - timedelta(days=20), "InfoReceived", []),
        (MIDNIGHT - timedelta(days=20), "Pending", []),
        (MIDNIGHT - timedelta(days=20), "Unknown", [("before_order", True)]),
    ],
)
def test_scans_two_days_older_than_the_order_are_not_its_own(
    at: datetime, tag: str, found: list[tuple[str, bool]]
) -> None:
    assert signs(parcel(leg(scan(0, tag, at=at), ACCEPTED))) == found


def test_the_first_old_scan_and_the_order_s_day_are_told() -> None:
    one = parcel(leg(scan(90, "InTransit", text="a"), scan(80, "InTransit", text="b")))
    whose = order(one)
    old, own = old_journey(merge(one), whose)
    assert (len(old), own) == (2, [])
    told = dict(signals(one, whose, old, own)[0].reason.facts)
    assert told == {"day": days_ago(90).date().isoformat(), "placed": day(-30).isoformat()}


def test_without_the_order_s_day_no_scan_is_old() -> None:
    assert signs(parcel(leg(scan(400, "InTransit"))), placed_on=None) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ("DE", ["BR"], True),
        ("DE", ["BR", "DE"], False),
        ("DE", [""], False),
        ("", ["BR"], False),
        ("DE", ["DE"], False),
    ],
)
def test_another_country_is_a_sign_only_where_both_are_known(
    ours: str, theirs: list[str], found: bool
) -> None:
    legs = [leg(ACCEPTED, carrier=f"c{n}", destination_country=country) for n, country in enumerate(theirs)]
    assert signs(parcel(*legs), destination_country=ours) == ([("other_country", True)] if found else [])


def test_the_countries_are_named_in_order() -> None:
    legs = [leg(ACCEPTED, carrier=c, destination_country=c) for c in ("US", "BR")]
    verdict = judged(*legs, destination_country="DE")
    assert str(verdict.reasons[-1]) == "The carrier's destination is BR, US, the order goes to DE."


@pytest.mark.parametrize(("before", "found"), [(timedelta(), False), (SECOND, True)])
def test_a_delivery_may_come_a_day_before_the_shop_says_shipped(before: timedelta, found: bool) -> None:
    shipped = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) - timedelta(days=5)
    given_out = scan(0, "Delivered", at=shipped - timedelta(days=1) - before)
    one = parcel(leg(scan(20, "InTransit"), given_out))
    assert signs(one, shipped_on=shipped.date()) == ([("delivered_before_shipped", True)] if found else [])
    assert signs(one, shipped_on=None) == []


@pytest.mark.parametrize(
    ("hours", "exact", "found"),
    [(5.99, True, True), (0, True, True), (6, True, False), (-1, True, False), (3, False, False)],
)
def test_no_parcel_is_delivered_within_six_hours_of_leaving(hours: float, exact: bool, found: bool) -> None:
    left = scan(5, "InTransit", "InTransit_007", "line_haul")
    given_out = scan(0, "Delivered", "", "local", at=left.at + timedelta(hours=hours), at_is_exact=exact)
    assert signs(parcel(leg(left, given_out))) == ([("too_fast", False)] if found else [])


def test_a_delivery_that_names_no_place_is_too_fast_as_well() -> None:
    left = scan(5, "InTransit", "InTransit_007", "line_haul")
    assert signs(parcel(leg(left, scan(4.9, "Delivered")))) == [("too_fast", False)]


def test_the_hours_of_an_impossible_flight_are_told() -> None:
    left = scan(5, "InTransit", "InTransit_007", "line_haul")
    again = scan(0, "InTransit", "InTransit_001", "line_haul", text="again", at=left.at + timedelta(hours=1))
    given_out = scan(0, "Delivered", "", "local", at=left.at + timedelta(hours=4))
    one = parcel(leg(left, again, given_out), other_sellers=("Other Store", "Third Store"))
    verdict = assess(one, order(one), Policy(), NOW)
    assert (verdict.condition, fact(verdict, "too_fast", "hours")) == ("suspicious", 3)
    assert fact(verdict, "shared_number", "seller") == "Other Store"


def test_strong_signs_come_first_and_two_weak_ones_are_enough() -> None:
    one = parcel(leg(scan(90, "InTransit"), ACCEPTED), other_sellers=("Other Store",))
    assert signs(one) == [("before_order", True), ("shared_number", False)]
    weak = signals(parcel(other_sellers=("A",)), order(), [], [])
    assert not enough(weak)
    assert enough(weak * 2)
    assert not enough([])


# -- one journey out of several


LATER = scan(5, "InTransit", "InTransit_003", "local", text="Arrived at the office")


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ({"at": LATER.at + timedelta(minutes=15), "text": "Other words"}, 1),
        ({"at": LATER.at + timedelta(minutes=15) + SECOND, "text": "Other words"}, 2),
        ({"at": LATER.at - timedelta(minutes=15), "text": "Other words"}, 1),
        ({"at": LATER.at, "text": "ARRIVED at the office", "status": replace(LATER.status, subtag="InTransit_001")}, 1),
        ({"at": LATER.at, "text": "Other words", "status": replace(LATER.status, subtag="InTransit_001")}, 2),
        ({"at": LATER.at, "text": "Other words", "status": replace(LATER.status, tag="Exception")}, 2),
        ({"at": LATER.at + timedelta(hours=14), "at_is_exact": False}, 1),
        ({"at": LATER.at + timedelta(hours=15), "at_is_exact": False}, 2),
        ({"at": LATER.at + timedelta(hours=7), "at_is_exact": True}, 2),
        ({"at": LATER.at + timedelta(hours=7, minutes=1), "at_is_exact": False}, 2),
        ({"at": LATER.at + timedelta(hours=7, seconds=1), "at_is_exact": False}, 2),
        ({"at": LATER.at + timedelta(hours=7), "at_is_exact": False, "text": "Other words"}, 1),
        ({"at": LATER.at + timedelta(hours=7), "at_is_exact": False,
          "status": replace(LATER.status, subtag="InTransit_001")}, 1),
        ({"at": LATER.at + timedelta(hours=7), "at_is_exact": False, "text": "Other words",
          "status": replace(LATER.status, subtag="InTransit_001")}, 2),
    ],
)  # fmt: skip
def test_when_two_carriers_rows_are_one_scan(other: dict[str, Any], count: int) -> None:
    second = structs.replace(LATER, **other)
    assert len(merge(parcel(leg(LATER), leg(second, carrier="la_poste")))) == count


def test_two_rows_nobody_understands_are_one_only_by_their_words() -> None:
    one, two = scan(5, "Unknown", text="Qwertz"), scan(5, "Unknown", text="Uiop")
    assert len(merge(parcel(leg(one), leg(two, carrier="la_poste")))) == 2
    assert len(merge(parcel(leg(one), leg(one, carrier="la_poste")))) == 1


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ({}, 1),
        ({"at": LATER.at + SECOND}, 2),
        ({"code": "X"}, 2),
        ({"text": "ARRIVED AT THE OFFICE"}, 1),
        ({"text": "Sorted"}, 2),
    ],
)
def test_one_carrier_repeats_a_row_only_to_the_letter(other: dict[str, Any], count: int) -> None:
    assert len(merge(parcel(leg(LATER, structs.replace(LATER, **other))))) == count


def test_the_same_carrier_under_another_number_is_another_witness() -> None:
    near = structs.replace(LATER, at=LATER.at + timedelta(minutes=3), text="Other words")
    assert len(merge(parcel(leg(LATER), leg(near, number="LP00700000000099")))) == 1


def test_the_shop_s_own_page_is_a_witness_too() -> None:
    merged = merge(parcel(leg(ACCEPTED), shop_events=(LATER,)))
    assert [(s.carrier, s.number) for s in merged] == [("cainiao", NUMBER), ("shop", NUMBER)]


@pytest.mark.parametrize(
    ("before", "tag", "subtag", "stage"),
    [
        ("", "Pending", "", "label"), ("origin", "InfoReceived", "", "origin"), ("", "InfoReceived", "", "label"),
        ("arrived", "OutForDelivery", "", "out_for_delivery"), ("arrived", "AttemptFail", "", "out_for_delivery"),
        ("arrived", "AvailableForPickup", "", "pickup"), ("line_haul", "InTransit", "InTransit_004", "arrived"),
        ("line_haul", "Exception", "", "line_haul"), ("line_haul", "Delivered", "", "line_haul"),
        ("", "InTransit", "InTransit_002", "accepted"), ("line_haul", "InTransit", "InTransit_002", "accepted"),
        ("arrived", "InTransit", "InTransit_002", "local_carrier"), ("local", "InTransit", "InTransit_002", "local_carrier"),
        ("arrived", "InTransit", "InTransit_003", "local"), ("import_customs", "InTransit", "InTransit_003", "local"),
        ("local_carrier", "InTransit", "InTransit_003", "local"), ("line_haul", "InTransit", "InTransit_003", "line_haul"),
        ("label", "InTransit", "InTransit_003", "origin"),
        ("export_customs", "InTransit", "InTransit_001", "export_customs"), ("", "InTransit", "InTransit_001", "origin"),
        ("accepted", "InTransit", "InTransit_001", "accepted"), ("local", "InTransit", "InTransit_007", "local"),
    ],
)  # fmt: skip
def test_a_scan_that_names_no_stage_is_where_the_parcel_was_or_further(
    before: str, tag: str, subtag: str, stage: str
) -> None:
    earlier = [scan(9, "InTransit", "InTransit_001", before, text="before")] if before else []  # type: ignore[arg-type]
    assert merge(parcel(leg(*earlier, scan(5, tag, subtag))))[-1].stage == stage


# -- an arrival that would be too late


def protected(left: int) -> Deadline:
    return Deadline("protection_end", day(left), "page", left, "")


@pytest.mark.parametrize(
    ("expected", "left", "found"), [(9, 8, True), (8, 8, False), (7, 8, False), (9, 0, True), (1, -1, False)]
)
def test_an_arrival_after_the_last_safe_day_is_too_late(expected: int, left: int, found: bool) -> None:
    on_its_way = judged(leg(ACCEPTED, expected_at=NOW + timedelta(days=expected)))
    assert too_late(order(), [on_its_way], protected(left)) == (day(expected) if found else None)
    shop = order(dates=[shown("expected", expected), shown("late_coupon", 30)])
    assert too_late(shop, [judged(leg(ACCEPTED))], protected(left)) == (day(expected) if found else None)


def test_of_the_shop_s_and_the_carrier_s_day_the_later_counts() -> None:
    on_its_way = judged(leg(ACCEPTED, expected_at=NOW + timedelta(days=12)))
    assert too_late(order(dates=[shown("expected", 9)]), [on_its_way], protected(8)) == day(12)
    assert too_late(order(dates=[shown("expected", 14)]), [on_its_way], protected(8)) == day(14)


def test_what_is_delivered_is_waited_for_no_more() -> None:
    here = judged(leg(ACCEPTED, scan(2, "Delivered"), expected_at=NOW + timedelta(days=20)))
    missing = judged(leg(ACCEPTED, expected_at=NOW + timedelta(days=12)))
    assert too_late(order(), [here], protected(8)) is None
    assert too_late(order(), [here, missing], protected(8)) == day(12)
    assert too_late(order(), [missing], None) is None
    assert too_late(order(), [judged(leg(ACCEPTED))], protected(8)) is None


def test_limits_of_every_stage_stand_in_the_policy() -> None:
    assert "line_haul" in DEFAULT_LIMITS
    assert all(limit.late < limit.stalled for limit in DEFAULT_LIMITS.values())
