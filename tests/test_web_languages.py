"""The page's languages: every word of its pages is in every catalogue, and each turns out whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from monitor.commands.dispute import SITUATIONS
from monitor.model import Action, Condition
from monitor.rules.draft import KINDS, LANGUAGES, ReasonId
from monitor.rules.protection import CERTAINTY, NAMES
from monitor.web import diary, meaning, overview, settings
from monitor.web.speech import codes, speech
from scrapers.marketplaces.profiles import Confidence
from scrapers.orders import CaseState

WEB = Path(meaning.__file__).parent
_CALLS = {"gettext": None, "ngettext": (1, 2), "say": None, "_figure": (2, 3)}
_PLACES = re.compile(r"%\((\w+)\)([sd])")
Message = str | tuple[str, str]


def of_the_pages() -> Iterator[Message]:
    """What templates and figures ask for as they stand."""
    options = {"trimmed": "false", "silent": "false", "newstyle_gettext": "true"}
    for path in sorted((WEB / "templates").glob("*.html")):
        found = extract("jinja2.ext:babel_extract", BytesIO(path.read_bytes()), options=options)
        yield from (message for _, message, _, _ in found)  # type: ignore[misc]  # a text, or one and its plural
    for name in ("figures.py", "speech.py"):
        read = BytesIO((WEB / name).read_bytes())
        for _, message, _, _ in extract("python", read, keywords=_CALLS):  # type: ignore[arg-type]
            if isinstance(message, tuple) and " parcel" not in message[0]:
                yield from message
            else:
                yield message  # type: ignore[misc]


def of_our_names() -> Iterator[str]:
    """Names of ours that are shown as words."""
    for name in (*get_args(Action), *get_args(Condition), *get_args(CaseState), *get_args(ReasonId)):
        yield name.replace("_", " ")
    for name in (*KINDS, *SITUATIONS):
        yield name.replace("-", " ")
    yield from (
        *NAMES.values(),
        *CERTAINTY.values(),
        *(f"{sure} confidence" for sure in get_args(Confidence)),
    )
    yield from (*meaning.WORDS, *overview.WORDS, *diary.WORDS.values(), *settings.SECTIONS.values())


@cache
def messages() -> tuple[Message, ...]:
    return tuple(dict.fromkeys([*of_the_pages(), *of_our_names()]))


def catalogue(code: str) -> Catalog:
    return read_po(BytesIO((WEB / "languages" / f"{code}.po").read_bytes()), code)


def test_the_page_speaks_the_languages_of_the_drafts_and_one_from_right_to_left() -> None:
    assert set(LANGUAGES) <= set(codes())
    assert [code for code in codes() if speech(code).direction == "rtl"] == ["ar"]


@pytest.mark.parametrize("code", [code for code in codes() if code != "en"])
def test_every_word_is_there_with_the_same_places(code: str) -> None:
    known = catalogue(code)
    for message in messages():
        entry = known.get(message[0] if isinstance(message, tuple) else message)
        assert entry is not None, message
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert all(forms), message
        assert isinstance(message, tuple) == (len(forms) > 1), message
        wanted = set(_PLACES.findall(message[1] if isinstance(message, tuple) else message))
        for form in forms:
            given = set(_PLACES.findall(form))
            assert given <= wanted, (message, form)
            assert isinstance(message, tuple) or given == wanted, (message, form)
    assert len(list(known)) - 1 == len(messages()), "what no page asks for any more"


def test_a_catalogue_words_days_money_and_plurals() -> None:
    russian = speech("ru").catalogue
    assert [russian.ngettext("1 day left", "%(n)s days left", n) % {"n": n} for n in (1, 3, 5, 21)] == [
        "остался 1 день", "осталось 3 дня", "осталось 5 дней", "остался 21 день",
    ]  # fmt: skip
