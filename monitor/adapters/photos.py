"""Photos for a dispute: turned upright, rid of everything but the picture, shrunk to what the page accepts.

A phone's picture carries where and when it was taken, and on which device: nothing of that leaves the machine.
The shop states no limits for size and number; 2 MB a picture is our own careful choice.
"""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

Format = Literal["JPEG", "PNG", "WEBP"]

_READABLE = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# What a page may name in `accept`, by the format we write; in the order we like them.
_NAMES: dict[Format, frozenset[str]] = {
    "JPEG": frozenset({"image/jpeg", "image/jpg", "image/*", ".jpg", ".jpeg", "*/*"}),
    "PNG": frozenset({"image/png", ".png"}),
    "WEBP": frozenset({"image/webp", ".webp"}),
}
_SUFFIX: dict[Format, str] = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_MAX_FILE_BYTES = 100_000_000
_MAX_PIXELS = 110_000_000  # the largest phone pictures in use have 108 million
_SIDES = (2560, 2048, 1600, 1280, 960, 720)
_QUALITIES = (90, 80, 70)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")


class BadPhoto(Exception):
    """A file that cannot be attached; the message is one sentence that says why."""


def prepare(path: Path, *, accept: str, into: Path, max_bytes: int = 2_000_000) -> Path:
    """Writes the picture as the page takes it into the folder `into` and returns the new file.

    `accept` is the attribute of the page's file field ("" takes everything). The new name tells nothing of the
    old one, and the same picture gets the same name again. Raises BadPhoto.
    """
    kind = _format(accept)
    picture = _upright(path)
    for data in _encodings(picture, kind):
        if len(data) <= max_bytes:
            return _write(data, into, _SUFFIX[kind])
    raise BadPhoto(f"{path.name} is still larger than {max_bytes} bytes after shrinking.")


def _format(accept: str) -> Format:
    asked = {word.strip().lower() for word in accept.split(",") if word.strip()} or {"*/*"}
    for kind, names in _NAMES.items():
        if names & asked:
            return kind
    raise BadPhoto("The page takes no picture in a format this program can write (JPEG, PNG, WebP) here.")


def _upright(path: Path) -> Image.Image:
    """The bare pixels, turned as the camera was held, on white where transparent."""
    data = _read(path)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=_READABLE) as picture,
        ):
            if picture.width * picture.height > _MAX_PIXELS:
                raise BadPhoto(f"{path.name} has more than {_MAX_PIXELS // 1_000_000} million pixels.")
            picture.thumbnail((_SIDES[0], _SIDES[0]))  # before anything else: far less memory
            turned = ImageOps.exif_transpose(picture).convert("RGBA")
    except Image.DecompressionBombError as error:
        raise BadPhoto(f"{path.name} has more than {_MAX_PIXELS // 1_000_000} million pixels.") from error
    except (OSError, SyntaxError, ValueError) as error:  # what the readers of damaged files raise
        raise BadPhoto(f"{path.name} is {_nature(data)}.") from error
    bare = Image.new("RGB", turned.size, "white")
    bare.paste(turned, mask=turned.getchannel("A"))
    return bare


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise BadPhoto(f"{path.name} is larger than {_MAX_FILE_BYTES // 1_000_000} MB.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadPhoto(f"{path.name} does not exist.") from error
    except OSError as error:
        raise BadPhoto(f"{path.name} cannot be read.") from error


def _nature(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "in Apple's HEIC format: export it as JPEG first"
    return "not a picture this program can read, or damaged"


def _encodings(picture: Image.Image, kind: Format) -> Iterator[bytes]:
    """The picture from its best to its smallest form."""
    for side in _SIDES:
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        for quality in _QUALITIES if kind != "PNG" else _QUALITIES[:1]:  # PNG knows no quality
            out = io.BytesIO()
            smaller.save(out, kind, quality=quality)
            yield out.getvalue()


def _write(data: bytes, into: Path, suffix: str) -> Path:
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = into / f"photo-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return target
