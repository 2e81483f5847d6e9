"""Pictures from outside become pictures that every mail program shows."""

import contextlib
import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from dispatch.errors import PictureError
from dispatch.images.mail import GOOD_BYTES, MAX_HEIGHT_PX, MAX_WIDTH_PX, prepare
from dispatch.model.brand import Picture


def photo(width: int = 1600, height: int = 900) -> Image.Image:
    """Something with far more than 256 colours."""
    gradient = Image.linear_gradient("L").resize((width, height))
    return Image.merge(
        "RGB", (gradient, gradient.rotate(90).resize((width, height)), Image.effect_noise((width, height), 9))
    )


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("RGB")


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


def test_a_wide_picture_becomes_1184_pixels_wide() -> None:
    made = prepare(encoded(photo(2400, 1200)), file="a.jpg")
    assert (made.width_px, made.height_px) == (MAX_WIDTH_PX, 592)
    assert opened(made).size == (MAX_WIDTH_PX, 592)


def test_a_small_picture_is_never_enlarged() -> None:
    made = prepare(encoded(photo(640, 427)), file="a.jpg")
    assert (made.width_px, made.height_px) == (640, 427)


def test_a_tall_picture_keeps_below_1600_pixels() -> None:
    made = prepare(encoded(photo(900, 3000)), file="a.jpg")
    assert made.height_px == MAX_HEIGHT_PX


def test_a_picture_lying_on_its_side_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = prepare(encoded(photo(800, 400), exif=exif), file="a.jpg")
    assert (made.width_px, made.height_px) == (400, 800)
    assert not opened(made).getexif()


def test_metadata_does_not_travel() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    made = prepare(encoded(photo(800, 400), exif=exif, comment=b"secret comment"), file="a.jpg")
    assert b"Secret Camera" not in made.data
    assert b"secret comment" not in made.data


def test_a_photograph_is_a_progressive_jpeg() -> None:
    made = prepare(encoded(photo(), "PNG"), file="a.png")
    assert made.media_type == "image/jpeg"
    assert opened(made).info.get("progressive")


def test_a_drawing_stays_a_png_of_few_colours() -> None:
    drawing = Image.new("RGB", (1600, 800), "#ffffff")
    ImageDraw.Draw(drawing).line((0, 0, 1600, 800), fill="#10233f", width=9)
    made = prepare(encoded(drawing, "PNG"), file="a.png")
    assert made.media_type == "image/png"
    assert opened(made).mode == "P"
    assert made.data_bytes < 20_000


def test_a_heavy_photograph_is_written_at_a_lower_quality() -> None:
    made = prepare(encoded(noise(1184, 700), quality=95), file="a.jpg")
    plain = encoded(noise(1184, 700), quality=80, progressive=True, optimize=True, subsampling="4:2:0")
    assert len(plain) > GOOD_BYTES
    assert made.data_bytes < len(plain)


def test_what_is_transparent_becomes_white() -> None:
    made = prepare(encoded(Image.new("RGBA", (100, 100), (255, 0, 0, 0)), "PNG"), file="a.png")
    assert opened(made).convert("RGB").getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "LA", "I;16", "RGBA", "PA"])
def test_every_mode_of_colour_becomes_one_that_mail_shows(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "PA") else "PNG"
    source = Image.new(mode, (50, 40)) if mode == "I;16" else photo(50, 40).convert(mode if mode != "PA" else "P")
    made = prepare(encoded(source, kind), file="a")
    assert opened(made).convert("RGB").size == (50, 40)


def swapped_profile() -> bytes:
    """An ICC profile whose red is sRGB's green and the other way round: what ignores it shows the wrong colour."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"----", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"----", b"gXYZ", 1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "PA"])
def test_colours_of_another_profile_become_srgb_in_every_mode(mode: str) -> None:
    red = Image.new("RGB", (40, 30), (255, 0, 0))
    source = red.convert("P").convert("PA") if mode == "PA" else red.convert(mode)
    kind = "TIFF" if mode == "PA" else "PNG"
    made = opened(prepare(encoded(source, kind, icc_profile=swapped_profile()), file="a"))
    assert "icc_profile" not in made.info
    pixel = made.convert("RGB").getpixel((20, 15))
    assert isinstance(pixel, tuple)
    assert pixel[1] > 200
    assert pixel[0] < 60


def test_what_is_transparent_becomes_white_under_another_profile_too() -> None:
    clear = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    made = opened(prepare(encoded(clear, "PNG", icc_profile=swapped_profile()), file="a.png"))
    assert made.convert("RGB").getpixel((20, 15)) == (255, 255, 255)


def test_a_broken_profile_is_passed_over() -> None:
    assert prepare(encoded(photo(400, 300), icc_profile=b"nonsense"), file="a.jpg").width_px == 400


def test_the_name_is_the_hash_of_what_is_in_it() -> None:
    data = encoded(photo(300, 200))
    made = prepare(data, file="a.jpg")
    assert made.name == hashlib.sha256(made.data).hexdigest()[:32] + ".jpg"
    assert made.source_hash == hashlib.sha256(data).hexdigest()
    assert prepare(data, file="b.jpg") == made


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is enormous; a few bytes long."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(10_000, 9_000), (13_000, 13_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="pixels"):
        prepare(bomb(*size), file="images/bomb.png")


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"MZ" + b"\0" * 100])
def test_what_is_no_picture_is_told_so(data: bytes) -> None:
    with pytest.raises(PictureError) as caught:
        prepare(data, file="images/a.svg")
    assert caught.value.lines() == [
        "The picture a.svg is of a kind that mail cannot show.",
        "images/a.svg",
        "Save it as JPEG or PNG.",
    ]


def test_a_cut_off_file_is_told_to_be_damaged() -> None:
    whole = encoded(photo(800, 600))
    with pytest.raises(PictureError, match="damaged"):
        prepare(whole[: len(whole) // 2], file="a.jpg")


@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=30),
)
def test_no_damage_makes_anything_but_a_picture_error(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(encoded(photo(60, 40), kind))
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(PictureError):
        assert prepare(bytes(data), file="a").data
