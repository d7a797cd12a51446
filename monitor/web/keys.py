"""The secrets of the local page. Two lie in the data folder (0600), for `web` and `run` are different processes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from monitor.adapters import private_file

_LEAST = 32


class Keys:
    """`session` is what the cookie holds, `form` what every form of ours brings along.

    A browser stays known over restarts, until the file is deleted or the token changed. Raises NotWritten.
    """

    def __init__(self, folder: Path, token: str = "") -> None:
        self._link, self._token = folder / "page-link", token
        kept = _kept(folder / "page-session")
        self.session = hmac.digest(kept.encode(), b"session" + token.encode(), hashlib.sha256).hex()
        self.form = hmac.digest(kept.encode(), b"form", hashlib.sha256).hex()

    def new_link(self) -> str:
        """A key that opens the page once; the one before it opens nothing any more. Raises NotWritten."""
        key = secrets.token_urlsafe(32)
        private_file.write(self._link, key.encode())
        return key

    def redeem(self, given: str) -> bool:
        """Whether this is the token, or the link's key for the first time."""
        if self._token and same(given, self._token):
            return True
        try:
            if not given or not same(given, self._link.read_text("ascii")):
                return False
            self._link.unlink()
        except OSError:  # none was made, or another request was quicker
            return False
        return True


def same(given: str, wanted: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _kept(path: Path) -> str:
    try:
        kept = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        kept = ""
    if len(kept) < _LEAST:
        kept = secrets.token_urlsafe(32)
        private_file.write(path, kept.encode())
    return kept
