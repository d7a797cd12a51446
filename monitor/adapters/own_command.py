"""Warnings through a command of the user's: its own argv, no shell; the text comes by environment variables."""

from __future__ import annotations

import os
from collections.abc import Sequence

from monitor.adapters import child
from monitor.adapters.message import Message, Sent

TOTAL_SECONDS = 20.0


class CommandChannel:
    """A program started with PARCELWARDEN_TITLE and PARCELWARDEN_BODY set; its exit code 0 means taken."""

    name = "command"
    host = ""  # what the program does is its owner's to know

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)

    def send(self, notice: Message) -> Sent:
        """Ends the program, and all it started, after 20 seconds."""
        words = {"PARCELWARDEN_TITLE": notice.title, "PARCELWARDEN_BODY": notice.body}
        texts = {name: text.replace("\0", " ") for name, text in words.items()}
        done = child.run(self._argv, seconds=TOTAL_SECONDS, env={**os.environ, **texts})
        if done.ok:
            return Sent(ok=True, detail="Your command took it.")
        why = f"exit code {done.code}" if done.code is not None else done.reason
        return Sent(ok=False, detail=f"Your command did not take it ({why}).")
