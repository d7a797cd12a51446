"""What is happening with a parcel, as tables of scans and days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, days_ago, leg, never_asked, not_found, order, parcel, scan
from msgspec import structs

from monitor.model import Leg, Parcel
from monitor.rules.assess import Assessment, assess
from monitor.rules.policy import Policy

LABEL = scan(25, "InfoReceived", "InfoReceived_001", "label")
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")


def judged(*legs: Leg, **facts: object) -> Assessment:
    one: Parcel = parcel(*legs)
    return assess(one, order(one, **facts), Policy(), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("newest", "condition", "late"),
    [
        (scan(1, "InTransit", "InTransit_003", "origin"), "moving", False),
        (scan(5, "InTransit", "InTransit_003", "origin"), "moving", True),
        (scan(10, "InTransit", "InTransit_003", "origin"), "stalled", False),
        (scan(9, "InTransit", "InTransit_007", "line_haul"), "moving", False),
        (scan(13, "InTransit", "InTransit_007", "line_haul"), "moving", True),
        (scan(14, "InTransit", "InTransit_007", "line_haul"), "stalled", False),
        (scan(4, "InTransit", "InTransit_004", "arrived"), "moving", True),
        (scan(6, "InTransit", "InTransit_005", "import_customs"), "stalled", False),
        (scan(4.5, "InTransit", "InTransit_003", "local"), "moving", True),
        (scan(5, "InTransit", "InTransit_003", "local"), "stalled", False),
        (scan(0.3, "OutForDelivery", "OutForDelivery_001", "out_for_delivery"), "out_for_delivery", False),
        (scan(1, "OutForDelivery", "OutForDelivery_001", "out_for_delivery"), "out_for_delivery", True),
        (scan(3, "OutForDelivery", "OutForDelivery_001", "out_for_delivery"), "stalled", False),
        (scan(1, "AttemptFail", "AttemptFail_002"), "attempt_failed", True),
        (scan(1, "AvailableForPickup", "AvailableForPickup_001", "pickup"), "ready_for_pickup", False),
        (scan(4, "AvailableForPickup", "AvailableForPickup_001", "pickup"), "ready_for_pickup", True),
        (scan(2, "Exception", "Exception_004", "import_customs"), "held", False),
        (scan(12, "Exception", "Exception_004", "import_customs"), "held", True),
        (scan(2, "Exception", "Exception_005", "line_haul"), "moving", True),
        (scan(2, "Exception", "Exception_010"), "returning", False),
        (scan(2, "Exception", "Exception_003"), "returning", False),
        (scan(40, "Exception", "Exception_011"), "returned", False),
        (scan(2, "Exception", "Exception_013"), "lost", False),
        (scan(2, "Delivered", "Delivered_001"), "delivered", False),
        (scan(23, "Delivered", "Delivered_001"), "delivered", False),
    ],
)
def test_the_newest_scan_and_its_age_decide(newest: object, condition: str, late: bool) -> None:
    verdict = judged(leg(ACCEPTED, newest), placed=-120)  # type: ignore[arg-type]
    assert (verdict.condition, verdict.late) == (condition, late)


def test_silence_counts_up_to_the_last_good_look_only() -> None:
    """Twelve days without a scan when last seen, two days ago: late then, and not stalled by our own absence."""
    quiet = scan(14.5, "InTransit", "InTransit_007", "line_haul")
    verdict = judged(leg(ACCEPTED, quiet, looked=2), placed=-60)
    assert (verdict.condition, verdict.late, verdict.idle_days) == ("moving", True, 12)


def test_a_look_too_old_is_unchecked_and_keeps_what_was_seen() -> None:
    verdict = judged(leg(ACCEPTED, scan(20, "InTransit", "InTransit_007", "line_haul"), looked=9))
    assert verdict.condition == "unchecked"
    assert any("moving" in str(reason) for reason in verdict.reasons)


@pytest.mark.parametrize("other", [not_found("la_poste", role="helper"), not_found("4px")])
def test_not_found_elsewhere_is_no_look_at_a_parcel_whose_carrier_cannot_be_asked(other: Leg) -> None:
    """Silence while the carrier that knows it is blocked is not the parcel's."""
    quiet = scan(20, "InTransit", "InTransit_007", "line_haul")
    blocked = leg(ACCEPTED, quiet, looked=19, last_outcome="blocked")
    assert judged(blocked, other).condition == "unchecked"


