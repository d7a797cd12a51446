"""Videos as evidence: nothing of place, time and device leaves the machine, and the picture stays as it was."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sampling import sampled

from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.adapters.videos import BadVideo, prepare
from monitor.disputes import DisputeForm, ShopSite, lay_form
from scrapers.forms import Control, Sight
from scrapers.marketplaces.aliexpress import dispute

PLACE = b"+48.8584+002.2945/"
PICTURES = bytes(range(256)) * 8
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def taken_at(seconds: int, version: int = 0) -> bytes:
    return (
        bytes([version, 0, 0, 0]) + struct.pack(">II" if version == 0 else ">QQ", seconds, seconds) + b"scale"
    )


def film(*, brand: bytes = b"isom", entry: bytes = b"avc1", version: int = 0) -> bytes:
    """As a phone writes it: the pictures, a track, its times, and in `udta` and `meta` where it was taken."""
    table = box(
        b"stbl", box(b"stsd", bytes(8), box(entry, bytes(70))), box(b"stco", struct.pack(">III", 0, 1, 40))
    )
    media = box(b"mdia", box(b"mdhd", taken_at(3_800_000_000, version)), box(b"minf", table))
    track = box(
        b"trak", box(b"tkhd", taken_at(3_800_000_000, version)), media, box(b"udta", b"Example Phone")
    )
    movie = box(
        b"moov", box(b"mvhd", taken_at(3_800_000_000, version)), track,
        box(b"udta", box(b"\xa9xyz", PLACE)), box(b"meta", b"com.apple.quicktime.location", PLACE),
    )  # fmt: skip
    return box(b"ftyp", brand, bytes(4)) + box(b"mdat", PICTURES) + movie + box(b"uuid", bytes(16), PLACE)


def written(folder: Path, data: bytes, name: str = "unboxing.mp4") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("brand", "suffix"), [(b"isom", ".mp4"), (b"qt  ", ".mov")])
def test_place_time_and_device_are_gone_and_nothing_has_moved(
    tmp_path: Path, brand: bytes, suffix: str, version: int
) -> None:
    original = film(brand=brand, version=version)
    made = prepare(written(tmp_path, original), accept="video/*", into=tmp_path / "ready")
    cleaned = made.read_bytes()
    for secret in (PLACE, b"Example Phone", b"location", struct.pack(">I", 3_800_000_000), b"udta", b"meta"):
        assert secret not in cleaned
    assert len(cleaned) == len(original)
    assert cleaned.index(PICTURES) == original.index(PICTURES)
    assert cleaned[original.index(b"stsd") :][:100] == original[original.index(b"stsd") :][:100]
    assert (made.suffix, "unboxing" in made.name, made.stat().st_mode & 0o777) == (suffix, False, 0o600)


@pytest.mark.parametrize(("data", "accept", "most", "sentence"), [
    (b"\x1aE\xdf\xa3 webm", "", 9_000, "cannot be removed from this kind of file here; attach it yourself"),
    (film(entry=b"gpmd"), "", 9_000, "the way its camera took"),
    (film(), "image/png", 9_000, "takes no MP4 video here"),
    (film(), "video/mp4", 1_000, "larger than"),
    (film()[:-30], "", 9_000, "damaged"),
    (film()[:8] + b"isom" + b"\x00\x00\x00\x02moov", "", 9_000, "damaged"),
])  # fmt: skip
def test_what_cannot_be_attached_is_said_in_one_sentence(
    tmp_path: Path, data: bytes, accept: str, most: int, sentence: str
) -> None:
    with pytest.raises(BadVideo, match=sentence):
        prepare(written(tmp_path, data), accept=accept, into=tmp_path / "ready", max_bytes=most)


@given(st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_bring_it_down(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("film")
    data = bytearray(film())
    data[16 + at : 16 + at + len(noise)] = noise
    try:
        made = prepare(written(folder, bytes(data)), accept="", into=folder)
    except BadVideo:
        return
    assert made.stat().st_size == len(data)


def test_a_place_for_videos_is_told_by_what_it_accepts() -> None:
    pictures = Control("file", label="Photos", accept="image/jpeg,image/png")
    both = Control("file", label="Photos or videos", accept="image/*,video/*")
    clips = Control("file", label="Photos and videos", accept="video/mp4")
    assert dispute.fields(Sight("", controls=(pictures,))) == {"photos": 0}
    assert dispute.fields(Sight("", controls=(both,))) == {"photos": 0, "videos": 0}
    assert dispute.fields(Sight("", controls=(clips, pictures))) == {"photos": 1, "videos": 0}


def test_the_pages_own_limits_are_read() -> None:
    said = Sight(
        "", paragraphs=("Up to 5 pictures, 1.5 MB each; videos up to 50MB", "Jusqu'à 3 Mo", "5 MBit/s")
    )
    assert dispute.size_limits(said) == (1_500_000, 50_000_000, 3_000_000)


@pytest.mark.usefixtures("one_browser")
@pytest.mark.browser
@pytest.mark.parametrize("place", sampled(["own", "same"], 2))
def test_a_photo_and_a_video_reach_the_form(
    place: str, browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    Image.new("RGB", (60, 40), "red").save(tmp_path / "label.jpg")
    files = (
        tmp_path / "label.jpg",
        written(tmp_path, film()),
        written(tmp_path, b"\x1aE\xdf\xa3", "other.webm"),
    )
    form = DisputeForm(
        "8190313100290020", received=True, reason="quality", text="It is broken.", photos=files
    )
    with start_shop(load("demo", NOW), variant=Variant(seed=5, videos=place)) as shop:  # type: ignore[arg-type]
        laid = lay_form(
            form, site=ShopSite(shop.url, patience=10), executable=browser_executable, profile=tmp_path / "profile",
            keep_in=tmp_path / "kept", wait=False, say=lambda _: None, notify=lambda _: None, now=NOW, env=display.env,
        )  # fmt: skip
        assert shop.writes == []
    assert {"photos": "2 of 3"}.items() <= {f.name: f.value for f in laid.fields}.items()
    assert "other.webm" in laid.detail
    sent = [asked.body for asked in shop.uploads]
    assert len(sent) == 2
    assert sum(PICTURES in body for body in sent) == 1
    assert not any(PLACE in body for body in sent)
