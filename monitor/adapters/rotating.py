"""A file of lines that rotates: of 1 MB, with so many older ones beside it."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

_FILE_BYTES = 1_000_000


class Rotating(RotatingFileHandler):
    """Opened at the first line, for its owner only, and silent about itself but for one sentence."""

    def __init__(self, path: Path, keep: int, complain: Callable[[str], None]) -> None:
        super().__init__(path, maxBytes=_FILE_BYTES, backupCount=keep, encoding="utf-8", delay=True)
        self._path = path
        self._complain = complain
        self._complained = False

    def _open(self) -> io.TextIOWrapper:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream and not self._path.exists():  # somebody cleared the logs away
            self.stream.close()
            self.stream = None
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - named by the library
        if self._complained:
            return
        self._complained = True
        error = sys.exc_info()[1]
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        self._complain(f"The log {self._path} cannot be written ({why}); the watch goes on without it.")
