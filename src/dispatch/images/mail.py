"""A picture from outside -> one that every mail program shows: upright, sRGB, small, without metadata."""

import hashlib
import io
import struct
import warnings
from contextlib import suppress
from pathlib import PurePosixPath

from PIL import Image, ImageCms, ImageOps

from dispatch.errors import PictureError
from dispatch.model.brand import Picture

#: twice the text column of 592 px, so that sharp screens have all they can show
MAX_WIDTH_PX = 1184
MAX_HEIGHT_PX = 1600
#: largest source, in bytes and in pixels; a phone's camera makes 12 to 50 megapixels
MAX_SOURCE_BYTES = 60_000_000
MAX_SOURCE_PIXELS = 80_000_000
#: a JPEG above this is written again at a lower quality
GOOD_BYTES = 200_000

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "MPO")
_QUALITIES = (80, 72, 64)
_FEW_COLOURS = 256
# what Pillow's decoders raise on damaged files
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    MemoryError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    struct.error,
)


def prepare(data: bytes, *, file: str) -> Picture:
    """The mail-ready picture of an image file's bytes. `file` is how errors name it. Raises PictureError."""
    if len(data) > MAX_SOURCE_BYTES:
        mega = len(data) // 1_000_000
        raise _unusable(f"has {mega} MB", file, f"Save it below {MAX_SOURCE_BYTES // 1_000_000} MB.")
    with warnings.catch_warnings():
        # Pillow warns of odd tags, and of sizes that our own bound below is stricter than
        warnings.simplefilter("ignore")
        sized, is_drawing = _decoded(data, file)
    encoded = _png(sized) if is_drawing else _jpeg(sized)
    suffix, media_type = ("png", "image/png") if is_drawing else ("jpg", "image/jpeg")
    return Picture(
        name=f"{hashlib.sha256(encoded).hexdigest()[:32]}.{suffix}",
        source_hash=hashlib.sha256(data).hexdigest(),
        width_px=sized.width,
        height_px=sized.height,
        data_bytes=len(encoded),
        media_type=media_type,
        data=encoded,
    )


def _decoded(data: bytes, file: str) -> tuple[Image.Image, bool]:
    """The picture upright, in sRGB and within the bounds; and whether it is a drawing of few colours."""
    image = _opened(data, file)
    try:
        is_drawing = image.format not in ("JPEG", "MPO") and _has_few_colours(image)
        sized = _sized(_srgb(_flat(ImageOps.exif_transpose(image)), image.info.get("icc_profile")))
    except _DAMAGE as err:
        todo = "Open it in a picture program and save it again."
        raise _unusable(f"is damaged ({err})", file, todo) from err
    # Pillow writes what it finds here into the new file: comments, XMP
    sized.info.clear()
    return sized, is_drawing


def _unusable(why: str, file: str, todo: str) -> PictureError:
    return PictureError(f"The picture {PurePosixPath(file).name} {why}.", where=file, todo=todo)


def _opened(data: bytes, file: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as err:
        raise _unusable("has far too many pixels", file, "Save it smaller.") from err
    except _DAMAGE as err:
        raise _unusable("is of a kind that mail cannot show", file, "Save it as JPEG or PNG.") from err
    if image.width * image.height > MAX_SOURCE_PIXELS:
        raise _unusable(
            f"has {image.width} × {image.height} pixels",
            file,
            "Save it smaller: 2,400 pixels wide is plenty.",
        )
    # a JPEG decodes at the nearest size above the one wanted, which saves time and memory
    image.draft("RGB", (MAX_WIDTH_PX * 2, MAX_HEIGHT_PX * 2))
    return image


def _has_few_colours(image: Image.Image) -> bool:
    """Whether it is a chart or a drawing rather than a photograph."""
    if image.width * image.height > 16_000_000:
        return False
    return image.convert("RGBA").getcolors(_FEW_COLOURS) is not None


def _flat(image: Image.Image) -> Image.Image:
    """The picture in its own colours (RGB, CMYK or grey), what is transparent on white."""
    if image.mode in ("I;16", "I;16B", "I;16L"):
        return image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "#ffffff")
        flat = Image.alpha_composite(ground, image.convert("RGBA"))
        return flat.convert("L" if image.mode == "LA" else "RGB")
    return image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as sRGB; a profile that cannot be used means that the colours are taken as they are."""
    made: Image.Image | None = None
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return (made or image).convert("RGB")


def _sized(image: Image.Image) -> Image.Image:
    """The picture within the bounds; never enlarged."""
    scale = min(1.0, MAX_WIDTH_PX / image.width, MAX_HEIGHT_PX / image.height)
    if scale == 1.0:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    encoded = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(
            out,
            "JPEG",
            quality=quality,
            optimize=True,
            progressive=True,
            subsampling="4:2:0",
            exif=b"",
            icc_profile=None,
        )
        encoded = out.getvalue()
        if len(encoded) <= GOOD_BYTES:
            break
    return encoded


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    colours = image.getcolors(_FEW_COLOURS)
    palette = image.quantize(len(colours) if colours else 128, dither=Image.Dither.NONE)
    palette.save(out, "PNG", optimize=True)
    return out.getvalue()
