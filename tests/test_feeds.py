"""What other programs read of the page: a calendar, a feed, JSON and metrics, each checked by a reader of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
import vobject
from builders import NOW, NUMBER, day, days_ago, scan
from ical.calendar_stream import IcsCalendarStream
from prometheus_client.parser import text_string_to_metric_families

from monitor.adapters.feed_key import FeedKey
from monitor.adapters.store import StoredNotice
from monitor.commands.feeds import feeds
from monitor.model import Leg
from monitor.rules.notices import Notice
from monitor.session import Session
from monitor.web import atom
from monitor.web.server import Served, serving
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

ORDER, OTHER = "8190000000000001", "8190000000000002"
PATHS = ("/calendar.ics", "/feed.atom", "/metrics", "/api/v1/", "/api/v1/orders", "/api/v1/deadlines")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "config.toml").write_text('[general]\ntimezone = "Europe/Berlin"\n')
    opened = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    for order in (ORDER, OTHER):
        seen = ShownDate("protection_end", day(9), "page", "order detail", "No delivery before then")
        record = OrderRecord(
            order, "page", title="Лампа; <b>blue</b>, “Größe”", placed_on=day(-40), shipped_on=day(-38),
            order_state="shipped", parcels=(ShopParcel(NUMBER),), dates=(seen,),
        )  # fmt: skip
        opened.store.save([record], NOW)
    stored = opened.order(ORDER)
    report = TrackingReport(NUMBER, "ok", events=(scan(20, "InTransit", stage="line_haul"),))
    opened.store.record("cainiao", [report], {stored.parcels[0].id: [Leg("cainiao", NUMBER)]}, days_ago(0.1))
    blocked = TrackingReport(NUMBER, "blocked", detail="a web page where data was due")
    opened.store.record("4px", [blocked], {stored.parcels[0].id: [Leg("4px", NUMBER)]}, days_ago(0.1))
    yield opened
    opened.store.close()


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with serving(session) as running:
        yield running


@pytest.fixture
def key(session: Session) -> str:
    return FeedKey(session.data_dir).renew()


def get(
    served: Served, path: str, *headers: tuple[str, str], method: str = "GET", host: str = ""
) -> tuple[int, str]:
    there = urlsplit(served.address)
    with contextlib.closing(
        http.client.HTTPConnection(str(there.hostname), there.port, timeout=20)
    ) as client:
        client.request(method, path, headers={"Host": host or there.netloc, **dict(headers)})
        answer = client.getresponse()
        return answer.status, answer.read().decode()


def warn(
    session: Session, kind: str, made_at: datetime, title: str = "Buyer protection: 3 days left"
) -> None:
    body = "Order ..0001: last safe day 2026-12-02."
    session.store.tell(Notice(kind, kind, None, None, title, body), [], made_at)


def test_the_key_opens_these_addresses_alone_and_only_to_read(
    session: Session, served: Served, key: str
) -> None:
    for path in PATHS:
        assert get(served, f"{path}?key={key}")[0] == 200, path
        assert get(served, path, ("Authorization", f"Bearer {key}"))[0] == 200, path
        for wrong in (key[:-1], f"{key}x", "", "%00", "%C3%A9"):
            status, said = get(served, f"{path}?key={wrong}")
            assert status in (400, 403), (path, wrong)
            assert ORDER not in said
        assert get(served, path)[0] == 403
        assert "parcelwarden feeds" in get(served, path)[1]
        elsewhere = f"evil.example:{urlsplit(served.address).port}"
        assert get(served, f"{path}?key={key}", host=elsewhere)[0] == 421
        origin = ("Origin", served.address.rstrip("/"))
        assert get(served, f"{path}?key={key}", origin, method="POST")[0] in (403, 405)
    for path in ("/", f"/orders/{ORDER}", "/api/v1", "/metrics/", "/calendar.ics/../", "//feed.atom"):
        assert get(served, f"{path}?key={key}")[0] in (403, 404), path


def test_a_new_key_revokes_the_old_at_once_and_without_one_nothing_opens(
    session: Session, served: Served
) -> None:
    assert get(served, "/metrics?key=")[0] == 403
    first = FeedKey(session.data_dir).renew()
    assert get(served, f"/metrics?key={first}")[0] == 200
    second = FeedKey(session.data_dir).renew()
    assert (get(served, f"/metrics?key={first}")[0], get(served, f"/metrics?key={second}")[0]) == (403, 200)
    (session.data_dir / "feeds.key").write_text("short\n")
    assert get(served, "/metrics?key=short")[0] == 403


def test_a_subscribed_calendar_takes_it_and_follows_a_change(
    session: Session, served: Served, key: str
) -> None:
    """`ical` is the library Home Assistant subscribes to remote calendars with; vobject is a second reader."""
    status, text = get(served, f"/calendar.ics?key={key}")
    assert status == 200
    before = {e.uid: e for e in IcsCalendarStream.calendar_from_ics(text).events}
    uid = f"aliexpress-{ORDER}-protection_end@parcelwarden"
    assert before[uid].dtstart == day(8)
    assert {alarm.trigger for alarm in before[uid].alarm} == {
        timedelta(hours=9) - timedelta(days=days) for days in (14, 7, 3, 1, 0)
    }
    assert {e.uid.value for e in vobject.readOne(text).vevent_list} == set(before)
    assert get(served, f"/calendar.ics?key={key}")[1] == text
    moved = ShownDate("protection_end", day(20), "page", "order detail", "No delivery before then")
    session.store.save([OrderRecord(ORDER, "page", dates=(moved,))], NOW + timedelta(hours=1))
    _, text = get(served, f"/calendar.ics?key={key}")
    after = {e.uid: e for e in IcsCalendarStream.calendar_from_ics(text).events}
    assert after.keys() == before.keys()
    assert (after[uid].dtstart, before[uid].sequence, after[uid].sequence) == (day(19), 0, 1)


def test_the_feed_is_valid_and_newest_first(session: Session, served: Served, key: str) -> None:
    warn(session, "a", NOW - timedelta(days=1))
    warn(session, "b", NOW, title="<b>not bold</b> & \x07 bell")
    read = feedparser.parse(get(served, f"/feed.atom?key={key}")[1].encode())
    assert (read.bozo, read.version) == (False, "atom10")
    assert [e.title_detail.type for e in read.entries] == ["text/plain"] * 2
    assert read.entries[0].title == "<b>not bold</b> & \ufffd bell"
    assert read.entries[1].title == "Buyer protection: 3 days left"
    assert len({e.id for e in read.entries}) == 2
    assert all(e.link == served.address for e in read.entries)
    assert key not in str(read)


def test_an_entry_of_the_feed_leads_to_its_order_whatever_its_number_looks_like() -> None:
    told = StoredNotice(
        1, "AB/12#3", "moved", None, None, "A title", "A body", NOW, None, stands=True, snoozed_until=None, taken_by=()
    )  # fmt: skip
    read = feedparser.parse(atom.feed([told], "http://127.0.0.1:8437/"))
    assert read.entries[0].link == "http://127.0.0.1:8437/orders/AB%2F12%233"


def test_the_json_has_the_words_of_status_and_show(session: Session, served: Served, key: str) -> None:
    def read(path: str) -> dict[str, object]:
        return dict(json.loads(get(served, f"{path}{'&' if '?' in path else '?'}key={key}")[1]))

    listed = read("/api/v1/orders")["orders"]
    assert isinstance(listed, list)
    assert {o["order_id"] for o in listed} == {ORDER, OTHER}
    session.store.set_day(session.order(OTHER), "received_on", day(0))
    assert len(read("/api/v1/orders")["orders"]) == 1  # type: ignore[arg-type]  # a list
    assert len(read("/api/v1/orders?all=1")["orders"]) == 2  # type: ignore[arg-type]  # a list
    whole = read(f"/api/v1/orders/{ORDER}")
    assert whole["parcels"][0]["condition"] == "stalled"  # type: ignore[index]  # a list of objects
    deadlines = read("/api/v1/deadlines")["deadlines"]
    assert isinstance(deadlines, list)
    assert [d["last_safe_day"] for d in deadlines] == sorted(d["last_safe_day"] for d in deadlines)
    assert {d["order_id"] for d in deadlines} == {ORDER}
    carriers = {c["id"]: c for c in read("/api/v1/carriers")["carriers"]}  # type: ignore[attr-defined]  # a list
    assert (carriers["cainiao"]["outcomes"], carriers["4px"]["outcomes"]) == ({"ok": 1}, {"blocked": 1})
    assert carriers["cainiao"]["last_good_at"]
    assert (carriers["4px"]["last_good_at"], carriers["dhl"]["last_attempt_at"]) == (None, None)
    assert get(served, f"/api/v1/orders/none?key={key}")[0] == 404


def test_the_metrics_are_read_by_prometheus_and_name_no_order(
    session: Session, served: Served, key: str
) -> None:
    _, text = get(served, "/metrics", ("Authorization", f"Bearer {key}"))
    values = {
        (s.name, *s.labels.values()): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }
    assert values["parcelwarden_orders_watched",] == 2
    assert values["parcelwarden_parcels", "stalled"] == 1
    assert values["parcelwarden_days_left",] == 8
    assert values["parcelwarden_carrier_numbers", "4px", "blocked"] == 1
    assert values["parcelwarden_last_good_check_timestamp_seconds",] == days_ago(0.1).timestamp()
    assert "0001" not in text
    assert "Лампа" not in text


def test_a_broken_store_is_one_sentence(session: Session, served: Served, key: str) -> None:
    session.store.close()
    session.store_path.write_bytes(b"not a store at all" * 100)
    status, said = get(served, f"/api/v1/orders?key={key}")
    assert (status, said.count("\n")) == (503, 1)


# -- the command ---------------------------------------------------------------------------------------------


def test_the_command_prints_addresses_that_open_and_revokes_them(
    session: Session, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*, new_key: bool = False) -> dict[str, str]:
        assert feeds(session, new_key=new_key, as_json=True) == 0
        return dict(json.loads(capsys.readouterr().out))

    first = printed()
    assert printed() == first
    paths = [first[name].removeprefix(served.address) for name in ("calendar", "feed", "json", "metrics")]
    assert {get(served, f"/{path}")[0] for path in paths} == {200}
    assert printed(new_key=True)["key"] != first["key"]
    assert {get(served, f"/{path}")[0] for path in paths} == {403}
    assert (session.data_dir / "feeds.key").stat().st_mode & 0o077 == 0


def test_the_page_about_feeds_names_every_address() -> None:
    page = (Path(__file__).parents[1] / "docs" / "feeds.md").read_text("utf-8")
    for path in (
        *PATHS[:3],
        "/api/v1/orders",
        "/api/v1/orders/ORDER",
        "/api/v1/deadlines",
        "/api/v1/carriers",
    ):
        assert f"| `{path}` |" in page