@pytest.mark.parametrize("outcome", ["blocked", "unavailable", "changed"])
def test_a_carrier_that_cannot_be_asked_changes_nothing(outcome: str) -> None:
    seen = leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"), looked=1)
    failing = replace(seen, last_outcome=outcome, last_attempt_at=NOW, last_detail="HTTP 503")
    verdict = judged(failing)
    assert verdict.condition == "moving"
    assert any("HTTP 503" in str(reason) for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("legs", "condition"),
    [
        ([not_found()], "no_information"),
        ([leg()], "label_only"),
        ([leg(LABEL)], "label_only"),
        ([never_asked("blocked")], "unchecked"),
        ([never_asked("unavailable")], "unchecked"),
        ([never_asked("changed")], "unchecked"),
        ([not_found(), never_asked(carrier="4px")], "unchecked"),
        ([not_found(), not_found(carrier="4px")], "no_information"),
        ([not_found(), never_asked(carrier="la_poste", role="helper")], "no_information"),
        ([not_found(looked=8)], "unchecked"),
        ([], "unchecked"),
    ],
)
def test_only_every_owners_own_not_found_makes_a_parcel_unknown(legs: list[Leg], condition: str) -> None:
    assert judged(*legs).condition == condition


def test_one_carrier_knowing_it_outweighs_the_others_not_found() -> None:
    moving = leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"))
    assert judged(moving, not_found(carrier="4px")).condition == "moving"


def test_a_lagging_post_does_not_undo_a_delivery() -> None:
    deliverer = leg(ACCEPTED, scan(3, "Delivered", "Delivered_001"))
    lagging = leg(scan(1, "InTransit", "InTransit_003", "local"), carrier="la_poste", role="helper")
    assert judged(deliverer, lagging).condition == "delivered"


@pytest.mark.parametrize(
    ("later", "condition"),
    [
        (scan(1, "InTransit", "InTransit_003", "local"), "moving"),
        (scan(2.9, "AttemptFail", "AttemptFail_002"), "attempt_failed"),
        (scan(2.9, "InTransit", "InTransit_001", "local"), "delivered"),
        (scan(1, "Exception", "Exception_011"), "returned"),
    ],
)
def test_the_deliverer_scanning_on_takes_a_delivery_back(later: object, condition: str) -> None:
    verdict = judged(leg(ACCEPTED, scan(3, "Delivered", "Delivered_001"), later))  # type: ignore[arg-type]
    assert verdict.condition == condition


@pytest.mark.parametrize("minutes", [-4, 0, 4])
@pytest.mark.parametrize("echoed", [True, False])
def test_the_deliverer_takes_a_delivery_back_though_another_repeated_it(
    minutes: int, *, echoed: bool
) -> None:
    """The shop's carrier repeats what the post scans, and its clock may be a little ahead."""
    delivered, failed = scan(3, "Delivered", "Delivered_001"), scan(2.9, "AttemptFail", "AttemptFail_002")
    echoes = [structs.replace(e, at=e.at + timedelta(minutes=minutes)) for e in (delivered, failed)]
    post = leg(delivered, failed, carrier="la_poste", role="helper")
    assert judged(leg(ACCEPTED, *echoes[: 1 + echoed]), post).condition == "attempt_failed"


def test_what_the_deliverer_scanned_before_takes_nothing_back_by_another_s_wrong_zone() -> None:
    delivered, out = scan(3, "Delivered", "Delivered_001"), scan(3.1, "OutForDelivery")
    shifted = structs.replace(delivered, at=delivered.at - timedelta(hours=7), at_is_exact=False)
    post = leg(out, delivered, carrier="la_poste", role="helper")
    assert judged(leg(ACCEPTED, shifted), post).condition == "delivered"


def test_a_delivery_after_the_return_began_is_one_to_the_sender() -> None:
    verdict = judged(
        leg(ACCEPTED, scan(9, "Exception", "Exception_010"), scan(1, "Delivered", "Delivered_001"))
    )
    assert verdict.condition == "returned"


def test_a_delivery_after_it_was_returned_is_one_to_the_sender() -> None:
    returned, delivered = scan(5, "Exception", "Exception_011"), scan(1, "Delivered", "Delivered_001")
    assert judged(leg(ACCEPTED, returned, delivered)).condition == "returned"
    assert judged(leg(ACCEPTED, delivered), leg(returned, carrier="la_poste")).condition == "returned"


@pytest.mark.parametrize("minutes", [-5, 0, 5])
@pytest.mark.parametrize("text", ["Delivered", ""])
def test_the_same_words_of_one_who_knows_more_are_not_swallowed(minutes: int, text: str) -> None:
    """Both carriers say "Delivered", but the post's own code says to whom."""
    told = structs.replace(scan(3, "Delivered", "Delivered_001"), text=text)
    known = scan(3, "Exception", "Exception_011", at=told.at + timedelta(minutes=minutes))
    post = leg(structs.replace(known, text=text), carrier="la_poste", role="helper")
    assert judged(leg(ACCEPTED, told), post).condition == "returned"


def test_the_day_a_return_began_does_not_move_with_every_scan() -> None:
    first, second = scan(6, "Exception", "Exception_010"), scan(1, "Exception", "Exception_010")
    assert judged(leg(ACCEPTED, first, second)).since == first.at


