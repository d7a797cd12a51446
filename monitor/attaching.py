"""Photos and videos made ready for the places a page has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.adapters import photos, videos
from scrapers.forms import Control

_PICTURE_BYTES = 2_000_000


@dataclass
class Ready:
    """What can go into each field of the page, by the field's name, and a sentence for each file left out."""

    files: dict[str, list[Path]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def make_ready(
    wanted: Sequence[Path], places: Mapping[str, Control], sizes: tuple[int, ...], into: Path
) -> Ready:
    """Every file as its place takes it. `places` are the page's "photos" and "videos"; `sizes` are the limits in bytes
    that stand on the page: the smallest is a picture's, the largest a video's."""
    ready = Ready()
    for path in wanted:
        name = "videos" if videos.is_video(path) else "photos"
        place = places.get(name)
        if place is None:
            ready.remarks.append(f"{name.capitalize()}: the page has no place for {path.name}.")
        elif ready.files.get(name) and not place.many:
            ready.remarks.append(f"{name.capitalize()}: the page takes only one; {path.name} is left out.")
        else:
            try:
                made = _made(path, name, place, sizes, into)
            except (photos.BadPhoto, videos.BadVideo) as bad:
                ready.remarks.append(f"{name.capitalize()}: {bad}")
            else:
                ready.files.setdefault(name, []).append(made)
    return ready


def _made(path: Path, name: str, place: Control, sizes: tuple[int, ...], into: Path) -> Path:
    if name == "videos":
        most = max(sizes, default=videos.MOST_BYTES)
        return videos.prepare(path, accept=place.accept, into=into, max_bytes=most)
    return photos.prepare(path, accept=place.accept, into=into, max_bytes=min((*sizes, _PICTURE_BYTES)))
