"""Words and numbers: explain, identify, carriers."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources

from rich.markup import escape
from rich.table import Table

from monitor.commands import DONE, FAILED, BadValue, out
from monitor.session import Session, say
from monitor.terminal import Console, terminal

_TAGS = (
    "Pending", "InfoReceived", "InTransit", "OutForDelivery", "AttemptFail", "Delivered", "AvailableForPickup",
    "Exception", "Expired",
)  # fmt: skip


def explain(text: str, *, carrier: str, code: str, language: str, as_json: bool) -> int:
    """How one carrier text is read, and by which rule."""
    from scrapers.status import classify

    status = classify(text, carrier=carrier or None, code=code or None, language=language or None)
    if as_json:
        out(
            {
                "text": text,
                "tag": status.tag,
                "subtag": status.subtag,
                "stage": status.stage,
                "rule": status.rule,
            }
        )
        return DONE
    meaning = " ".join(filter(None, (f"[bold]{status.tag}[/]", status.subtag)))
    how = "no rule knows this text" if status.rule == "nothing decided" else f"decided by: {status.rule}"
    Console(markup=True).print(f"{meaning} ({escape(how)})", highlight=False)
    if status.tag == "Unknown":
        say("You know what it means? `parcelwarden explain TEXT --label InTransit` remembers it.")
    return DONE


def label(session: Session, text: str, *, carrier: str, meaning: str) -> int:
    """Remember the user's own reading of a text that no rule understands."""
    tag = meaning.split("_")[0]
    if tag not in _TAGS or not re.fullmatch(r"[A-Za-z]+(_\d{3})?", meaning):
        raise BadValue(f"--label {meaning}: there are {', '.join(_TAGS)}, with a subtag e.g. Exception_004.")
    session.store.label(text, carrier, tag, meaning if meaning != tag else "")
    Console().print(
        f"Remembered: this text of {carrier or 'any carrier'} means {meaning}, where no rule says otherwise."
    )
    return DONE


def identify(number: str, *, as_json: bool) -> int:
    """Which carriers can own a number, best first."""
    from scrapers.numbers import identify as candidates

    found = candidates(number)
    if as_json:
        out([{"carrier": c.carrier, "certainty": round(c.certainty, 3), "reason": c.reason} for c in found])
    elif not found:
        say(f"No carrier known here writes numbers like “{number}”.")
    else:
        table = Table(box=None, pad_edge=False)
        for name in ("carrier", "certainty", "why"):
            table.add_column(name, overflow="fold")
        for c in found:
            table.add_row(c.carrier, f"{c.certainty:.0%}", escape(c.reason))
        terminal().print(table)
    return DONE if found or as_json else FAILED


def carriers(session: Session, *, as_json: bool) -> int:
    """What each carrier file can do, where its knowledge comes from, and which of its texts are not understood."""
    from scrapers.carriers import every

    unread = session.store.not_understood()
    if as_json:
        out([
            {"id": c.id, "name": c.name, "reach": c.reach, "home": c.home, "batch": c.batch, "source": c.source,
             "source_date": c.source_date, "limits": c.limits, "cases": _cases(c.id),
             "not_understood": unread.get(c.id, [])}
            for c in every()
        ])  # fmt: skip
        return DONE
    table = Table(box=None, pad_edge=False)
    for name in ("carrier", "name", "reach", "cases tested", "source", "limits"):
        table.add_column(name, overflow="fold")
    for c in every():
        table.add_row(c.id, c.name, c.reach, ", ".join(_cases(c.id)), c.source_date, escape(c.limits))
    console = terminal()
    console.print(table)
    reaches = Counter(c.reach for c in every())
    console.print(
        f"{reaches.total()} carriers: {reaches['open']} can be asked at once, {reaches['key']} with a key of your own,"
        f" {reaches['postcode']} with your postcode, {reaches['user']} only by you in a browser.",
        style="dim",
    )
    for carrier, texts in unread.items():
        console.print(f"\nNot understood yet, of {carrier}:")
        for text in texts:
            console.print(f"  {text}", highlight=False, markup=False)
    return DONE


def _cases(carrier: str) -> list[str]:
    """The cases its reader is tested with."""
    folder = resources.files("fixtures") / "carriers" / carrier
    if not folder.is_dir():
        return []
    return sorted(
        f.name.removesuffix(".expected.json") for f in folder.iterdir() if f.name.endswith(".expected.json")
    )
