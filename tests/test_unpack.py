"""Bodies, taken whole or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.unpack import Unreadable, collect

TEXT = b'{"number": "ZX000000001", "scans": []}'


@given(st.lists(st.binary(max_size=300), max_size=5), st.sampled_from(["", "gzip", "identity", "br"]))
def test_any_bytes_are_a_body_or_unreadable(chunks: list[bytes], encoding: str) -> None:
    with suppress(Unreadable):
        assert len(collect(chunks, encoding, wire=1000, decoded=500)) <= 500


@given(st.binary(max_size=2000), st.binary(max_size=2000), st.integers(1, 50))
def test_gzip_comes_out_as_it_went_in_however_it_is_cut(first: bytes, second: bytes, size: int) -> None:
    packed = gzip.compress(first) + gzip.compress(second)
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert collect(pieces, "gzip", wire=10_000, decoded=5_000) == first + second


@given(st.binary(min_size=1, max_size=500), st.data())
def test_a_cut_off_gzip_is_never_half_a_body(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(Unreadable):
        collect([packed[:cut]], "gzip", wire=10_000, decoded=5_000)


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP", "x-gzip"])
def test_a_body_is_taken_up_to_its_limits_and_not_beyond(encoding: str) -> None:
    sent = gzip.compress(TEXT) if "gzip" in encoding.lower() else TEXT
    assert collect([sent], encoding, wire=len(sent), decoded=len(TEXT)) == TEXT
    with pytest.raises(Unreadable, match="more than"):
        collect([sent], encoding, wire=len(sent), decoded=len(TEXT) - 1)
    with pytest.raises(Unreadable, match="more than"):
        collect([sent], encoding, wire=len(sent) - 1, decoded=len(TEXT))


def test_nothing_more_is_read_after_a_limit() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * 400
        pytest.fail("read on after the limit")

    with pytest.raises(Unreadable):
        collect(endless(), "", wire=1000, decoded=5000)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "nonsense"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(Unreadable, match="not asked for"):
        collect([TEXT], encoding, wire=1000, decoded=1000)


def test_an_empty_body_is_a_body() -> None:
    assert collect([], "gzip", wire=10, decoded=10) == b""
    assert collect([b""], "", wire=10, decoded=10) == b""
