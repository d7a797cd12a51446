"""An answer's bones: the names of its parts, without a word of what it says. For reports that a site changed."""

from __future__ import annotations

import json
import re

_KEPT = frozenset({"class", "data-pl", "role", "type", "name"})
_DROPPED = ("script", "style", "noscript", "template", "svg", "meta", "link", "base", "title")


def skeleton(html: str) -> str:
    """The page with only its tags and their class, data-pl, role, type and name: nothing personal is in it."""
    from bs4 import BeautifulSoup, Comment, NavigableString  # only when a page has to be reported

    soup = BeautifulSoup(html, "lxml")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    for words in soup.find_all(string=True):
        if isinstance(words, (NavigableString, Comment)):
            words.extract()
    for tag in soup.find_all(True):
        tag.attrs = {name: value for name, value in tag.attrs.items() if name in _KEPT}
    return soup.prettify()


def bones(body: bytes) -> str:
    """The bones of any answer: of JSON its keys and the shapes of its values, of markup its tags, else only shapes."""
    written = body[:200_000].decode("utf-8", "replace")
    try:
        return json.dumps(_masked(json.loads(written)), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return skeleton(written) if written.lstrip().startswith("<") else _shape(written[:2_000])


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            _shape(key) if re.search(r"\d{5}", key) else key: _masked(inner) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner) for inner in value[:3]]
    if isinstance(value, str):
        return _shape(value[:60])
    return value if isinstance(value, bool) or value is None else 0


def _shape(text: str) -> str:
    """Every letter an x, every digit a 9: what a format is told by, and nobody can be."""
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))
