"""What each command does; cli.py only reads the options. Each function returns the exit code."""

from __future__ import annotations

import json
import sys

from monitor.harmless import harmless_json

DONE, FAILED, USAGE, INCOMPLETE, NEEDS_USER, ATTENTION = 0, 1, 2, 4, 5, 10


class BadValue(Exception):
    """An option's value cannot be used; the message names option, value and what is expected."""


def out(document: object) -> None:
    """One JSON document on stdout; with every sign beyond ASCII escaped where the stream might not know it."""
    beyond = (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    sys.stdout.write(harmless_json(json.dumps(document, ensure_ascii=beyond, indent=2)) + "\n")
    sys.stdout.flush()


def counted(number: int, thing: str) -> str:
    """So many of a thing that takes an s: 1 order, 2 orders."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
