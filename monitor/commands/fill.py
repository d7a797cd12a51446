"""Fills a form of the shop in the user's browser, keeps what came of it, and says so; for `dispute` and `cancel`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.adapters.message import Message
from monitor.adapters.store import StoreTrouble
from monitor.commands import DONE, FAILED, NEEDS_USER, out
from monitor.model import Order
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.marketplaces.aliexpress.refusals import not_before
from scrapers.orders import OrderRecord, ShownDate

if TYPE_CHECKING:
    from monitor.disputes import DisputeForm, DisputeResult

_REFUSED = {
    "dispute": "The shop does not take the dispute yet; its words are kept as evidence. Try again every day.",
    "cancel": "The shop does not cancel the order now; its words are kept as evidence.",
}
_ENDED = {
    "filled": "The form is filled. Nothing was submitted: that button is yours.",
    "refused": "The shop does not take it now; its words are kept as evidence.",
    "layout_changed": "The page is unlike any known one: nothing was filled. Go on there by hand; the same command with"
    " --dry-run prints the text to paste.",
    "unreachable": "The shop could not be reached, so nothing was filled: is the network there? Try again then.",
    "login_needed": "You are not logged in to the shop in this browser: `parcelwarden login` opens it, then try again.",
    "bot_check": "The shop asks whether you are human: answer it in the browser and try again later.",
}
_EXITS = {"filled": DONE, "unreachable": FAILED}


def fill(session: Session, order: Order, form: DisputeForm, *, wait: bool, as_json: bool) -> int:
    """Lay the form in front of the user; what the shop refused is kept with the order."""
    now = session.clock()
    result = _laid(session, form, now, wait=wait)
    opens = _opens(form, result, now.astimezone(session.zone).date())
    if result.refusal:
        _keep_refusal(session, order, form, result, opens, now)
    if as_json:
        out({**result.as_json(), "opens_on": opens.day.isoformat() if opens else None})
    else:
        _print_result(form, result, opens)
    return _EXITS.get(result.result, NEEDS_USER)


def _laid(session: Session, form: DisputeForm, now: datetime, *, wait: bool) -> DisputeResult:
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display
    from monitor.disputes import ShopSite, lay_form

    browser, shop = session.config.browser, session.config.marketplace.aliexpress
    chosen = ensure_browser(executable=browser.executable, channel=browser.channel, say=say)
    session.evidence_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ensure_display(say) as display:
        if wait and display.virtual:
            say("Nobody can see that screen: the form is filled, a screenshot kept, and the window closed.")
        return lay_form(
            form,
            site=ShopSite(shop.base_url),
            executable=chosen.executable,
            profile=session.profile_dir,
            keep_in=session.evidence_dir,
            wait=wait and not display.virtual,
            language=shop.language,
            say=say,
            notify=lambda words: _notify(session, form, words),
            now=now,
            env=display.env,
        )


def _notify(session: Session, form: DisputeForm, words: str) -> None:
    title = "Your cancel form" if form.kind == "cancel" else "Your dispute form"
    for channel in session.channels().values():
        channel.send(Message(title, words))


def _opens(form: DisputeForm, result: DisputeResult, today: date) -> ShownDate | None:
    """From when on the shop takes the dispute, where its refusal says so."""
    named = form.kind == "dispute" and result.refusal
    return not_before(result.refusal, result.page_language, today) if named else None


def _keep_refusal(
    session: Session,
    order: Order,
    form: DisputeForm,
    result: DisputeResult,
    opens: ShownDate | None,
    now: datetime,
) -> None:
    """The refusal as evidence, and the day it names among the order's deadlines."""
    try:
        session.store.add_refusal(order, result.refusal, str(result.screenshot or ""), now, form=form.kind)
        if opens:
            session.store.save([OrderRecord(order.order_id, "page", order.marketplace, dates=(opens,))], now)
    except StoreTrouble as trouble:  # the refusal itself must still be told
        say(str(trouble))


def _print_result(form: DisputeForm, result: DisputeResult, opens: ShownDate | None) -> None:
    console = Console(soft_wrap=True)
    refused = result.result == "refused"
    console.print(_REFUSED.get(form.kind, _ENDED["refused"]) if refused else _ENDED[result.result])
    for words in (result.refusal, result.detail):
        if words:
            console.print(words, highlight=False, markup=False)
    if opens:
        console.print(
            f"The shop names {opens.day} as the first day. Your last safe day stays what it is:"
            " a reminder comes every day until then.",
            highlight=False,
        )
    if result.screenshot:
        console.print(f"Screenshot: {result.screenshot}", highlight=False, markup=False)