@pytest.mark.parametrize("rule", ["en: destroyed", "ru: seized"])
def test_what_was_destroyed_or_seized_never_comes(rule: str) -> None:
    gone = scan(2, "Exception")
    gone = structs.replace(gone, status=replace(gone.status, rule=rule))
    assert judged(leg(ACCEPTED, gone)).condition == "lost"


def test_economy_mail_ends_by_design_once_it_arrived() -> None:
    arrived = leg(ACCEPTED, scan(20, "InTransit", "InTransit_004", "arrived"), ends_by_design=True)
    assert judged(arrived, placed=-60).condition == "tracking_ended"


def test_economy_mail_that_never_arrived_is_stalled_like_any_other() -> None:
    flying = leg(ACCEPTED, scan(20, "InTransit", "InTransit_007", "line_haul"), ends_by_design=True)
    assert judged(flying, placed=-60).condition == "stalled"


@pytest.mark.parametrize(
    ("legs", "facts"),
    [
        ([leg(scan(60, "InTransit", "InTransit_002", "accepted"), scan(50, "Delivered"))], {"placed": -30}),
        ([leg(scan(60, "InTransit", "InTransit_002"), scan(2, "InTransit", "InTransit_003"))], {"placed": -30}),
        ([leg(ACCEPTED, scan(2, "Delivered"), destination_country="BR")], {"destination_country": "DE"}),
        ([leg(scan(27.9, "InTransit", "InTransit_002"), scan(26, "Delivered"))],
         {"placed": -28, "shipped_on": NOW.date() - timedelta(days=20)}),
    ],
)  # fmt: skip
def test_a_number_that_is_not_this_orders_is_suspicious(legs: list[Leg], facts: dict[str, object]) -> None:
    assert judged(*legs, **facts).condition == "suspicious"


@pytest.mark.parametrize(("ago", "condition"), [(30.9, "suspicious"), (30, "delivered"), (29.4, "delivered")])
def test_delivered_more_than_a_day_before_it_was_ordered_is_another_parcel(
    ago: float, condition: str
) -> None:
    """Nobody told when it was shipped; a zone can put a delivery a day ahead, but no further."""
    verdict = judged(leg(scan(ago, "Delivered", "Delivered_001")), placed=-29, shipped_on=None)
    assert verdict.condition == condition


def test_a_label_printed_before_the_order_is_not_suspicious() -> None:
    early = scan(40, "InfoReceived", "InfoReceived_001", "label")
    assert (
        judged(leg(early, ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin")), placed=-30).condition
        == "moving"
    )


def test_one_weak_sign_alone_is_not_enough() -> None:
    one = parcel(
        leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin")), other_sellers=("Other Store",)
    )
    assert assess(one, order(one), Policy(), NOW).condition == "moving"


def test_texts_nobody_understands_prove_nothing() -> None:
    verdict = judged(leg(scan(2, "Unknown", text="Qwertz")))
    assert verdict.condition == "unchecked"
    assert verdict.last_movement_at is None


def test_an_unknown_text_after_a_known_scan_is_told_and_not_guessed() -> None:
    verdict = judged(
        leg(ACCEPTED, scan(3, "InTransit", "InTransit_003", "origin"), scan(1, "Unknown", text="Qwertz"))
    )
    assert (verdict.condition, verdict.last_movement_at) == ("moving", days_ago(3))
    assert any("not understood" in str(reason) for reason in verdict.reasons)


def test_a_scan_from_the_future_hides_no_silence() -> None:
    quiet = scan(20, "InTransit", "InTransit_007", "line_haul")
    verdict = judged(leg(ACCEPTED, quiet, scan(-30, "InTransit", "InTransit_003")), placed=-60)
    assert verdict.condition == "stalled"
    assert judged(leg(ACCEPTED, quiet, scan(-30, "Delivered")), placed=-60).condition == "stalled"


def test_a_clock_some_hours_ahead_is_taken_as_now() -> None:
    verdict = judged(leg(ACCEPTED, scan(-0.4, "Delivered", "Delivered_001")))
    assert (verdict.condition, verdict.idle_days) == ("delivered", 0)


@pytest.mark.parametrize(
    ("place", "sellers", "condition", "told"),
    [
        ("Kyiv", (), "delivered", True),
        ("Kyiv", ("Other Store",), "suspicious", True),
        ("80331 Munchen", (), "delivered", False),
        ("", (), "delivered", False),
    ],
)
def test_a_delivery_in_another_city_is_a_weak_sign(
    place: str, sellers: tuple[str, ...], condition: str, told: bool
) -> None:
    one = parcel(leg(ACCEPTED, scan(1, "Delivered", place=place)), other_sellers=sellers)
    verdict = assess(one, order(one), Policy(home_city=("München", "Munich")), NOW)
    assert verdict.condition == condition
    assert any("your city is München." in str(reason) for reason in verdict.reasons) is told
