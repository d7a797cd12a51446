"""Files for their owner's eyes: written whole or not at all, readable by nobody else (0600)."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


class NotWritten(Exception):
    """A file could not be written; the message is one sentence. What stood there before is still there."""


def write(path: Path, content: bytes) -> None:
    """Put the content at the path, in place of what was there. Raises NotWritten."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written ({os.strerror(error.errno or 0)}).") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
