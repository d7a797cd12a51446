"""The local page's gate: only its owner's own browser gets in, by a link or a token, and nobody through it."""

from __future__ import annotations

import http.client
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from builders import NOW, NUMBER, day, days_ago, scan

from monitor.model import Leg
from monitor.session import Session
from monitor.web import server
from monitor.web.server import PortTaken, Served, already_serving, serving
from scrapers.base import TrackingReport
from scrapers.orders import CaseRecord, OrderLine, OrderRecord, ShopParcel, ShownDate

ORDER, CALM = "8190000000000001", "8190000000000002"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "config.toml").write_text('[general]\ntimezone = "Europe/Berlin"\n')
    opened = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    yield opened
    opened.store.close()


def fill(session: Session, words: str = "", order: str = ORDER, left: int = 3) -> None:
    """An order with something in every field that others write."""
    record = OrderRecord(
        order, "page", title=words or "Desk lamp", seller=words or "Lamp house", placed_on=day(-40),
        shipped_on=day(-38), order_state="shipped", parcels=(ShopParcel(NUMBER, carrier_name=words),),
        lines=(OrderLine("1", words or "Desk lamp"),) if not words else (),
        dates=(ShownDate("protection_end", day(left), "page", "order detail", words or "until then"),),
        cases=(CaseRecord("77", "waiting_seller", words=words),) if words else (),
    )  # fmt: skip
    store = session.store
    store.save([record], NOW)
    stored = session.order(order)
    event = scan(20, "InTransit", stage="line_haul", text=words or "Left the country", place=words, code="x")
    report = TrackingReport(NUMBER, "ok", events=(event,), detail=words)
    store.record("cainiao", [report], {stored.parcels[0].id: [Leg("cainiao", NUMBER)]}, days_ago(0.1))
    if words:
        store.add_refusal(stored, words, "", NOW)


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with serving(session) as running:
        yield running


def ask(
    served: Served, method: str, path: str, headers: list[tuple[str, str]], body: str = ""
) -> tuple[int, str, str]:
    parts = urlsplit(served.address)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=100)) as connection:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("set-cookie", "")


def opened(served: Served) -> tuple[str, str, str]:
    """Host, cookie and form key of a browser that used the link."""
    host, key = urlsplit(served.address).netloc, served.link.partition("key=")[2]
    known = [("Host", host), ("Origin", f"http://{host}")]
    _, _, cookie = ask(served, "POST", "/enter", known, urlencode({"key": key}))
    cookie = cookie.partition(";")[0]
    _, text, _ = ask(served, "GET", f"/orders/{ORDER}", [("Host", host), ("Cookie", cookie)])
    found = re.search(r'name="form" value="([^"]+)"', text)
    assert found
    return host, cookie, found.group(1)


def test_only_the_exact_request_changes_anything(session: Session, served: Served) -> None:
    fill(session)
    host, cookie, form = opened(served)
    port = host.partition(":")[2]
    hosts = [
        host,
        f"localhost.evil:{port}",
        f"127.0.0.1.nip.io:{port}",
        "127.0.0.1",
        f"0.0.0.0:{port}",
        "",
        f"[::1]:{port}",
    ]
    origins = [
        f"http://{host}",
        "null",
        "http://evil.example",
        f"https://{host}",
        f"http://127.0.0.1:{int(port) - 1}",
        "",
    ]
    cookies = [cookie, cookie[:-1], ""]
    forms = [form, form[:-1], ""]
    tried = 0
    for h, o, c, f in itertools.product(hosts, origins, cookies, forms):
        if (h, o, c, f) == (host, origins[0], cookie, form):
            continue
        tried += 1
        headers = [(n, v) for n, v in (("Host", h), ("Origin", o), ("Cookie", c)) if v]
        # Without a Host it is no HTTP: the server hangs up at once, and a body would meet a closed connection.
        body = urlencode({"form": f}) if h else ""
        status, said, _ = ask(served, "POST", f"/say/received/{ORDER}", headers, body)
        assert status in (400, 403, 421), (h, o, c, f)
        assert "Desk lamp" not in said
    assert tried > 300
    assert session.order(ORDER).received_on is None
    right = [("Host", host), ("Origin", origins[0]), ("Cookie", cookie)]
    for site in ("cross-site", "same-site"):
        marked = [*right, ("Sec-Fetch-Site", site)]
        assert ask(served, "POST", f"/say/received/{ORDER}", marked, urlencode({"form": form}))[0] == 403
    assert ask(served, "GET", f"/say/received/{ORDER}", right)[0] == 405
    assert ask(served, "POST", f"/say/received/{ORDER}", right, "x" * 70_000)[0] == 413
    assert session.order(ORDER).received_on is None
    assert ask(served, "POST", f"/say/received/{ORDER}", right, urlencode({"form": form}))[0] == 303
    assert session.order(ORDER).received_on == day(0)


