"""`vet`: the known signs of a product page, before buying."""

from __future__ import annotations

from monitor.commands import DONE, FAILED, NEEDS_USER, BadValue, out
from monitor.rules.vetting import Sign, signs, summary
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.marketplaces.aliexpress import dispute
from scrapers.marketplaces.aliexpress.product import Offer, is_product_page

_BARRED = {
    "bot_check": "The shop asks whether you are human: open the page with `parcelwarden login` and answer it there.",
    "login_needed": "The shop shows this page only to those who are logged in: `parcelwarden login`.",
    "unreachable": "The shop could not be reached: is the network there?",
    "not_read": "The page is unlike any known product page: nothing can be said about it.",
}
_SECONDS = 20.0
_MARKS = {"warning": "!", "no_warning": "-", "not_shown": "?"}


def vet(session: Session, url: str, *, as_json: bool) -> int:
    """Open the page in the program's own browser, read along, and name the signs."""
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display
    from monitor.vetting import vet as open_page

    bounds = dispute.bounds(session.config.marketplace.aliexpress.base_url)
    if not is_product_page(url, bounds):
        raise BadValue(
            f"“{url[:100]}” is no product page: give one like {bounds.home}/item/1005000000000000.html."
        )
    settings = session.config.browser
    chosen = ensure_browser(executable=settings.executable, channel=settings.channel, say=say)
    with ensure_display(say) as display:
        found = open_page(
            url,
            executable=chosen.executable,
            profile=session.profile_dir,
            env=display.env,
            patience=_SECONDS,
            wait=not display.virtual,
            say=say,
        )
    listed = signs(found) if isinstance(found, Offer) else []
    barred = "" if isinstance(found, Offer) else _BARRED[found]
    if as_json:
        out(_document(url, listed, barred))
    elif listed:
        _print(listed)
    if barred:
        say(barred)
    if found == "unreachable":
        return FAILED
    return NEEDS_USER if barred else DONE


def _document(url: str, listed: list[Sign], barred: str) -> dict[str, object]:
    told = [
        {"sign": s.name, "result": s.result, "found": s.found, "threshold": s.threshold, "source": s.source}
        for s in listed
    ]
    return {"url": url, "signs": told, "summary": summary(listed) if listed else barred}


def _print(listed: list[Sign]) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for sign in listed:
        console.print(f"{_MARKS[sign.result]} {sign.name}: {sign.found or 'not shown on the page'}")
        console.print(f"    {sign.threshold} ({sign.source})")
    console.print(summary(listed))
