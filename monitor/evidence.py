"""The evidence of one order: a document to print or attach, and the stored data behind it with its hashes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor import view
from monitor.adapters.store import Attempt, Refusal, StoredNotice
from monitor.rules.verdict import Verdict
from scrapers import carriers
from scrapers.base import Page

# With eight pictures at most the whole stays below what mails and forms take (5 MB).
_MOST_PICTURES = 8
_PICTURE_BYTES = 400_000
_RAW_BYTES = 4_000_000  # of text, which packs to a tenth
_OUTCOMES = {
    "ok": "answered with scans",
    "not_found": "does not know the number",
    "blocked": "did not answer a program",
    "unavailable": "could not be reached",
    "changed": "answered in a form not understood",
}
# Our own words for what a stranger would not understand.
_CONDITIONS = {
    "unchecked": "no carrier could be asked of late",
    "no_information": "no carrier knows this number",
    "label_only": "announced, not handed over",
    "suspicious": "what the carrier shows does not fit the order",
}


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One carrier's answer about this order's numbers, byte for byte as it came."""

    carrier: str
    page: Page
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that goes into the evidence of one order. `letters` are what the user wrote to the seller."""

    verdict: Verdict
    notices: Sequence[StoredNotice]
    refusals: Sequence[Refusal]
    attempts: Sequence[Attempt]
    letters: Sequence[str]
    pictures: dict[str, bytes]
    made_at: datetime
    zone: tzinfo
    raw: Sequence[RawAnswer] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """The same answer of one carrier about one number, given several times in a row."""

    carrier: str
    number: str
    first: datetime
    last: datetime
    times: int
    words: str


def pictures(refusals: Sequence[Refusal]) -> dict[str, bytes]:
    """Screenshot path -> the picture as JPEG, shrunk; the newest ones, where they are still there."""
    from monitor.adapters import photos  # the page only wants `answers`

    found = {}
    with tempfile.TemporaryDirectory(prefix="parcelwarden-evidence-") as folder:
        for refusal in [r for r in reversed(refusals) if r.screenshot][:_MOST_PICTURES]:
            try:
                small = photos.prepare(
                    Path(refusal.screenshot), accept=".jpg", into=Path(folder), max_bytes=_PICTURE_BYTES
                )
            except photos.BadPhoto:
                continue
            found[refusal.screenshot] = small.read_bytes()
    return found


def answers(attempts: Sequence[Attempt]) -> list[Answers]:
    """Equal answers in a row told once."""
    runs = []
    for (carrier, number, outcome, detail), group in groupby(
        attempts, key=lambda a: (a.carrier, a.number, a.outcome, a.detail)
    ):
        run = list(group)
        words = _OUTCOMES.get(outcome, outcome) + (f" ({detail})" if detail else "")
        runs.append(Answers(carrier, number, run[0].at, run[-1].at, len(run), words))
    return runs


def markup(dossier: Dossier) -> str:
    """The document as a page; every text of shops and carriers is escaped."""
    environment = Environment(
        loader=PackageLoader("monitor"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["at"] = lambda moment: f"{moment.astimezone(dossier.zone):%Y-%m-%d %H:%M}"
    verdict, order = dossier.verdict, dossier.verdict.order
    return environment.get_template("evidence.html").render(
        order=order,
        facts=_facts(verdict),
        deadlines=verdict.deadlines,
        journeys=verdict.assessments,
        conditions=_CONDITIONS,
        answers=answers(dossier.attempts),
        refusals=[{"refusal": r, "picture": _embedded(dossier.pictures.get(r.screenshot))} for r in dossier.refusals],
        letters=dossier.letters,
        made_at=f"{dossier.made_at.astimezone(dossier.zone):%Y-%m-%d %H:%M}",
        zone=f"{dossier.made_at.astimezone(dossier.zone):%Z}",
    )  # fmt: skip


def bundle(dossier: Dossier, pdf: bytes) -> bytes:
    """A zip of the document, the stored data and the pictures, with SHA256SUMS as `sha256sum -c` reads it."""
    whole = view.show_json(dossier.verdict, dossier.notices, dossier.refusals, dossier.zone)
    attempts = [
        {"carrier": a.carrier, "number": a.number, "at": a.at.isoformat(), "outcome": a.outcome, "detail": a.detail}
        for a in dossier.attempts
    ]  # fmt: skip
    files = {"evidence.pdf": pdf, "order.json": _json(whole), "answers.json": _json(attempts)}
    files |= {f"refused-{n}.jpg": data for n, data in enumerate(dossier.pictures.values(), start=1)}
    files |= {f"letter-{n}.txt": text.encode() for n, text in enumerate(dossier.letters, start=1)}
    files |= _raw(dossier.raw)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    out = io.BytesIO()
    moment = dossier.made_at.astimezone(dossier.zone).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (files | {"SHA256SUMS": sums.encode()}).items():
            archive.writestr(zipfile.ZipInfo(name, moment), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _raw(answers: Sequence[RawAnswer]) -> dict[str, bytes]:
    """The answers as files, and a list of where each came from: its host alone, for an address can hold a key."""
    files: dict[str, bytes] = {}
    listed = []
    for number, answer in enumerate(answers, start=1):
        page, name = (
            answer.page,
            f"raw/{number:02}-{answer.carrier}.{_SUFFIX[carriers.get(answer.carrier).speaks]}",
        )
        fits = sum(map(len, files.values())) + len(page.body) <= _RAW_BYTES
        listed.append({
            "file": name if fits else None, "carrier": answer.carrier, "host": urlsplit(page.url).hostname,
            "status": page.status, "content_type": page.content_type, "bytes": len(page.body),
            "received_at": answer.received_at.isoformat(timespec="seconds"),
        })  # fmt: skip
        if fits:
            files[name] = page.body
    return files | ({"raw/answers.json": _json(listed)} if listed else {})


_SUFFIX = {"json": "json", "jsonp": "js", "html": "html", "xml": "xml"}


def _facts(verdict: Verdict) -> list[tuple[str, object]]:
    order = verdict.order
    facts = [
        ("Shop", order.marketplace),
        ("Item", order.title),
        *((f"Item {line.line_id}", f"{line.quantity} x {line.title}") for line in order.lines),
        ("Seller", order.seller),
        ("Paid", f"{order.amount} {order.currency}" if order.amount is not None else ""),
        ("Paid with", order.payment_method),
        ("Placed", order.placed_on),
        ("Paid on", order.paid_on),
        ("Shipped", order.shipped_on),
        ("Completed", order.completed_on),
        ("State at the shop", (order.order_state or "").replace("_", " ")),
        ("Tracking numbers", ", ".join(parcel.number for parcel in order.parcels)),
        ("Destination", order.destination_country),
    ]
    return [(name, value) for name, value in facts if value]


def _embedded(picture: bytes | None) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" if picture else ""


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
