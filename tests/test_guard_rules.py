"""What the routes and the proxy let through, as a table."""

import socket
import struct
from socketserver import BaseServer
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters import guard
from monitor.adapters.guard import Phase, verdict
from scrapers.marketplaces.aliexpress.dispute import bounds

SHOP = "https://www.aliexpress.com"
API = "https://acs.aliexpress.com/h5/mtop.aliexpress."


@pytest.mark.parametrize(
    ("method", "url", "kind"),
    [
        ("GET", f"{SHOP}/p/order/detail.html?orderId=8190000000000001", "document"),
        ("GET", f"{SHOP}/p/reverse-pages/start.html?a=1", "document"),
        ("GET", f"{SHOP}/p/refund-cancel/index.html", "document"),
        ("GET", "https://login.aliexpress.com/login.htm", "document"),
        ("GET", "https://assets.alicdn.com/g/??a.js,b.js", "script"),
        ("GET", "https://ae01.alicdn.com/kf/S1.jpg_220x220.jpg_.avif", "image"),
        ("GET", f"{API}trade.buyer.order.detail/1.0/?data=x", "script"),
        ("POST", f"{API}trade.buyer.order.list/1.0/", "fetch"),
        ("GET", f"{API}buyer.reverse.batch.initiatereverserender/1.0/", "xhr"),
        ("GET", f"{SHOP}/g/app.js?v=1.2.3", "script"),
        ("GET", f"{SHOP}/g/app.3f2a.css?20261128", "stylesheet"),
        ("GET", f"{SHOP}/assets/uploader.mjs", "script"),
        ("GET", f"{SHOP}/font/a@2x.woff2", "font"),
        ("GET", "https://acs.aliexpress.us/h5/mtop.ae.ld.querydetail/1.0/", "script"),
    ],
)
def test_reading_is_let_through(method: str, url: str, kind: str) -> None:
    assert verdict(bounds(), Phase.READ, method, url, kind) == ""
    assert verdict(bounds(), Phase.UPLOAD, method, url, kind) == ""
    assert verdict(bounds(), Phase.CUT, method, url, kind) != ""


@pytest.mark.parametrize(
    ("method", "url", "kind"),
    [
        ("POST", f"{API}trade.buyer.order.operation/1.0/", "fetch"),
        ("GET", f"{API}trade.buyer.order.operation/1.0/?callback=mtopjsonp1", "script"),
        ("POST", f"{API}buyer.reverse.submit/1.0/", "xhr"),
        ("POST", f"{API}buyer.reverse.querysubmit/1.0/", "xhr"),
        ("POST", f"{API}buyer.reverse.something/1.0/", "xhr"),
        ("POST", f"{SHOP}/p/order/detail.html", "document"),
        ("GET", f"{SHOP}/p/order/confirm.html", "document"),
        ("GET", f"{SHOP}/anything/else", "document"),
        ("GET", f"{SHOP}/w/opened.gif", "image"),
        ("GET", f"{SHOP}/p/order/index.html", "image"),
        ("POST", "https://assets.alicdn.com/g/a.js", "fetch"),
        ("POST", f"{SHOP}/log", "ping"),
        ("POST", "https://filebroker.aliexpress.com/x/upload", "xhr"),
        ("GET", "https://www.aliexpress.com.example/p/order/index.html", "document"),
        ("GET", "http://www.aliexpress.com/p/order/index.html", "document"),
        ("GET", "https://www.aliexpress.com:8443/p/order/index.html", "document"),
        ("GET", "https://notaliexpress.com/p/order/index.html", "document"),
        ("GET", "https://user@evil.example/p/order/index.html#www.aliexpress.com", "document"),
        ("GET", "https://accounts.google.com/ListAccounts", "fetch"),
        ("GET", f"{SHOP}/p/order/detail.html?orderId=1&action=confirmReceipt", "document"),
        ("GET", f"{SHOP}/issue/fastissue/Detail.htm?action=x&event_submit_do_close=1", "document"),
        # a file's name is no cover for what a script asks the shop's own address
        ("GET", f"{SHOP}/g/app.js", "fetch"),
        ("GET", f"{SHOP}/g/app.js", "xhr"),
        ("GET", f"{SHOP}/g/app.js", "other"),
        ("GET", f"{SHOP}/order/confirm.js", "script"),
        ("GET", f"{SHOP}/order/confirm/app.js", "script"),
        ("GET", f"{SHOP}/g/app.js?orderId=8190000000000001", "script"),
        ("GET", f"{SHOP}/g/app.js?v=1&do=it", "script"),
        ("GET", f"{SHOP}/order;do=it/a.css", "stylesheet"),
        ("GET", f"{SHOP}/order/%63onfirm.js", "script"),
    ],
)
def test_everything_else_is_refused_while_the_hand_is_near(method: str, url: str, kind: str) -> None:
    assert verdict(bounds(), Phase.READ, method, url, kind) != ""
    assert verdict(bounds(), Phase.CUT, method, url, kind) != ""
    assert verdict(bounds(), Phase.USER, method, url, kind) == ""


