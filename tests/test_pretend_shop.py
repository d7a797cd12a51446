"""The pretend shop and carriers are what later tests stand on: their pages open, their data parses, and what
changes something is counted, whoever causes it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from fixtures.carrier_server import FAULTS, Carriers, start_carriers
from fixtures.shop import wording
from fixtures.shop.server import Shop, start_shop
from fixtures.shop.variant import TRAPS, Variant
from fixtures.world import ScenarioError, World, load, parse
from scrapers import carriers
from scrapers.base import Access, TrackingReport
from scrapers.base import Page as Body

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
URGENT = "8190311400010020"
PROCESSING = "8190313600330020"
CASE = "8190309500350020"
DESCRIPTION = "textarea, [role=textbox]"
CONDITIONS = {
    "no_information", "label_only", "moving", "stalled", "held", "attempt_failed", "out_for_delivery",
    "ready_for_pickup", "delivered", "returning", "returned", "lost", "tracking_ended", "suspicious", "unchecked",
}  # fmt: skip

AT_A_REASON = (
    "option_is_submit", "label_for_submit", "shadow_submit", "option_swaps", "overlay_moves", "hover_submits",
    "change_submits", "choice_writes_by_get",
)  # fmt: skip


@pytest.fixture
def world() -> World:
    return load("demo", NOW)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    with start_shop(world, variant=Variant(seed=7)) as running:
        yield running


# -- the world


def test_the_demo_shows_every_condition(world: World) -> None:
    shown = {word for order in world.orders for word in order.expect["condition"].split()}
    assert shown == CONDITIONS
    assert any(order.state == "processing" for order in world.orders)
    assert any(len(order.lines) == 2 for order in world.orders)
    assert any(len(order.parcels) == 2 for order in world.orders)
    assert any("а" <= sign <= "я" for order in world.orders for sign in order.title.lower())


def test_one_order_of_the_demo_is_the_most_urgent(world: World) -> None:
    open_until = {
        order.order_id: order.protection_until
        for order in world.orders
        if order.protection_until and order.state == "shipped"
    }
    first, second = sorted(open_until, key=lambda order_id: open_until[order_id])[:2]
    assert first == URGENT
    assert open_until[first] == NOW.date() + timedelta(days=2)
    assert open_until[second] > open_until[first]


def test_nothing_in_the_demo_lies_in_the_future(world: World) -> None:
    for order in world.orders:
        assert order.placed_on <= NOW.date()
        assert all(scan.at <= NOW for parcel in order.parcels for scan in parcel.scans)


def test_import_rows_have_the_documented_fields(world: World) -> None:
    known = {
        "marketplace", "order_id", "title", "amount", "currency", "placed_on", "paid_on", "shipped_on", "completed_on",
        "order_state", "protection_until", "tracking", "carrier", "seller", "destination_country", "payment_method",
    }  # fmt: skip
    rows = world.import_rows()
    assert json.loads(json.dumps(rows)) == rows
    assert all(set(row) <= known for row in rows)
    urgent = next(row for row in rows if row["order_id"] == URGENT)
    assert urgent["protection_until"] == "2026-11-26"
    assert urgent["tracking"] == ["LP00611200340019"]


def test_a_scenario_that_cannot_be_laid_out_names_the_order() -> None:
    text = (
        '[[orders]]\norder_id = "8190000000000001"\nplaced = "last week"\nstate = "shipped"\namount = "1"\n'
    )
    with pytest.raises(ScenarioError, match=r"8190000000000001.*last week"):
        parse("broken", text + 'lines = [{ title = "Example", price = "1" }]', NOW)


# -- pages and data over plain HTTP


def _get(url: str) -> tuple[int, str, bytes]:
    with urllib.request.urlopen(url) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def _ask(shop: Shop, api: str, data: dict[str, object]) -> dict[str, object]:
    _, _, body = _get(f"{shop.url}/h5/{api}/1.0/?{urlencode({'data': json.dumps(data)})}")
    answer: dict[str, object] = json.loads(body)
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/",
        f"/p/order/detail.html?orderId={URGENT}",
        f"/p/tracking/index.html?tradeOrderId={URGENT}",
        "/p/refund-dispute/list.html",
        f"/p/reverse-pages/start.html?tradeOrderId={URGENT}&tradeOrderLineId={URGENT[:-1]}1",
        f"/p/refund-cancel/index.html?tradeOrderId={PROCESSING}",
        "/login.htm?flow=havana",
        "/_____tmd_____/punish",
    ],
)
def test_pages_open_and_change_nothing(shop: Shop, path: str) -> None:
    status, kind, body = _get(shop.url + path)
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert b"<!doctype html>" in body
    assert shop.requests
    assert not shop.writes


def test_the_order_list_comes_in_blocks_named_by_tag(shop: Shop, world: World) -> None:
    answer = _ask(shop, "mtop.aliexpress.trade.buyer.order.list", {})
    assert answer["ret"] == ["SUCCESS::调用成功"]
    blocks = answer["data"]["data"].values()
    orders = [block["fields"] for block in blocks if block["tag"] == "pc_om_list_order"]
    assert [order["orderId"] for order in orders] == [order.order_id for order in world.orders[:10]]
    assert [block["fields"]["hasMore"] for block in blocks if block["tag"] == "pc_om_list_body"] == [True]


def test_block_keys_change_from_start_to_start(world: World) -> None:
    keys = []
    for seed in (1, 2):
        with start_shop(world, variant=Variant(seed=seed)) as shop:
            data = _ask(shop, "mtop.aliexpress.trade.buyer.order.detail", {"tradeOrderId": URGENT})["data"]
            keys.append({key for key in data["data"] if key.startswith("detail_product_block")})
    assert keys[0] != keys[1]


def test_order_page_and_tracking_page_show_the_refund_day_a_day_apart(shop: Shop) -> None:
    asked = {"tradeOrderId": URGENT}
    detail = json.dumps(_ask(shop, "mtop.aliexpress.trade.buyer.order.detail", asked))
    tracking = json.dumps(_ask(shop, "mtop.ae.ld.querydetail", asked))
    assert "Refund if no delivery before Nov 26, 2026" in detail
    assert "Refund if no delivery before Nov 25, 2026" in tracking


def test_a_script_call_is_answered_in_its_callback(shop: Shop) -> None:
    query = urlencode({"data": json.dumps({"tradeOrderId": URGENT}), "callback": "mtopjsonp3"})
    _, kind, body = _get(f"{shop.url}/h5/mtop.ae.ld.querydetail/1.0/?{query}")
    assert kind.startswith("application/javascript")
    assert body.strip().startswith(b"mtopjsonp3({")


def _send(url: str, method: str, body: bytes | None) -> None:
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(url, data=body, method=method)).close()


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("POST", "/h5/mtop.aliexpress.trade.buyer.order.list/1.0/", False),
        ("GET", "/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/", False),
        ("POST", "/h5/mtop.aliexpress.buyer.reverse.submit/1.0/", True),
        ("GET", "/h5/mtop.aliexpress.buyer.reverse.submit/1.0/?callback=x", True),
        ("GET", "/h5/MTOP.aliexpress.trade.buyer.order.operation/1.0/", True),
        ("GET", "/h5/mtop.never.heard.of/1.0/", True),
        ("GET", "/w/pay?orderId=1", True),
        ("POST", "/w/leave", True),
        ("POST", "/p/order/index.html", True),
        ("PUT", "/x/upload", True),
        ("DELETE", "/p/order/detail.html", True),
        ("POST", "/x/upload", False),
        ("POST", "/login.htm", False),
        ("GET", "/assets/shop.css", False),
        ("GET", "/favicon.ico", False),
    ],
)
def test_what_counts_as_a_write(shop: Shop, method: str, path: str, counted: bool) -> None:
    _send(shop.url + path, method, b"data={}" if method != "GET" else None)
    assert len(shop.writes) == counted
    assert len(shop.uploads) == (method == "POST" and path == "/x/upload")


def test_a_password_is_not_kept(shop: Shop) -> None:
    body = urlencode(
        {"fm-login-id": "somebody", "fm-login-password": "open sesame", "return_url": "/p/order/index.html"}
    )
    _send(f"{shop.url}/login.htm", "POST", body.encode())
    assert not any(b"sesame" in asked.body for asked in shop.requests)


# -- the carriers, through the readers that ask them in earnest


@pytest.fixture
def running(world: World) -> Iterator[Carriers]:
    with start_carriers(world, now=NOW) as servers:
        yield servers


def _track(servers: Carriers, carrier_id: str, *numbers: str) -> list[TrackingReport]:
    carrier = carriers.get(carrier_id)
    reports = []
    for request in carrier.requests(numbers, Access()):
        address = servers.url + "/" + request.url.split("/", 3)[3]
        asked = urllib.request.Request(
            address, data=request.body, method=request.method, headers=dict(request.headers)
        )
        try:
            with urllib.request.urlopen(asked) as answer:
                page = Body(request.url, answer.status, answer.headers["Content-Type"], answer.read())
        except urllib.error.HTTPError as error:
            with error:
                page = Body(request.url, error.code, error.headers["Content-Type"], error.read())
        reports += carrier.parse(page, request.numbers)
    return reports


def test_every_scan_comes_back_at_its_own_instant(running: Carriers, world: World) -> None:
    for order in world.orders:
        for parcel in order.parcels:
            if parcel.answer or not parcel.known:
                continue
            (report,) = _track(running, parcel.carrier, parcel.number)
            assert report.outcome == "ok"
            assert [event.at for event in report.events] == [scan.at for scan in parcel.scans]
            assert report.destination_country == parcel.destination
            assert report.ends_by_design == parcel.economy


def test_an_unknown_number_is_not_found_and_a_linked_one_is_told(running: Carriers) -> None:
    unknown, linked = _track(running, "cainiao", "LX700100232CN", "LP00611200450121")
    assert unknown.outcome == "not_found"
    assert linked.linked_numbers == ("LA388011220FR",)
    (local,) = _track(running, "la_poste", "LA388011220FR")
    assert local.outcome == "ok"
    (stranger,) = _track(running, "la_poste", "LA000000000FR")
    assert stranger.outcome == "not_found"


def test_scans_after_now_are_not_shown_yet(running: Carriers) -> None:
    running.now = NOW - timedelta(days=36)
    (report,) = _track(running, "cainiao", "LP00611200340019")
    assert len(report.events) == 4


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_is_taken_for_an_answer(running: Carriers, fault: str) -> None:
    running.slow_seconds = 0
    running.answers["LP00611200340019"] = fault
    (report,) = _track(running, "cainiao", "LP00611200340019")
    expected = {
        "html": "blocked", "403": "blocked", "429": "blocked", "500": "unavailable", "empty": "unavailable",
        "truncated": "changed", "missing": "unavailable", "slow": "ok",
    }  # fmt: skip
    assert report.outcome == expected[fault]


# -- in a browser, by hand


@pytest.fixture(scope="module")
def browser(browser_executable: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_executable, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    opened.set_default_timeout(10_000)
    yield opened
    opened.close()


def _open_form(page: Page, shop: Shop) -> Page:
    """From the order's page to the dispute form, as a buyer who has received nothing."""
    words = wording.words(shop.variant.language)
    page.goto(f"{shop.url}/p/order/detail.html?orderId={URGENT}")
    opener = page.get_by_role("button", name=words["returns_refunds"])
    if shop.variant.received == "modal":
        opener.click()
        opener = page.locator(".comet-modal button:not(.comet-btn-primary)").first
    if shop.variant.tab == "new":
        with page.context.expect_page() as popup:
            opener.click()
        page = popup.value
    else:
        opener.click()
    if shop.variant.received == "page":
        page.get_by_role("button", name=words["no"], exact=True).click()
    page.locator(DESCRIPTION).wait_for()
    assert "/p/reverse-pages/start.html?" in page.url
    return page