def test_reading_needs_the_cookie_and_the_link_works_once(session: Session, served: Served) -> None:
    fill(session)
    host, cookie, _ = opened(served)
    for path in ("/", f"/orders/{ORDER}"):
        assert ask(served, "GET", path, [("Host", host)])[0] == 403
        assert ask(served, "GET", path, [("Host", f"evil.example:{host[-5:]}"), ("Cookie", cookie)])[0] == 421
        assert ask(served, "GET", path, [("Host", host), ("Host", host), ("Cookie", cookie)])[0] in (400, 421)
    again = [("Host", host), ("Origin", f"http://{host}")]
    status, said, got = ask(
        served, "POST", "/enter", again, urlencode({"key": served.link.partition("key=")[2]})
    )
    assert (status, got) == (403, "")
    assert "used already" in said


def test_a_taken_port_is_one_sentence(session: Session, served: Served) -> None:
    port = urlsplit(served.address).port
    assert port
    with pytest.raises(PortTaken, match=str(port)), serving(session, port):
        pass


def test_a_browser_stays_known_over_a_restart_and_a_token_opens_too(session: Session) -> None:
    fill(session)
    token = "correct horse battery"
    assert session.config_path is not None
    session.config_path.write_text(f'[general]\ntimezone = "Europe/Berlin"\n[web]\ntoken = "{token}"\n')
    session.reload_config(session.config_path)
    with serving(session) as served:
        port = urlsplit(served.address).port or 0
        host = urlsplit(served.address).netloc
        known = [("Host", host), ("Origin", f"http://{host}")]
        assert ask(served, "POST", "/enter", known, urlencode({"key": "a guess of sixteen"}))[0] == 403
        for _ in range(2):
            status, _, cookie = ask(served, "POST", "/enter", known, urlencode({"key": token}))
            assert status == 303
        assert "samesite=strict" in cookie.lower()
        assert "httponly" in cookie.lower()
    with serving(session, port) as again:
        held = [("Host", host), ("Cookie", cookie.partition(";")[0])]
        assert ask(again, "GET", "/", held)[0] == 200
    session.config_path.write_text("[web]\ntoken = 'another one of sixteen'\n")
    session.reload_config(session.config_path)
    with serving(session, port) as changed:
        assert ask(changed, "GET", "/", held)[0] == 403


def test_beyond_this_machine_addresses_pass_and_names_do_not(session: Session) -> None:
    assert session.config_path is not None
    session.config_path.write_text("[web]\nhost = '0.0.0.0'\ntoken = '0123456789abcdef'\n")
    with serving(session) as served:
        assert served.beyond
        port = urlsplit(served.address).port
        for host, status in ((f"192.168.1.20:{port}", 200), (f"[fe80::1]:{port}", 200), (f"nas.local:{port}", 421),
                             ("192.168.1.20:1", 421), (f"evil.example:{port}", 421)):  # fmt: skip
            assert ask(served, "GET", "/enter", [("Host", host)])[0] == status


def test_another_command_makes_a_link_to_the_page_that_is_served(session: Session, served: Served) -> None:
    there = already_serving(session)
    assert there is not None
    assert there.address == served.address
    host = urlsplit(served.address).netloc
    known = [("Host", host), ("Origin", f"http://{host}")]
    old, new = (link.partition("key=")[2] for link in (served.link, there.link))
    assert ask(served, "POST", "/enter", known, urlencode({"key": old}))[0] == 403
    assert ask(served, "POST", "/enter", known, urlencode({"key": new}))[0] == 303
    (session.data_dir / "page-address").write_text("http://127.0.0.1:9/")
    assert already_serving(session) is None


def test_the_secrets_of_the_page_are_their_owners_alone(session: Session, served: Served) -> None:
    for name in ("page-session", "page-link", "page-address"):
        assert (session.data_dir / name).stat().st_mode & 0o077 == 0


LOADED_BY_A_KNOCK = """
import sys, urllib.error, urllib.request
from pathlib import Path
from monitor.session import Session
from monitor.web.server import serving
session = Session(None, Path(sys.argv[1]))
with serving(session):
    pass
with serving(session) as served:
    before = "starlette" in sys.modules or "uvicorn" in sys.modules
    try:
        urllib.request.urlopen(served.address)
    except urllib.error.HTTPError as refused:
        print(before, refused.code)
"""


def test_the_page_is_loaded_when_somebody_knocks(tmp_path: Path) -> None:
    words = [sys.executable, "-c", LOADED_BY_A_KNOCK, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("False 403\n", "")


def test_a_page_that_cannot_be_loaded_is_said_and_answers_nobody(
    session: Session, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object) -> None:
        raise ImportError("another version lies there now")

    monkeypatch.setattr(server, "_server", gone)
    with serving(session) as served, pytest.raises(ConnectionError):
        ask(served, "GET", "/", [])
    assert capsys.readouterr().err == (
        "The page cannot be served (ImportError): was parcelwarden updated, start it again.\n"
    )
