"""Commands of our own that the page starts beside itself: a browser for the user to look at, a PDF."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.adapters import child
from monitor.session import Session

_SHOWN_LINES = 12
_EVIDENCE_SECONDS = 120


@dataclass(frozen=True)
class Started:
    """One command under way or over. Its window is the user's: it outlives the page."""

    order_id: str
    name: str
    at: datetime
    output: Path
    process: subprocess.Popen[bytes]

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def said(self) -> str:
        """The last lines it wrote."""
        try:
            lines = self.output.read_text("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_SHOWN_LINES:])


class OwnCommands:
    """Starts `parcelwarden …` with this page's config and data folder, never through a shell."""

    def __init__(self, session: Session) -> None:
        self._session, self._turn = session, threading.Lock()
        self._newest: dict[str, Started] = {}

    def newest(self, order_id: str) -> Started | None:
        """What was last started for an order since the page is up."""
        return self._newest.get(order_id)

    def start(self, name: str, order_id: str, options: Sequence[str] = ()) -> None:
        """Start a command about an order; the one before it for this order must be over."""
        folder = self._session.data_dir / "page-commands"
        folder.mkdir(mode=0o700, exist_ok=True)
        with self._turn:
            before = self._newest.get(order_id)
            if before and before.running:
                return
            now = self._session.clock()
            output = folder / f"{name}-{now:%Y%m%d-%H%M%S-%f}.txt"
            output.touch(0o600, exist_ok=False)
            with output.open("wb") as written:
                process = subprocess.Popen(  # noqa: S603 - our own command; every value is an argument of its own
                    self._argv(name, order_id, options), stdin=subprocess.DEVNULL, stdout=written,
                    stderr=subprocess.STDOUT, start_new_session=True,
                )  # fmt: skip
            self._newest[order_id] = Started(order_id, name, now, output, process)

    def evidence(self, order_id: str) -> str:
        """Make the evidence of an order and wait for it; the sentence of what went wrong, "" for nothing."""
        done = child.run(self._argv("evidence", order_id, ()), seconds=_EVIDENCE_SECONDS)
        return "" if done.ok else done.reason.removeprefix("parcelwarden: ")

    def _argv(self, name: str, order_id: str, options: Sequence[str]) -> list[str]:
        session = self._session
        config = [f"--config={session.config_path}"] if session.config_path else []
        known = [*config, f"--data-dir={session.data_dir}"]
        return [sys.executable, "-m", "monitor", *known, name, *options, "--", order_id]
