"""Scripts of a text this machine has no font for: a page would show boxes in their place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from monitor.adapters import apt, child

# So many different signs are asked for; a font that has them has the others of everyday texts too.
_MOST_SIGNS = 100


@dataclass(frozen=True, slots=True)
class Script:
    """A script by the first and last sign of its main block, with the smallest package of Debian's that shows it."""

    name: str
    first: str
    last: str
    package: str


_SCRIPTS = (
    Script("Chinese", "\u4e00", "\u9fff", "fonts-droid-fallback"),
    Script("Japanese", "\u3040", "\u30ff", "fonts-droid-fallback"),
    Script("Korean", "\uac00", "\ud7a3", "fonts-noto-cjk"),
    Script("Greek", "\u0370", "\u03ff", "fonts-dejavu-core"),
    Script("Cyrillic", "\u0400", "\u04ff", "fonts-dejavu-core"),
    Script("Arabic", "\u0600", "\u06ff", "fonts-dejavu-core"),
    Script("Hebrew", "\u0590", "\u05ff", "fonts-dejavu-core"),
    Script("Thai", "\u0e00", "\u0e7f", "fonts-noto-core"),
)


def missing(text: str) -> list[Script]:
    """Each script in the text without a font; none where nobody can be asked."""
    if shutil.which("fc-list") is None:  # Windows and macOS come with all of them
        return []
    return [script for script in _SCRIPTS if not _shown(script, text)]


def ensure(text: str, say: Callable[[str], None]) -> list[Script]:
    """What is missing in the end: as root on Debian the fonts are fetched first."""
    if apt.may_install():
        for package in dict.fromkeys(script.package for script in missing(text)):
            apt.install(package, say)
    return missing(text)


def _shown(script: Script, text: str) -> bool:
    """Whether one font has every sign of the script that occurs."""
    signs = sorted({sign for sign in text if script.first <= sign <= script.last})[:_MOST_SIGNS]
    if not signs:
        return True
    wanted = " ".join(f"{ord(sign):x}" for sign in signs)
    asked = child.run(["fc-list", f":charset={wanted}", "family"], seconds=20)
    return not asked.ok or bool(asked.output.strip())