def _choose(page: Page, controls: str, text: str, **press: bool) -> None:
    if controls == "native":
        page.locator("select").first.select_option(label=text)
    elif controls != "comet":
        page.get_by_text(text, exact=True).click(**press)
    else:
        page.locator(".comet-v2-select-show-arrow").click(**press)
        page.locator(".comet-v2-menu").get_by_text(text, exact=True).click(**press)


_PICTURE = {"name": "parcel.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(64)}


@pytest.mark.browser
@pytest.mark.parametrize(
    "variant",
    [
        Variant(),
        Variant(language="de", controls="radio", tab="same", received="page", steps=1, submit_dialog=True),
        Variant(controls="native", menu="form", amount="full", tab="same", steps=1),
        Variant(language="de", menu="form", received="page", amount="empty", editor="rich"),
        Variant(controls="checkbox", tab="same", editor="rich"),
        Variant(controls="aria", language="de"),
    ],
    ids=["today", "german-radios", "native", "german-menu", "checkboxes", "german-tiles"],
)
def test_a_buyer_goes_all_the_way_and_writes_once(
    context: BrowserContext, world: World, variant: Variant
) -> None:
    words = wording.words(variant.language)
    with start_shop(world, variant=variant) as shop:
        page = _open_form(context.new_page(), shop)
        _choose(page, variant.controls, words["not_received"]["no_tracking"])
        page.locator(DESCRIPTION).fill("I did not receive this item.")
        page.locator("input[type=file]").set_input_files(_PICTURE)
        page.locator('[class*="upload--imageThumb"][style*="background-image"]').wait_for()
        if variant.steps == 2:
            page.get_by_role("button", name=words["next_step"]).click()
        assert not shop.writes
        assert len(shop.uploads) == 1
        page.once("dialog", lambda native: native.accept())
        page.locator('[data-pl="buyersubmit_btn_submit"]').click()
        if not variant.submit_dialog:
            assert not shop.writes
            page.locator(".comet-v2-modal-footer button", has_text=words["confirm"]).click()
        page.get_by_text(words["submitted"]).wait_for()
        assert [asked.path for asked in shop.writes] == ["/h5/mtop.aliexpress.buyer.reverse.submit/1.0/"]
        case = shop.world.order(URGENT).case
        assert (case.state, case.reason) == ("waiting_seller", "no_tracking")
        page.goto(f"{shop.url}/p/order/detail.html?orderId={URGENT}")
        page.locator(".order-status").wait_for()
        assert page.get_by_role("button", name=words["returns_refunds"]).count() == 0


@pytest.mark.browser
def test_the_list_shows_ten_orders_and_then_the_rest(
    context: BrowserContext, shop: Shop, world: World
) -> None:
    page = context.new_page()
    page.goto(shop.url)
    page.locator(".order-item").nth(9).wait_for()
    assert page.locator(".order-item").count() == 10
    page.locator(".order-more button").click()
    page.locator(".order-item").nth(len(world.orders) - 1).wait_for()
    links = page.locator('a[data-pl="order_item_header_detail"]')
    shown = [links.nth(i).get_attribute("href").partition("orderId=")[2] for i in range(links.count())]
    assert shown == [order.order_id for order in world.orders]
    assert page.locator(".order-more button").count() == 0
    assert not shop.writes


@pytest.mark.browser
def test_cancelling_is_one_write(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/p/order/detail.html?orderId={PROCESSING}")
    page.get_by_role("button", name="Cancel order").click()
    _choose(page, "comet", "I no longer need this product")
    assert not shop.writes
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("Your order will be cancelled.").wait_for()
    assert len(shop.writes) == 1
    assert shop.world.order(PROCESSING).state == "cancelled"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "label", "confirm"),
    [
        (
            f"/p/order/detail.html?orderId={URGENT}",
            "Confirm received",
            ".comet-modal-footer .comet-btn-primary",
        ),
        ("/p/refund-dispute/list.html", "Accept", ""),
        ("/p/refund-dispute/list.html", "Cancel request", ""),
    ],
)
def test_other_buttons_that_bind_the_buyer_are_writes(
    context: BrowserContext, shop: Shop, path: str, label: str, confirm: str
) -> None:
    page = context.new_page()
    page.goto(shop.url + path)
    if "refund" in path:
        page.get_by_role("link", name="Details").click()
    page.get_by_role("button", name=label).click()
    if confirm:
        assert not shop.writes
        page.locator(confirm).click()
    assert shop.saw(lambda: len(shop.writes) == 1)


