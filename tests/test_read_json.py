"""The quick reader of JSON reads what the standard library's does, and what it refuses is still read."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scrapers.base import Page, read_as, read_json
from scrapers.shape import LayoutChanged

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
VALUES = st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(st.text(), some))


def read(body: bytes) -> str:
    """What is read, so that NaN, -0.0 and 1.0 are told from their like; "" where nothing can be."""
    try:
        return repr(read_json(Page("", 200, "", body)))
    except LayoutChanged:
        return ""


def read_by_the_library(body: bytes) -> str:
    try:
        return repr(json.loads(body.decode("utf-8-sig")))
    except ValueError:
        return ""


@given(value=VALUES, ascii_only=st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(value: object, *, ascii_only: bool) -> None:
    try:
        body = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # half a surrogate pair can only be written with a backslash
        body = json.dumps(value).encode()
    assert read(body) == read_by_the_library(body)


@given(st.binary() | st.text(' \n{}[]:,"\\u0123456789dDeE+-.trufalsnN').map(str.encode))
@example(b'{"a":1,"b":2,"a":3}')
@example(b'"\\ud800"')
@example(b"[1e400,-0,-0.0,NaN,-Infinity]")
@example(b'{"id":123456789012345678901234567890}')
@example(b"1" * 5000)
def test_whatever_bytes_come_are_read_alike_or_refused_alike(body: bytes) -> None:
    assert read(body) == read_by_the_library(body)


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf{}", b"[" * 300 + b"]" * 300])
def test_what_only_the_standard_library_reads_is_read(body: bytes) -> None:
    assert read(body) == read_by_the_library(body) != ""


class Parcel(msgspec.Struct):
    """A shape as carriers declare them."""

    number: str
    scans: list[object] | None = None
    place: object = ""


DECLARED = st.fixed_dictionaries(
    {"number": st.text(st.characters())},
    optional={"scans": st.none() | st.lists(VALUES), "place": VALUES, "more": VALUES},
)


@given(value=DECLARED, ascii_only=st.booleans())
def test_a_declared_shape_holds_what_json_holds(value: dict[str, object], *, ascii_only: bool) -> None:
    try:
        body = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        body = json.dumps(value).encode()
    read: Parcel = read_as(Page("", 200, "", body), Parcel)
    known = json.loads(body)
    assert repr([read.number, read.scans, read.place]) == repr(
        [known["number"], known.get("scans"), known.get("place", "")]
    )


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
@example(b'{"number": 1}')
@example(b'{"number": "1", "scans": {}}')
@example(b'{"scans": []}')
@example(b'{"number": "1", "scans": "\\ud800"}')
@example(b'\xef\xbb\xbf{"scans": []}')
def test_what_has_another_shape_is_refused_in_words_without_what_stands_there(body: bytes) -> None:
    try:
        said = repr(read_as(Page("", 200, "", body), Parcel))
    except LayoutChanged as changed:
        said = str(changed)
    assert said.startswith(("Parcel(", "the answer is not readable JSON", "the answer has another shape: "))
