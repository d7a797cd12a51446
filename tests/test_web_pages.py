"""Every page and button of the local page, as a user meets them; the requests are real, the browser where it counts."""

from __future__ import annotations

import http.client
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import urlopen

import pytest
from builders import NOW, NUMBER, day, days_ago, scan
from pypdf import PdfReader
from test_web import opened
from watch import until

from monitor import config
from monitor.model import Leg
from monitor.rules.notices import Notice
from monitor.session import Session
from monitor.web.server import Served, serving
from scrapers.base import TrackingReport
from scrapers.orders import CaseRecord, OrderRecord, ShopParcel, ShownDate

ORDER, CALM, OTHER_SHOP = "8190000000000001", "8190000000000002", "A/B#1"
CONFIG = '# mine\n[general]\ntimezone = "Europe/Berlin" # home\n[notify]\ndesktop = false # quiet\n'


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "config.toml").write_text(CONFIG)
    opened_one = Session(folder / "config.toml", folder / "data", clock=lambda: NOW)
    store = opened_one.store
    for order_id, left, title in ((ORDER, 3, "Desk lamp"), (CALM, 50, "Чайник")):
        protection = ShownDate("protection_end", day(left), "page", "order detail", f"until {day(left)}")
        parcel = ShopParcel(NUMBER if order_id == ORDER else "LX700100232CN")
        record = OrderRecord(
            order_id, "page", title=title, seller="Lamp house", placed_on=day(-40), shipped_on=day(-38),
            order_state="shipped", parcels=(parcel,), dates=(protection,),
        )  # fmt: skip
        store.save([record], NOW)
    store.save([OrderRecord(OTHER_SHOP, "manual", "ebay", title="Cable", placed_on=day(-5))], NOW)
    stored = opened_one.order(ORDER)
    events = (scan(30, "InfoReceived"), scan(20, "InTransit", stage="line_haul", text="离开始发国"))
    answer = TrackingReport(NUMBER, "ok", events=events)
    store.record("cainiao", [answer], {stored.parcels[0].id: [Leg("cainiao", NUMBER)]}, days_ago(0.1))
    store.add_refusal(stored, "Please wait until the parcel arrives", "", NOW)
    store.save([OrderRecord(CALM, "page", cases=(CaseRecord("7", "waiting_seller", words="Waiting"),))], NOW)
    store.tell(
        Notice("own", "no_channel", None, None, "Nothing reaches you", "No channel takes warnings."), [], NOW
    )
    yield opened_one
    store.close()


@pytest.fixture(scope="module")
def served(session: Session) -> Iterator[Served]:
    with serving(session) as running:
        yield running


@pytest.fixture(scope="module")
def visitor(served: Served) -> Visitor:
    return Visitor(served)


