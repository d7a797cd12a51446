"""The browser's own lock beside line and routes: pages without the ways no route sees, and a browser that is offline.

Playwright's routes are not shown what a page sends while it is left, what its workers send and where a call is led on
to, and over HTTPS the proxy sees no more than the host (docs/guard.md). A script that runs before the page's own takes
these ways away; while the form is filled the browser is offline besides. Both end with the hand-over.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from importlib.resources import files

from playwright.sync_api import BrowserContext, Error

_SCRIPT = files(__package__).joinpath("page_silence.js").read_text("utf-8")


class Silence:
    """Lies over every page of a browser opened from now on, frames too, until it is lifted."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._word = secrets.token_urlsafe(16)  # no page knows it, so none can lift the silence
        script = _SCRIPT.replace("(word) =>", "((word) =>", 1)
        self._script = context.add_init_script(f"{script.rstrip()})({json.dumps(self._word)})")

    def offline(self) -> None:
        """Nothing leaves any page; it is not told so."""
        self._context.set_offline(True)

    def online(self) -> None:
        """Pages may ask for something again."""
        self._context.set_offline(False)

    def lift(self) -> None:
        """Give every page back what it lacked: the window is the user's."""
        self._script.close()
        for page in self._context.pages:
            for frame in page.frames:
                with contextlib.suppress(Error):  # it may be gone by now
                    frame.evaluate("(word) => void dispatchEvent(new Event(word))", self._word)
        self.online()
