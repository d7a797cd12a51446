"""What a refusal of the dispute form teaches: from when on the shop takes it, in its languages."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.commands import fill
from monitor.disputes import DisputeForm
from monitor.session import Session
from scrapers.marketplaces.aliexpress.refusals import not_before
from scrapers.orders import UNSURE_DAY, OrderRecord, ShownDate

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(("sentence", "language", "day"), [
    ("Your package is in transit, you can apply after Dec 5, 2026.", "en", date(2026, 12, 5)),
    ("Ordered on Nov 1, 2026, still in transit. You can apply for a refund from Dec 5, 2026.", "en", date(2026, 12, 5)),
    ("Das Paket ist unterwegs. Ein Antrag ist ab dem 5. Dez. 2026 möglich.", "de", date(2026, 12, 5)),
    ("Das Paket ist unterwegs. Ein Antrag ist ab dem 05.12.2026 möglich.", "de", date(2026, 12, 5)),
    ("El paquete está en tránsito; podrás solicitarlo después del 5 de diciembre de 2026.", "es", date(2026, 12, 5)),
    ("Le colis est en transit, vous pourrez faire la demande après le 5 déc. 2026.", "fr", date(2026, 12, 5)),
    ("Você poderá solicitar a partir de 05/12/2026.", "pt", date(2026, 12, 5)),
    ("Посылка в пути. Вы сможете подать заявку после 5 декабря 2026 г.", "ru", date(2026, 12, 5)),
    ("운송 중입니다. 2026년 12월 5일 이후에 신청할 수 있습니다.", "ko", date(2026, 12, 5)),
    ("In transit, you can apply after 5 Dec.", "en", date(2026, 12, 5)),
    ("12월 5일 이후에 신청할 수 있습니다.", "ko", date(2026, 12, 5)),
    ("Still in transit. You can apply after Jan 3.", "en", date(2027, 1, 3)),
    ("You can apply in 11 days.", "en", date(2026, 12, 5)),
    ("Der Antrag ist in 11 Tagen möglich.", "de", date(2026, 12, 5)),
    ("Vous pourrez faire la demande dans 11 jours.", "fr", date(2026, 12, 5)),
    ("11일 후에 신청할 수 있습니다.", "ko", date(2026, 12, 5)),
    ("11日後に申請できます。", "ja", date(2026, 12, 5)),
])  # fmt: skip
def test_the_day_is_read(sentence: str, language: str, day: date) -> None:
    shown = not_before(sentence, language, TODAY)
    assert shown is not None
    assert (shown.kind, shown.day, shown.sentence) == ("opens_on", day, sentence)
    assert UNSURE_DAY not in shown.place


@pytest.mark.parametrize("sentence", [
    "Your package is in transit.",
    "The item was ordered on Nov 1, 2026 and is in transit.",
    "You have to apply within 15 days of delivery; this time is over.",
    "Die Frist von 15 Tagen ist vorbei.",
    "Bitte warten Sie 15 Tage nach dem Versand.",
    "You may 3 times change your request.",
    "",
])  # fmt: skip
def test_no_day_is_made_up(sentence: str) -> None:
    assert not_before(sentence, "en", TODAY) is None


def test_a_day_that_can_be_read_two_ways_is_marked() -> None:
    shown = not_before("You can apply after 05/12/2026.", "", TODAY)
    assert shown is None or UNSURE_DAY in shown.place


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORDER = "8190313100290020"


@pytest.mark.browser
def test_a_refused_dispute_teaches_the_deadline_and_is_to_be_tried_every_day(
    browser_executable: Path, display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in display.env.items():
        monkeypatch.setenv(name, value)
    with start_shop(
        load("demo", NOW),
        variant=Variant(seed=5, refusal="Your package is in transit, you can apply after Nov 28, 2026."),
    ) as shop:
        (tmp_path / "config.toml").write_text(
            f'[general]\ntimezone = "UTC"\n[browser]\nexecutable = "{browser_executable}"\n[notify]\ndesktop = false\n'
            f'[marketplace.aliexpress]\nbase_url = "{shop.url}"\n'
        )
        session = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
        promise = ShownDate("protection_end", date(2026, 11, 28), "page", "order detail")
        session.store.save(
            [
                OrderRecord(
                    ORDER, "page", placed_on=date(2026, 10, 1), order_state="shipped", dates=(promise,)
                )
            ],
            NOW,
        )
        form = DisputeForm(ORDER, received=False, reason="not_received_in_transit", text="Not here.")
        assert fill.fill(session, session.order(ORDER), form, wait=False, as_json=True) == 5
        assert shop.writes == []
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["opens_on"]) == ("refused", "2026-11-28")
    (opens,) = [d for d in session.verdict(ORDER).deadlines if d.kind == "opens_on"]
    assert (opens.last_safe_day, opens.source) == (date(2026, 11, 28), "page")
    tries = []
    for days in range(5):
        later = replace(session, clock=lambda days=days: NOW + timedelta(days=days))
        notices = later.verdict(ORDER).notices(session.config.policy)
        tries.append([notice.body for notice in notices if notice.kind == "retry_dispute"])
    assert [len(bodies) for bodies in tries] == [0, 1, 1, 1, 0], "every day after, the last safe day included"
    assert "after your last safe day: keep its refusal" in tries[1][0]