@pytest.mark.browser
def test_the_login_brings_the_user_back_and_stays(context: BrowserContext, world: World) -> None:
    with start_shop(world, variant=Variant(login_required=True)) as shop:
        page = context.new_page()
        page.goto(f"{shop.url}/p/order/detail.html?orderId={URGENT}")
        assert "/login.htm?" in page.url
        assert "havana" in page.url
        page.locator("#fm-login-id").fill("somebody")
        page.locator("#fm-login-password").fill("anything")
        page.locator("button[type=submit]").click()
        page.locator(".order-status").wait_for()
        assert URGENT in page.url
        assert not shop.writes


@pytest.mark.browser
@pytest.mark.parametrize(
    ("variant", "sign"),
    [
        (Variant(login_lost="form"), "#fm-login-id"),
        (Variant(bot_check="form"), "#nc_1_n1z"),
        (Variant(bot_check="form", bot_check_as="dialog"), "#baxia-dialog-content"),
        (Variant(refusal="You can apply after Nov 26, 2026."), "text=You can apply after Nov 26, 2026."),
        (Variant(layout="unknown_form"), "canvas"),
    ],
    ids=["login", "bot-page", "bot-dialog", "refused", "unknown"],
)
def test_what_may_stand_in_place_of_the_form(
    context: BrowserContext, world: World, variant: Variant, sign: str
) -> None:
    with start_shop(world, variant=variant) as shop:
        page = context.new_page()
        page.goto(
            f"{shop.url}/p/reverse-pages/start.html?tradeOrderId={URGENT}&tradeOrderLineId={URGENT[:-1]}1"
        )
        page.locator(sign).wait_for()
        assert page.locator("textarea").count() == 0
        assert not shop.writes


