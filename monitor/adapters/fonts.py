"""Which scripts of a text this machine has no font for: a page would show boxes in their place."""

from __future__ import annotations

import shutil

from monitor.adapters import child

# Name, the first and last sign of its main block, a language fontconfig knows it by, Debian's package.
_SCRIPTS = (
    ("Chinese", "\u4e00", "\u9fff", "zh-cn", "fonts-noto-cjk"),
    ("Japanese", "\u3040", "\u30ff", "ja", "fonts-noto-cjk"),
    ("Korean", "\uac00", "\ud7a3", "ko", "fonts-noto-cjk"),
    ("Cyrillic", "\u0400", "\u04ff", "ru", "fonts-dejavu"),
    ("Arabic", "\u0600", "\u06ff", "ar", "fonts-noto-core"),
    ("Hebrew", "\u0590", "\u05ff", "he", "fonts-noto-core"),
    ("Thai", "\u0e00", "\u0e7f", "th", "fonts-noto-core"),
)


def missing(text: str) -> list[tuple[str, str]]:
    """(script, Debian package) of each script in the text without a font; none where nobody can be asked."""
    if shutil.which("fc-list") is None:  # Windows and macOS come with all of them
        return []
    return [
        (name, package)
        for name, first, last, language, package in _SCRIPTS
        if any(first <= sign <= last for sign in text) and not _font_for(language)
    ]


def _font_for(language: str) -> bool:
    asked = child.run(["fc-list", f":lang={language}", "family"], seconds=20)
    return not asked.ok or bool(asked.output.strip())
