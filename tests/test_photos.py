"""Photos for a dispute: the right picture, upright, small enough, and nothing else. Real files by Pillow."""

import contextlib
import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from monitor.adapters.photos import BadPhoto, prepare

SECRET = "51.5007,-0.1246 owner"


def picture(width: int = 400, height: int = 200) -> Image.Image:
    """White with a red patch in the upper left corner, so that a turn can be seen."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 4, height // 4))
    return image


def noise(width: int, height: int) -> Image.Image:
    """A picture that compresses badly."""
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(3 * width * height))


def test_a_photo_comes_out_upright_without_a_trace_of_its_owner(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side: to be turned by a quarter, clockwise
    exif[0x010E] = SECRET
    exif.get_ifd(0x8825)[1] = "N"
    source = tmp_path / "IMG of my house.jpg"
    picture().save(source, exif=exif, comment=SECRET.encode(), xmp=SECRET.encode())
    result = prepare(source, accept="image/*", into=tmp_path / "case")
    assert SECRET.encode() in source.read_bytes()
    assert SECRET.encode() not in result.read_bytes()
    assert "house" not in result.name
    with Image.open(result) as image:
        assert image.format == "JPEG"
        assert image.size == (200, 400)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert _reddish(image.getpixel((190, 10))), "the patch is now in the upper right corner"
        assert not _reddish(image.getpixel((10, 10)))


@pytest.mark.parametrize(
    ("accept", "written"),
    [
        ("", "JPEG"),
        ("image/*", "JPEG"),
        ("*/*", "JPEG"),
        ("image/png, image/jpeg", "JPEG"),
        (".PNG,.JPG", "JPEG"),
        ("image/png", "PNG"),
        ("image/webp", "WEBP"),
        ("video/*,.png", "PNG"),
    ],
)
def test_it_is_written_as_the_page_takes_it(accept: str, written: str, tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", SECRET)
    picture().save(source, pnginfo=note)
    result = prepare(source, accept=accept, into=tmp_path / "case")
    with Image.open(result) as image:
        assert image.format == written
        assert image.size == (400, 200)
    assert SECRET.encode() not in result.read_bytes()


@pytest.mark.parametrize("accept", ["image/jpeg", "image/png", "image/webp"])
def test_it_is_shrunk_until_it_fits(accept: str, tmp_path: Path) -> None:
    source = tmp_path / "big.png"
    noise(1500, 1200).save(source)
    result = prepare(source, accept=accept, into=tmp_path / "case", max_bytes=1_500_000)
    assert source.stat().st_size > 5_000_000
    assert result.stat().st_size <= 1_500_000
    with Image.open(result) as image:
        assert image.width / image.height == pytest.approx(1500 / 1200, abs=0.01), "its shape is kept"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_a_plain_one(mode: str, tmp_path: Path) -> None:
    source = tmp_path / ("a.tiff" if mode in ("CMYK", "I;16") else "a.png")
    (picture().convert("L").convert(mode) if mode == "I;16" else picture().convert(mode)).save(source)
    with Image.open(prepare(source, accept="", into=tmp_path / "case")) as image:
        assert (image.mode, image.size) == ("RGB", (400, 200))


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    with Image.open(prepare(tmp_path / "clear.png", accept="", into=tmp_path / "case")) as image:
        assert min(image.getpixel((25, 25))) > 250


def test_the_same_photo_gets_the_same_private_file(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    first = prepare(tmp_path / "a.png", accept="", into=tmp_path / "case")
    assert prepare(tmp_path / "a.png", accept="", into=tmp_path / "case") == first
    assert first.stat().st_mode & 0o077 == 0
    assert first.parent.stat().st_mode & 0o077 == 0


def test_the_original_is_left_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    picture().save(source)
    before = source.read_bytes()
    prepare(source, accept="image/jpeg", into=tmp_path)
    assert source.read_bytes() == before


def _claims(width: int, height: int) -> bytes:
    """A tiny PNG that says it is a huge picture."""
    small = io.BytesIO()
    Image.new("1", (1, 1)).save(small, "PNG")
    header = b"IHDR" + struct.pack(">II", width, height) + small.getvalue()[24:29]
    return small.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + small.getvalue()[33:]


def _cut_off(place: Path) -> None:
    data = io.BytesIO()
    noise(300, 300).save(data, "JPEG")
    place.write_bytes(data.getvalue()[:2000])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda place: None, "shot.png does not exist."),
        (lambda place: place.mkdir(), "shot.png cannot be read."),
        (lambda place: place.write_bytes(b""), "not a picture"),
        (lambda place: place.write_bytes(b"%PDF-1.7"), "not a picture"),
        (lambda place: place.write_bytes(b"\0\0\0\x18ftypheic" + bytes(64)), "export it as JPEG first"),
        (_cut_off, "damaged"),
        (lambda place: place.write_bytes(_claims(20_000, 20_000)), "more than 110 million pixels"),
        (lambda place: place.write_bytes(_claims(12_000, 10_000)), "more than 110 million pixels"),
    ],
    ids=["missing", "folder", "empty", "no picture", "HEIC", "cut off", "bomb", "huge"],
)
def test_what_cannot_be_attached_is_said_in_one_sentence(make, sentence: str, tmp_path: Path) -> None:
    make(tmp_path / "shot.png")
    with pytest.raises(BadPhoto, match=sentence) as refused:
        prepare(tmp_path / "shot.png", accept="", into=tmp_path / "case")
    assert str(refused.value).endswith(".")
    assert not (tmp_path / "case").exists()


def test_a_page_without_room_for_pictures_is_said(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    with pytest.raises(BadPhoto, match="takes no picture"):
        prepare(tmp_path / "a.png", accept="video/mp4", into=tmp_path / "case")


def test_what_stays_too_large_is_said(tmp_path: Path) -> None:
    noise(800, 800).save(tmp_path / "a.png")
    with pytest.raises(BadPhoto, match="still larger than 10000 bytes"):
        prepare(tmp_path / "a.png", accept="", into=tmp_path / "case", max_bytes=10_000)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_file_whatever_is_in_it_raises_anything_but_bad_photo(data: st.DataObject, tmp_path: Path) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]))
    whole = io.BytesIO()
    picture(40, 20).save(whole, kind)
    content = bytearray(whole.getvalue())
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "shot").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(BadPhoto):
        prepare(tmp_path / "shot", accept="", into=tmp_path / "case")


def _reddish(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 200 and pixel[1] < 80 and pixel[2] < 80
