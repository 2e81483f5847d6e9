"""Pictures out of documents and photos given with them: looked at before they are kept, named by us.

The bytes of a JPEG, PNG, GIF or WebP stay as they are (the mail's pictures are made from them later); other kinds that
Pillow reads become PNG; drawings (EMF, WMF, SVG) cannot be taken.
"""

import io
import re
import unicodedata
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from dispatch.authoring.document import SourcePicture
from dispatch.errors import PictureError
from dispatch.input_files import read_input_file

MAX_PICTURE_BYTES = 40_000_000
MAX_PIXELS = 80_000_000
#: kind that Pillow names -> end of the file name
_KEPT = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
#: what Pillow is let loose on; MPO comes with JPEG
_READ = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_DRAWINGS = {
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"\x01\x00\x09\x00": "WMF",
    b"\x01\x00\x00\x00": "EMF",
    b"<svg": "SVG",
    b"<?xm": "SVG",
}


def read_photo(path: Path) -> SourcePicture:
    """The photo in a file, named after it. Raises PictureError."""
    data = read_input_file(path, MAX_PICTURE_BYTES, PictureError, noun="The photo")
    return look_at(data, where=str(path), name=file_stem(path.stem))


def look_at(data: bytes, *, where: str, alt: str = "", name: str = "") -> SourcePicture:
    """A picture from its bytes, decoded once to see that it is whole. Raises PictureError."""
    if drawing := _DRAWINGS.get(data[:4]):
        raise PictureError(
            f"This picture is a drawing ({drawing}), which mail cannot show.",
            where=where,
            todo="Save it as PNG, in Word by right click and “Save as Picture”.",
        )
    if len(data) > MAX_PICTURE_BYTES:
        raise _too_large(f"{len(data):,} bytes", where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _decode(data, where, alt, name)
    except PictureError:
        raise
    # Pillow's readers let many kinds of error through on broken files (struct, zlib, syntax, value, EOF, its own).
    except Exception as err:
        kind = "is no picture that dispatch knows" if isinstance(err, UnidentifiedImageError) else "is broken"
        raise PictureError(
            f"This file {kind}.", where=where, todo="Use a JPEG, PNG, GIF or WebP that opens in a viewer."
        ) from err


def _decode(data: bytes, where: str, alt: str, name: str) -> SourcePicture:
    with Image.open(io.BytesIO(data), formats=_READ) as image:
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(f"{image.width} × {image.height} pixels", where)
        image.load()
        if image.format in _KEPT:
            return SourcePicture(data, _KEPT[image.format], alt, name)
        converted = io.BytesIO()
        image.convert("RGBA" if "A" in image.getbands() else "RGB").save(converted, "PNG")
        return SourcePicture(converted.getvalue(), "png", alt, name)


def file_stem(words: str) -> str:
    """Words as the stem of a file name: small letters, digits and hyphens, at most 40; "" where none are left."""
    plain = unicodedata.normalize("NFKD", words.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-")


def _too_large(size: str, where: str) -> PictureError:
    return PictureError(
        f"This picture is too large: {size}.",
        where=where,
        todo=f"Scale it down to {MAX_PIXELS // 1_000_000} million pixels and {MAX_PICTURE_BYTES // 1_000_000} MB.",
    )
