"""`evidence`: what is known of one order as a PDF, with a zip of the data behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from monitor import evidence as dossiers
from monitor.adapters import fonts, private_file
from monitor.commands import DONE, BadValue, out
from monitor.poll import poll
from monitor.session import Session, progress, progress_over, say
from scrapers.base import Page

_LONGEST_LETTER = 100_000


def evidence(
    session: Session,
    order_id: str,
    file: Path | None,
    *,
    letters: Sequence[Path],
    screenshots: bool,
    ask: bool,
    as_json: bool,
) -> int:
    """Write FILE and the zip of its name. Raises BadValue, UnknownOrder, NoBrowser, BrowserFailed, NotWritten."""
    from monitor.adapters.browser import print_to_pdf
    from monitor.adapters.browser_setup import ensure_browser

    target = _target(session, file, session.order(order_id).order_id)
    raw = _asked_now(session, order_id) if ask else ()
    verdict = session.verdict(order_id)
    store, order = session.store, verdict.order
    refusals = store.refusals(order)
    dossier = dossiers.Dossier(
        verdict, store.notices(order), refusals, store.attempts(order), [_letter(path) for path in letters],
        dossiers.pictures(refusals) if screenshots else {}, session.clock(), session.zone, raw,
    )  # fmt: skip
    page = dossiers.markup(dossier)
    without_font = fonts.ensure(page, say)
    browser = session.config.browser
    found = ensure_browser(executable=browser.executable, channel=browser.channel, say=say)
    pdf = print_to_pdf(found.executable, page)
    beside = target.with_suffix(".zip")
    private_file.write(target, pdf)
    private_file.write(beside, dossiers.bundle(dossier, pdf))
    if as_json:
        out(
            {
                "pdf": str(target),
                "zip": str(beside),
                "missing_fonts": [script.name for script in without_font],
            }
        )
    say(f"Written: {target} and {beside}")
    if dossier.pictures:
        say("It holds screenshots of the shop's pages: look whether they show more than you want to send.")
    if raw:
        say(
            "The zip holds the carriers' answers as they came: look whether they show more than you want to send."
        )
    for script in without_font:
        say(
            f"This machine has no font for {script.name}: boxes stand in its place"
            f" (Debian: sudo apt install {script.package})."
        )
    return DONE


def _asked_now(session: Session, order_id: str) -> list[dossiers.RawAnswer]:
    """The order's carriers asked once more, as `check` does; their answers as they came."""
    raw: list[dossiers.RawAnswer] = []

    def heard(carrier: str, page: Page) -> None:
        raw.append(dossiers.RawAnswer(carrier, page, session.clock()))

    with session.asker() as asker:
        asked = poll(session.store, replace(asker, heard=heard), only=[order_id], say=progress)
    progress_over()
    for carrier, why in asked.troubles.items():
        say(f"{carrier} could not be asked: {why}")
    return sorted(raw, key=lambda answer: (answer.carrier, answer.received_at))


def _target(session: Session, file: Path | None, order_id: str) -> Path:
    if file is None:
        # With the time: what was packed before on the same day may hold answers nobody gives any more.
        moment = f"{session.clock().astimezone(session.zone):%Y-%m-%d-%H%M%S}"
        file = session.evidence_dir / f"evidence-{re.sub(r'[^A-Za-z0-9]+', '-', order_id)}-{moment}.pdf"
    elif file.suffix.lower() != ".pdf":
        raise BadValue(f"{file}: give the name of a .pdf file.")
    else:
        for path in (file, file.with_suffix(".zip")):
            if path.exists():
                raise BadValue(f"{path} is already there: choose another name.")
    return file


def _letter(path: Path) -> str:
    try:
        if path.stat().st_size > _LONGEST_LETTER:
            raise BadValue(f"--letter {path}: longer than {_LONGEST_LETTER} bytes.")
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise BadValue(f"--letter {path}: not UTF-8 text.") from error
    except OSError as error:
        raise BadValue(f"--letter {path}: cannot be read.") from error
