"""The body of an answer, collected and unpacked within limits, whatever a server sends."""

from __future__ import annotations

import zlib
from collections.abc import Iterable


class Unreadable(Exception):
    """The body cannot be taken; the message is the end of a sentence that begins with the host's name."""


def collect(chunks: Iterable[bytes], encoding: str, *, wire: int, decoded: int) -> bytes:
    """The whole body, unpacked. Never holds more than `decoded` bytes of it, nor reads on after a limit.

    `encoding` is the Content-Encoding as sent. Raises Unreadable for a body over `wire` bytes as sent or
    `decoded` bytes unpacked, for an encoding other than gzip, and for gzip that is damaged or cut off: half an
    answer must not pass for an answer.
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        unpacker: _Plain | _Gzip = _Plain(decoded)
    elif coding in ("gzip", "x-gzip"):
        unpacker = _Gzip(decoded)
    else:
        raise Unreadable("answered in an encoding that was not asked for")
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > wire:
            raise Unreadable(f"sent more than {_megabytes(wire)}")
        unpacker.feed(chunk)
    return unpacker.whole()


class _Plain:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        if len(self._body) + len(chunk) > self._limit:
            raise Unreadable(f"sent more than {_megabytes(self._limit)}")
        self._body += chunk

    def whole(self) -> bytes:
        return bytes(self._body)


class _Gzip:
    """One or more gzip members, one after the other (RFC 1952, 2.2)."""

    _GZIP_WINDOW = 31

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()
        self._member = zlib.decompressobj(self._GZIP_WINDOW)
        self._begun = False

    def feed(self, chunk: bytes) -> None:
        rest = chunk
        self._begun = self._begun or bool(chunk)
        while rest:
            if self._member.eof:
                self._member = zlib.decompressobj(self._GZIP_WINDOW)
            try:
                # One byte over the limit is enough to know; zlib never makes more than it is asked for.
                self._body += self._member.decompress(rest, self._limit + 1 - len(self._body))
            except zlib.error as error:
                raise Unreadable("sent damaged gzip") from error
            if len(self._body) > self._limit:
                raise Unreadable(f"sent more than {_megabytes(self._limit)} when unpacked")
            rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def whole(self) -> bytes:
        if self._begun and not self._member.eof:
            raise Unreadable("sent a cut-off answer")
        return bytes(self._body)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:g} MB"