def _clumsy(page: Page, shop: Shop) -> None:
    """Everything a careless program does on the way, short of a button called Submit."""
    page = _open_form(page, shop)
    if "frame_lookalike" in shop.variant.traps:
        page.frame_locator("iframe").locator("select").select_option(index=1)
    with suppress(BrowserError):
        _choose(page, shop.variant.controls, "No tracking information", force=True)
    area = page.locator("textarea").first
    area.focus()
    area.fill("Nothing has come.\nPlease refund me.")
    area.blur()
    page.locator("input[type=file]").set_input_files(_PICTURE)
    page.locator('[class*="upload--imageThumb"]').wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("controls", ["comet", "radio"])
def test_without_a_trap_the_careless_write_nothing(
    context: BrowserContext, world: World, controls: str
) -> None:
    with start_shop(world, variant=Variant(controls=controls)) as shop:
        _clumsy(context.new_page(), shop)
        assert not shop.writes


@pytest.mark.browser
@pytest.mark.parametrize(
    ("trap", "controls"), [(trap, "comet") for trap in TRAPS] + [(trap, "radio") for trap in AT_A_REASON]
)
def test_every_trap_catches_the_careless(
    context: BrowserContext, world: World, trap: str, controls: str
) -> None:
    context.set_default_timeout(2_000)
    with start_shop(world, variant=Variant(controls=controls, traps=(trap,))) as shop:
        with suppress(BrowserError):  # some traps spoil the rest of the way
            _clumsy(context.new_page(), shop)
        if trap == "leave_writes":
            context.pages[-1].close()
        assert shop.saw(lambda: shop.writes)


def test_an_unknown_trap_is_named() -> None:
    with pytest.raises(ValueError, match="no trap mousetrap"):
        replace(Variant(), traps=("mousetrap",))
