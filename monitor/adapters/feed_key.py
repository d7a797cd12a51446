"""The key in the addresses of calendar, feed, JSON and metrics: long-lived, in a file of its own (0600), revocable."""

from __future__ import annotations

import secrets
from pathlib import Path

from monitor.adapters import private_file

_SHORTEST = 32


class FeedKey:
    """One key per data folder; read anew each time, so that a revoked one opens nothing from that moment on."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "feeds.key"

    def read(self) -> str:
        """The key, "" where none was made or what lies there is too short to be one: then nothing opens."""
        try:
            key = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return key if len(key) >= _SHORTEST else ""

    def renew(self) -> str:
        """A new key; the one before opens nothing any more. Raises NotWritten."""
        key = secrets.token_urlsafe(32)
        private_file.write(self._path, f"{key}\n".encode())
        return key
