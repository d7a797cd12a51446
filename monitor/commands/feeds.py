"""`feeds`: the addresses of the page that other programs read, with their key."""

from __future__ import annotations

from monitor.adapters.feed_key import FeedKey
from monitor.commands import DONE, out
from monitor.session import Session, say
from monitor.terminal import Console

ADDRESSES = {
    "calendar": ("calendar.ics", "deadlines with alarms, to subscribe to"),
    "feed": ("feed.atom", "warnings, for a feed reader"),
    "json": ("api/v1/orders", "and /deadlines, /carriers, /orders/ORDER"),
    "metrics": ("metrics", "for Prometheus; the key also goes as a bearer token"),
}


def feeds(session: Session, *, new_key: bool, as_json: bool) -> int:
    """Print them. The key is made the first time, and anew on request: the one before opens nothing then.

    Raises NotWritten.
    """
    kept = FeedKey(session.data_dir)
    key = kept.read()
    if new_key or not key:
        key = kept.renew()
    page = session.page_address
    found = addresses(session, key)
    if as_json:
        out({**found, "key": key, "served": bool(page)})
    else:
        console = Console(soft_wrap=True)
        for name, (_, what) in ADDRESSES.items():
            console.print(f"{name}: {found[name]} ({what})", highlight=False, markup=False)
    if not page:
        say("Nobody serves them now: `parcelwarden run` does (and `parcelwarden web`).")
    if session.config.web.port == 0:
        say("The port changes with every start: set web.port in the config, else a calendar loses them.")
    return DONE


def addresses(session: Session, key: str) -> dict[str, str]:
    """What each is called -> its whole address; the usual one where nobody serves the page now."""
    base = session.page_address or _usual(session)
    return {name: f"{base}{path}?key={key}" for name, (path, _) in ADDRESSES.items()}


def _usual(session: Session) -> str:
    host = session.config.web.host
    return f"http://{f'[{host}]' if ':' in host else host}:{session.config.web.port}/"