def test_photos_go_through_only_when_they_are_being_sent() -> None:
    upload = "https://filebroker.aliexpress.com/x/upload"
    assert verdict(bounds(), Phase.UPLOAD, "POST", upload, "xhr") == ""
    assert verdict(bounds(), Phase.UPLOAD, "POST", f"{SHOP}/uploadandsubmit", "xhr") != ""
    assert verdict(bounds(), Phase.UPLOAD, "POST", f"{API}buyer.reverse.submit/1.0/", "xhr") != ""
    assert verdict(bounds(), Phase.UPLOAD, "POST", "https://elsewhere.example/upload", "xhr") != ""


def test_another_address_of_the_shop_replaces_all_real_hosts() -> None:
    own = bounds("http://127.0.0.1:8123")
    assert verdict(own, Phase.READ, "GET", "http://127.0.0.1:8123/p/order/index.html", "document") == ""
    assert verdict(own, Phase.READ, "GET", "http://127.0.0.1:8124/p/order/index.html", "document") != ""
    assert verdict(own, Phase.READ, "GET", f"{SHOP}/p/order/index.html", "document") != ""


@pytest.mark.parametrize(
    ("method", "url", "kind", "act"),
    [
        ("POST", f"{API}buyer.reverse.submit/1.0/", "fetch", True),
        ("GET", f"{API}trade.buyer.order.operation/1.0/", "script", True),
        ("POST", f"{SHOP}/p/reverse-pages/start.html", "document", True),
        ("GET", f"{SHOP}/confirmReceipt.htm", "document", True),
        ("POST", f"{API}trade.buyer.order.list/1.0/", "fetch", False),
        ("POST", "https://acs.aliexpress.com/h5/mtop.ae.ui.log.save/1.0/", "fetch", False),
        ("POST", f"{SHOP}/gold-log", "ping", False),
        ("GET", "https://assets.alicdn.com/submit.js", "script", False),
        ("POST", "https://elsewhere.example/submit", "document", False),
    ],
)
def test_the_act_itself_is_told_from_noise(method: str, url: str, kind: str, *, act: bool) -> None:
    assert bounds().is_the_act(method, url, kind) is act


@given(
    st.text(), st.sampled_from(["GET", "POST", "PUT"]), st.sampled_from(["document", "image", "fetch", ""])
)
def test_no_address_breaks_the_rule(url: str, method: str, kind: str) -> None:
    assert isinstance(verdict(bounds(), Phase.READ, method, f"https://{url}", kind), str)
    assert isinstance(bounds().is_the_act(method, url, kind), bool)


def test_a_canary_cut_off_in_the_middle_is_no_fault_to_show(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # One request after the other, so that all before an answered one are over.
    monkeypatch.setattr(guard._QuietServer, "process_request", BaseServer.process_request)
    sink = guard._Sink()
    with sink.running():
        address = urlsplit(sink.url)
        for _ in range(20):
            with socket.create_connection((address.hostname or "", address.port or 0)) as line:
                line.sendall(f"POST {address.path} HTTP/1.1\r\nHost: x\r\n".encode())
                line.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )  # closes by a reset
        assert urlopen(sink.url).status == 200
    assert capfd.readouterr().err == ""
