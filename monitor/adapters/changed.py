"""Answers nobody could read, kept without their words, so that a changed site can be reported and mended."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from scrapers.base import Page
from scrapers.skeleton import bones


class ChangedAnswers:
    """A folder with the bones of the newest unreadable answer of each carrier, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, carrier: str, page: Page, detail: str, now: datetime) -> None:
        """Keep the bones of one answer, in the place of the one before."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = self._folder / f"{carrier}.txt"
        kept.touch(mode=0o600)
        head = f"{carrier}, {now:%Y-%m-%d}: {detail}\nHTTP {page.status}, {page.content_type}\n\n"
        # Half a surrogate pair, which JSON can smuggle in, must not cost the answer.
        kept.write_text(head + bones(page.body), "utf-8", "replace")

    def forget(self, carrier: str) -> None:
        """The carrier was read again."""
        (self._folder / f"{carrier}.txt").unlink(missing_ok=True)

    def listed(self) -> dict[str, Path]:
        """Carrier -> the file with the bones of its answer."""
        return {path.stem: path for path in sorted(self._folder.glob("*.txt"))}
