"""The program's log: a file of lines in the data folder that rotates, is its owner's alone and holds nothing personal.

What may stand in it is decided twice: the program logs only sentences of its own, never what a shop, a carrier or a
mail wrote, and every line goes through `redacted` before it is written.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

LOG = logging.getLogger("parcelwarden")
LOG.addHandler(logging.NullHandler())  # nobody else's handler prints what is meant for the file
LOG.propagate = False

Format = Literal["plain", "json"]
Level = Literal["debug", "info", "warning"]

_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*)://(?:[^\s/@]*@)?([^\s/?#]*)\S*", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"'(),;:]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![A-Z\d])(?=(?:[A-Z]*\d){5})[A-Z\d]{8,}(?![A-Z\d])", re.IGNORECASE)
# The login name where it is part of a path: /home/NAME, C:\Users\NAME, /media/NAME/disk.
_OWN_FOLDER = re.compile(r"(/home/|/Users/|/media/|\\Users\\|/run/media/)[^\s/\\]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log, as it is read again; `at` is aware."""

    at: datetime
    level: str
    text: str


def redacted(text: str, *, whole_numbers: bool = False) -> str:
    """The text without what tells who somebody is or lets somebody in.

    Addresses keep their host (only http ones: elsewhere the host may be the secret), mail addresses and login names
    in paths go, order and tracking numbers keep their last four signs unless `whole_numbers`.
    """
    text = _ADDRESS.sub(_only_host, text)
    text = _MAIL.sub("(mail address)", text)
    home = os.path.expanduser("~")  # noqa: PTH111 - Path's own raises where there is none, as in a container
    if len(Path(home).parts) > 2:  # not where it is / or /root
        text = text.replace(home, "~")
    text = _OWN_FOLDER.sub(r"\1~", text)
    return text if whole_numbers else _NUMBER.sub(lambda found: f"..{found[0][-4:]}", text)


@contextlib.contextmanager
def writing(
    path: Path,
    *,
    form: Format,
    level: Level,
    keep: int,
    whole_numbers: bool,
    complain: Callable[[str], None],
) -> Iterator[None]:
    """What is logged within the block goes to the file at `path`, and to `keep` older ones of 1 MB beside it.

    A file that cannot be written is complained of once and costs nothing else.
    """
    from monitor.adapters.rotating import Rotating  # most commands write no log

    handler = Rotating(path, keep, complain)
    handler.setFormatter(_Lines(form, whole_numbers=whole_numbers))
    # The metronome's own troubles belong into the log too; its warnings are about ticks that take long.
    metronome = logging.getLogger("apscheduler")
    LOG.setLevel(level.upper())
    metronome.setLevel(logging.ERROR)
    for logger in (LOG, metronome):
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in (LOG, metronome):
            logger.removeHandler(handler)
        with contextlib.suppress(OSError):  # what a full disk did not take was complained of already
            handler.close()


def read(path: Path, most: int) -> list[Line]:
    """The last lines of a log, oldest first, from the older file beside it too; none where there is no log.

    Raises OSError where it is there and cannot be read.
    """
    lines: list[Line] = []
    for part in (path.with_name(f"{path.name}.1"), path):
        if part.exists():
            lines += [
                line for text in part.read_text("utf-8", "replace").splitlines() if (line := _parsed(text))
            ]
    return lines[-most:]


def _only_host(found: re.Match[str]) -> str:
    scheme, host = found[1].lower(), found[2]
    return f"{scheme}://{host}/…" if scheme in ("http", "https") else f"{scheme}://…"


def _parsed(text: str) -> Line | None:
    """A line in either form; None for what is none (a file cut off by a full disk)."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        if text.startswith("{"):
            told = json.loads(text)
            return Line(datetime.fromisoformat(told["at"]), told["level"], told["text"])
        at, level, words = text.split(" ", 2)
        return Line(datetime.fromisoformat(at), level, words)
    return None


class _Lines(logging.Formatter):
    """A record as one line. Of an exception it keeps the kind and where it arose, never its words."""

    def __init__(self, form: Format, *, whole_numbers: bool) -> None:
        super().__init__()
        self._form = form
        self._whole_numbers = whole_numbers

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f" [{_where(record.exc_info[1], record.exc_info[2])}]"
        text = " ".join(redacted(text, whole_numbers=self._whole_numbers).split())
        at, level = datetime.fromtimestamp(record.created).astimezone(), record.levelname.lower()
        if self._form == "plain":
            return f"{at.isoformat(timespec='seconds')} {level} {text}"
        told = {"at": at.isoformat(timespec="seconds"), "level": level, "text": text}
        return json.dumps(told, ensure_ascii=False)


def _where(error: BaseException, trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-4:]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} in {places}" if places else type(error).__name__
