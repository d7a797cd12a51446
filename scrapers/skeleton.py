"""A page's bones: its tags and the attributes that name them, without a word of what it says."""

from __future__ import annotations

from bs4 import BeautifulSoup, Comment, NavigableString

_KEPT = frozenset({"class", "data-pl", "role", "type", "name"})
_DROPPED = ("script", "style", "noscript", "template", "svg", "meta", "link", "base", "title")


def skeleton(html: str) -> str:
    """The page with only its tags and their class, data-pl, role, type and name: nothing personal is in it."""
    soup = BeautifulSoup(html, "lxml")
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    for words in soup.find_all(string=True):
        if isinstance(words, (NavigableString, Comment)):
            words.extract()
    for tag in soup.find_all(True):
        tag.attrs = {name: value for name, value in tag.attrs.items() if name in _KEPT}
    return soup.prettify()