class Visitor:
    """Someone who is in, without a script."""

    def __init__(self, served: Served) -> None:
        self._host, self._cookie, self._form = opened(served)

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, b"", "")

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Status, and where the answer leads or what it says."""
        body = urlencode({**fields, "form": self._form}).encode()
        return self._ask("POST", path, body, "application/x-www-form-urlencoded")

    def send(
        self, path: str, name: str, content: bytes, form: str | None = None, **fields: str
    ) -> tuple[int, str]:
        fields = {"form": form or self._form, **fields}
        parts = [
            *(f'--x\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
              for field, value in fields.items()),
            f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode(),
            content, b"\r\n--x--\r\n",
        ]  # fmt: skip
        return self._ask("POST", path, b"".join(parts), "multipart/form-data; boundary=x")

    def load(self, path: str) -> bytes:
        """What a download holds."""
        return self._answer("GET", path, b"", "")[2]

    def _ask(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        status, location, content = self._answer(method, path, body, kind)
        return status, location or content.decode()

    def _answer(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str, bytes]:
        parts = urlsplit(f"http://{self._host}")
        headers = {"Cookie": self._cookie, "Origin": f"http://{self._host}"}
        if kind:
            headers["Content-Type"] = kind
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=100)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("location", ""), answer.read()


def test_the_first_page_groups_finds_and_sorts(visitor: Visitor) -> None:
    status, said = visitor.get("/")
    assert status == 200
    places = [said.index(words) for words in ('id="group-1"', "Desk lamp", 'id="group-2"', "Чайник")]
    assert places == sorted(places)
    assert "Nothing reaches you" in said
    assert "2 days left" in said
    assert "as the shop shows it" in said
    assert "Prepare the dispute" in said
    assert "Desk lamp" not in visitor.get(f"/?q={quote('чай')}")[1]
    assert "Чайник" in visitor.get("/?q=lx7001")[1]
    assert "Desk lamp" not in visitor.get("/?only=On+the+way")[1]
    for sort in ("last+safe+day", "silence", "newest", "amount", "nonsense"):
        assert visitor.get(f"/?sort={sort}")[0] == 200


def test_an_order_is_told_whole(visitor: Visitor) -> None:
    status, said = visitor.get(f"/orders/{ORDER}")
    assert status == 200
    for words in (
        "离开始发国", "on its way between the countries", "answered with scans", "Please wait until the parcel arrives",
        "high confidence", f"until {day(3)}", "The newest scan is of", "never submits",
        f"https://global.cainiao.com/newDetail.htm?mailNoList={NUMBER}",
    ):  # fmt: skip
        assert words in said, words
    first_day = said.split("Dispute can be opened from")[1].split("</tr>")[0]
    assert "over for" not in first_day, "what begins then is not over"


def test_an_order_number_of_another_shop_may_hold_any_sign(visitor: Visitor, session: Session) -> None:
    address = f"/orders/{quote(OTHER_SHOP, safe='')}"
    assert address in visitor.get("/")[1]
    assert "Cable" in visitor.get(address)[1]
    assert visitor.post(f"/say/archive/{quote(OTHER_SHOP, safe='')}") == (303, address)
    assert session.order(OTHER_SHOP).archived_on == day(0)
    assert visitor.get("/orders/unknown")[0] == 404


def test_programs_read_an_order_whose_number_holds_a_slash(visitor: Visitor) -> None:
    status, said = visitor.get(f"/api/v1/orders/{quote(OTHER_SHOP, safe='')}")
    assert (status, json.loads(said)["order_id"]) == (200, OTHER_SHOP)


def test_warnings_are_seen_and_put_off_but_not_past_the_last_safe_day(
    visitor: Visitor, session: Session
) -> None:
    assert visitor.post(f"/say/snooze/{ORDER}", days="7")[0] == 303
    with session.store._database.read() as db:
        until = db.execute("SELECT snoozed_until FROM orders WHERE order_id = ?", (ORDER,)).fetchone()[0]
    assert until < (NOW + timedelta(days=3)).isoformat()
    assert visitor.post(f"/say/ack/{ORDER}") == (303, f"/orders/{ORDER}#warnings")
    assert visitor.post(f"/say/shout/{ORDER}")[0] == 404


def test_the_state_of_a_dispute_is_recorded(visitor: Visitor, session: Session) -> None:
    assert visitor.post(f"/case/{CALM}", state="waiting_buyer", offer="five")[0] == 400
    assert visitor.post(f"/case/{CALM}", state="won")[0] == 400
    assert (
        visitor.post(f"/case/{CALM}", state="waiting_buyer", offer="5.00 USD", words="10 % offered")[0] == 303
    )
    case = session.order(CALM).cases[0]
    assert (case.case_id, case.state, str(case.refund)) == ("7", "waiting_buyer", "5.00")


def test_a_text_is_written_with_its_translation_or_says_what_is_missing(visitor: Visitor) -> None:
    said = visitor.get(f"/drafts/{ORDER}?kind=not-received&language=de")[1]
    assert "I did not receive" in said
    assert "nicht erhalten" in said
    facts = quote("left shoe <missing>\nno box")
    assert "left shoe &lt;missing&gt;" in visitor.get(f"/drafts/{ORDER}?kind=incomplete&facts={facts}")[1]
    assert 'role="alert"' in visitor.get(f"/drafts/{ORDER}?kind=incomplete")[1]
    assert 'role="alert"' in visitor.get(f"/drafts/{ORDER}?kind=not-received&amount=lots")[1]


@pytest.mark.parametrize(
    "text",
    [
        "https://www.aliexpress.com/p/order/detail.html?orderId=8190000000000055 LP00611200340019",
        "Заказ № 8190000000000055, трек LP00611200340019",
        "8190000000000055\nhttps://global.cainiao.com/newDetail.htm?mailNoList=LP00611200340019",
    ],
)
def test_what_is_pasted_is_shown_before_it_is_watched(visitor: Visitor, text: str) -> None:
    status, said = visitor.post("/add", text=text)
    assert status == 200
    assert 'name="order_id" value="8190000000000055"' in said
    assert 'name="tracking" value="LP00611200340019"' in said


def test_what_was_pasted_is_watched_once_it_is_right(visitor: Visitor, session: Session) -> None:
    assert visitor.post("/add", text="hello")[0] == 400
    fields = {
        "order_id": "8190000000000056",
        "tracking": "LP00611200340019",
        "placed_on": day(-3).isoformat(),
    }
    status, said = visitor.post("/add/order", **{**fields, "placed_on": "soon"})
    assert (status, "expected YYYY-MM-DD" in said, 'value="8190000000000056"' in said) == (400, True, True)
    assert visitor.post("/add/order", **fields, amount="9.50 EUR") == (303, "/orders/8190000000000056")
    order = session.order("8190000000000056")
    assert (str(order.amount), order.parcels[0].number) == ("9.50", "LP00611200340019")


def test_a_pasted_mail_and_pasted_rows_are_read_like_files(visitor: Visitor, session: Session) -> None:
    rows = f"order_id,placed_on,title\n8190000000000057,{day(-2)},Kettle\n"
    assert visitor.post("/add", text=rows) == (303, "/orders/8190000000000057")
    status, said = visitor.post("/add", text="From: a@b.example\nSubject: hello\n\nwhat a day")
    assert (status, "Not taken" in said) == (400, True)


@pytest.mark.browser
def test_the_evidence_made_by_the_button_comes_as_a_pdf_and_a_zip(
    visitor: Visitor, session: Session, browser_executable: Path
) -> None:
    path = session.config_path
    assert path is not None
    before = path.read_text()
    path.write_text(f"{before}[browser]\nexecutable = {json.dumps(str(browser_executable))}\n")
    assert visitor.post(f"/evidence/{ORDER}") == (303, f"/orders/{ORDER}#evidence")
    found = re.findall(r'href="(/evidence-file/[^"]+)" download', visitor.get(f"/orders/{ORDER}")[1])
    zipped, printed = (visitor.load(address) for address in found)
    assert [address.split("/")[2].rpartition(".")[2] for address in found] == ["zip", "pdf"]
    said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)
    assert NUMBER in said
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.read("evidence.pdf") == printed
    # Where the browser is gone, one sentence says so, and what was made stays.
    path.write_text(f'{before}[browser]\nexecutable = "/nowhere/chrome"\n')
    status, said = visitor.post(f"/evidence/{ORDER}")
    path.write_text(before)
    (alarm,) = re.findall(r'role="alert"[^>]*>([^<]+)<', said)
    assert (status, "/nowhere/chrome" in alarm, "Traceback" in said) == (400, True, False)
    assert found[0] in said
    assert visitor.get(f"/evidence-file/config.toml/{ORDER}") == (303, f"/orders/{ORDER}#evidence")


def test_files_are_taken_in_and_bad_rows_named(visitor: Visitor, session: Session) -> None:
    rows = f"order_id,placed_on\n8190000000000058,{day(-2)}\n8190000000000059,{day(-2)}\nx,{day(-2)}\n"
    status, said = visitor.send("/import", "../or ders.csv", rows.encode())
    assert (status, "2 added" in said, "line 4" in said) == (200, True, True)
    assert "2 unchanged" in visitor.send("/import", "orders.csv", rows.encode())[1]
    assert visitor.send("/import", "big.mbox", b"x" * 2_000_000)[0] in (200, 400)
    assert visitor.send("/import", "orders.csv", rows.encode(), form="guessed")[0] == 403
    assert visitor.send("/say/ack/1", "orders.csv", b"x" * 70_000)[0] == 413


def test_an_order_is_corrected_and_says_what_it_cannot_take(visitor: Visitor, session: Session) -> None:
    status, said = visitor.get(f"/edit/{CALM}")
    assert (status, f'value="{day(-40)}"' in said) == (200, True)
    status, said = visitor.post(
        f"/edit/{CALM}", placed_on=day(-40).isoformat(), shipped_on=day(-50).isoformat()
    )
    assert (status, "lies before placed_on" in said) == (400, True)
    fields = {
        "title": "Kettle",
        "protection_until": day(20).isoformat(),
        "paypal_opened": day(-1).isoformat(),
    }
    assert visitor.post(f"/edit/{CALM}", **fields) == (303, f"/orders/{CALM}")
    order = session.order(CALM)
    assert order.title == "Kettle"
    own = {(d.kind, d.day) for d in order.dates if d.place == "your own word"}
    assert own == {("protection_end", day(20)), ("payer_asked", day(-1))}


def test_the_shops_forms_are_opened_by_our_own_command_with_the_photo_sent(
    visitor: Visitor, session: Session
) -> None:
    """There is no browser here, so that each command ends where it would open a window, and the page says so."""
    path = session.config_path
    assert path is not None
    before = path.read_text()
    session.store.save([OrderRecord(ORDER, "page", order_state="processing")], NOW)
    path.write_text(f'{before}[browser]\nexecutable = "/nowhere/chrome"\n')

    def told() -> str:
        ended: list[str] = []

        def over() -> bool:
            said = visitor.get(f"/orders/{ORDER}")[1]
            ended[:] = re.findall(r"The window was closed.*?<pre[^>]*>(.*?)</pre>", said, re.DOTALL)
            return bool(ended)

        until(over)
        return ended[0]

    assert 'value="cancel">Prepare the cancellation' in visitor.get(f"/orders/{ORDER}")[1]
    assert visitor.post(f"/dispute/{ORDER}", command="cancel") == (303, f"/orders/{ORDER}#dispute")
    assert "/nowhere/chrome" in told()
    assert visitor.post(f"/dispute/{ORDER}", command="confirm")[0] == 404
    assert visitor.post(f"/dispute/{ORDER}", command="dispute", situation="")[0] == 400
    words = {"command": "dispute", "situation": "damaged", "facts": "the glass is broken"}
    sent = visitor.send(f"/dispute/{ORDER}", "../me.JPG", b"no picture", **words)
    assert sent == (303, f"/orders/{ORDER}#dispute")
    (kept,) = session.evidence_dir.glob(f"photo-{ORDER}-*")
    assert (kept.suffix, kept.read_bytes(), kept.stat().st_mode & 0o777) == (".jpg", b"no picture", 0o600)
    assert "/nowhere/chrome" in told()
    path.write_text(before)


def test_settings_keep_the_comments_or_change_nothing(visitor: Visitor, session: Session) -> None:
    path = session.config_path
    assert path is not None
    status, said = visitor.post("/settings", **{"polling.jitter": "lots", "general.postcode": "10115"})
    assert status == 400
    with pytest.raises(config.ConfigError) as wrong:
        config.parse(CONFIG + '[polling]\njitter = "lots"\n', path)
    assert str(wrong.value).partition("polling.jitter")[2].replace("'", "&#39;") in said
    assert path.read_text() == CONFIG
    changes = {
        "general.postcode": "10115",
        "warnings.ladder": "10, 2, 0",
        "thresholds.stages.label.late": "6",
    }
    assert visitor.post("/settings", **changes, **{"notify.command": "/bin/sh"}) == (303, "/settings?saved")
    text = path.read_text()
    assert text.startswith('# mine\n[general]\ntimezone = "Europe/Berlin" # home\n')
    assert "desktop = false # quiet" in text
    assert session.config.policy.ladder == (10, 2, 0)
    assert tomllib.loads(text)["thresholds"]["stages"]["label"] == {"late": 6, "stalled": 10}
    assert session.config.notify.command == ()
    assert session.config_with_keys.general.postcode == "10115", "what asks the carriers knows it, too"


def test_settings_that_cannot_be_used_whole_leave_file_and_watch_as_they_are(
    visitor: Visitor, session: Session
) -> None:
    path = session.config_path
    assert path is not None
    before, in_use = path.read_bytes(), session.config
    for broken, said in ((before + b"\n# gr\xfc\xdfe\n", "not UTF-8"), (before, "corner.toml")):
        path.write_bytes(broken)
        (path.parent / "marketplaces").mkdir(exist_ok=True)
        (path.parent / "marketplaces" / "corner.toml").write_text("nonsense")
        try:
            status, answer = visitor.post("/settings", **{"general.postcode": "20095"})
            assert (status, said in answer) == (400, True), answer
            assert path.read_bytes() == broken
            assert session.config is in_use
        finally:
            (path.parent / "marketplaces" / "corner.toml").unlink()
            path.write_bytes(before)


def test_a_file_that_cannot_be_made_is_said(visitor: Visitor, session: Session) -> None:
    folder, aside = session.data_dir / "page-commands", session.data_dir / "aside"
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    folder.touch()  # in the way
    try:
        status, said = visitor.post(f"/dispute/{CALM}", command="cancel")
    finally:
        folder.unlink()
        aside.rename(folder)
    assert status == 503
    assert "could not be done (File exists)" in said


@pytest.mark.parametrize("path", ["/figures", "/carriers", "/log", "/log?kind=asked", "/add", "/settings"])
def test_the_other_pages_are_there(visitor: Visitor, path: str) -> None:
    status, said = visitor.get(path)
    assert status == 200
    assert "<h1>" in said


def test_the_addresses_for_other_programs_are_shown_once_asked_for(
    visitor: Visitor, session: Session
) -> None:
    assert "key=" not in visitor.get("/settings")[1]
    assert visitor.post("/settings/feeds") == (303, "/settings#feeds")
    assert visitor.post("/settings/feeds")[0] == 303
    addresses = re.findall(r'href="(http[^"]+\?key=[^"]+)"', visitor.get("/settings")[1])
    assert [urlsplit(a).path for a in addresses] == [
        "/calendar.ics",
        "/feed.atom",
        "/api/v1/orders",
        "/metrics",
    ]
    with urlopen(addresses[0], timeout=100) as calendar:
        assert calendar.read().startswith(b"BEGIN:VCALENDAR")


def test_the_figures_say_how_fast_carriers_answer(visitor: Visitor, session: Session) -> None:
    name = "How fast carriers answer"
    assert "Nothing to show yet" in visitor.get("/figures")[1].partition(name)[2]
    parcel = session.order(ORDER).parcels[0].id
    session.store.link({parcel: [Leg("yanwen", "UA000000001YP")]})
    for minutes, took in enumerate((0.5, 0.7, 9.0)):
        at = NOW - timedelta(minutes=minutes)
        session.store.record(
            "yanwen", [TrackingReport("UA000000001YP", "ok")], {}, at, {"UA000000001YP": took}
        )
    session.store.record("yanwen", [TrackingReport("UA000000001YP", "unavailable")], {}, NOW)
    assert "0.7 s (nine of ten: 9.0 s; answers: 3)" in visitor.get("/figures")[1].partition(name)[2]


def test_the_log_says_who_was_asked_and_the_carriers_how_they_do(visitor: Visitor) -> None:
    assert re.search(r"cainiao: answered with scans", visitor.get("/log?kind=asked")[1])
    assert "Cainiao" in visitor.get("/carriers")[1]


def test_the_next_page_comes_with_what_was_changed_elsewhere(visitor: Visitor, session: Session) -> None:
    assert "Put away elsewhere" not in visitor.get("/")[1]
    session.store.save([OrderRecord(ORDER, "page", title="Put away elsewhere")], NOW)
    assert "Put away elsewhere" in visitor.get("/")[1]
    session.store.save([OrderRecord(ORDER, "page", title="Desk lamp")], NOW)
