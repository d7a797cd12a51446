"""Videos for a dispute: rid of what they tell of place, time and device, otherwise untouched.

Done for MP4 and MOV (ISO/IEC 14496-12): boxes of metadata become empty free space of the same length, so that nothing
else moves. Other containers would have to be written anew, which this program cannot; their file is the user's to
attach. A shop states no limits; the page's own words count, else 500 MB.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 500_000_000

_SUFFIXES = (".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".avi", ".wmv", ".mpg", ".mpeg")
_ACCEPTED = {
    ".mp4": frozenset({"video/mp4", ".mp4", "video/*", "*/*"}),
    ".mov": frozenset({"video/quicktime", ".mov", "video/*", "*/*"}),
}
_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf", b"mvex")
_TELLING = (b"udta", b"meta", b"uuid")
_STAMPED = (b"mvhd", b"tkhd", b"mdhd")  # when it was taken
_SENSORS = (b"gpmd", b"camm")  # sample entries of tracks that hold the way the camera took
_MOST_DEPTH = 8


class BadVideo(Exception):
    """A video that cannot be attached; the message is one sentence that says why."""


def is_video(path: Path) -> bool:
    """By its name: what it is in truth is seen when it is prepared."""
    return path.suffix.lower() in _SUFFIXES


def prepare(path: Path, *, accept: str, into: Path, max_bytes: int = MOST_BYTES) -> Path:
    """Writes the video without its metadata into the folder `into` (0600) and returns the new file.

    `accept` is the attribute of the page's file field ("" takes everything). Raises BadVideo.
    """
    suffix = _container(path)
    asked = {word.strip().lower() for word in accept.split(",") if word.strip()} or {"*/*"}
    if not _ACCEPTED[suffix] & asked:
        raise BadVideo(f"{path.name}: the page takes no {suffix[1:].upper()} video here.")
    if path.stat().st_size > max_bytes:
        raise BadVideo(
            f"{path.name} is larger than the {max_bytes // 1_000_000} MB the page takes; shorten it."
        )
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = into / f"video-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}{suffix}"
    with os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as copy:
        with path.open("rb") as original:
            shutil.copyfileobj(original, copy)
        try:
            if b"moov" not in _clean(copy, 0, copy.tell(), 0):
                raise _Damaged
        except (_Damaged, struct.error):
            raise BadVideo(f"{path.name} is damaged, or no video.") from None
        except _Sensors:
            raise BadVideo(
                f"{path.name} holds the way its camera took, which cannot be removed here: attach it yourself in the"
                " window if you want to."
            ) from None
    return target


class _Damaged(Exception):
    pass


class _Sensors(Exception):
    pass


def _container(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except FileNotFoundError:
        raise BadVideo(f"{path.name} does not exist.") from None
    except OSError:
        raise BadVideo(f"{path.name} cannot be read.") from None
    if head[4:8] != b"ftyp":
        raise BadVideo(
            f"{path.name}: what it tells of place and device cannot be removed from this kind of file here; attach it"
            " yourself in the window if you want to."
        )
    return ".mov" if head[8:12] == b"qt  " else ".mp4"


def _clean(file: BinaryIO, start: int, end: int, depth: int) -> set[bytes]:
    """Empty the telling boxes between two places of a file, and those inside its holders; the kinds of boxes there."""
    if depth > _MOST_DEPTH:
        raise _Damaged
    at, kinds = start, set[bytes]()
    while at + 8 <= end:
        body, after, kind = _box(file, at, end)
        kinds.add(kind)
        if kind in _TELLING:
            file.seek(at + 4)
            file.write(b"free")
            _zero(file, body, after)
        elif kind in _STAMPED:
            _unstamp(file, body)
        elif kind == b"stsd":
            file.seek(body)
            if any(entry in file.read(after - body) for entry in _SENSORS):
                raise _Sensors
        elif kind in _HOLDERS:
            _clean(file, body, after, depth + 1)
        at = after
    return kinds


def _box(file: BinaryIO, at: int, end: int) -> tuple[int, int, bytes]:
    """Where the body of a box begins and ends, and its kind."""
    file.seek(at)
    size, kind = struct.unpack(">I4s", file.read(8))
    body = at + 8
    if size == 1:
        (size,) = struct.unpack(">Q", file.read(8))
        body = at + 16
    after = end if size == 0 else at + size
    if not body <= after <= end:
        raise _Damaged
    return body, after, kind


def _unstamp(file: BinaryIO, body: int) -> None:
    """The times of creation and change follow version and flags; version 1 has eight bytes for each."""
    file.seek(body)
    length = 16 if file.read(1) == b"\x01" else 8
    file.seek(body + 4)
    file.write(bytes(length))


def _zero(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    while start < end:
        start += file.write(bytes(min(1_000_000, end - start)))
