"""Pictures as answers: named by their content, so they can be kept for ever."""

import re
from pathlib import Path

from starlette.responses import PlainTextResponse, Response

from dispatch.web.page import headers

#: names that `images` gives to pictures: a hash and a suffix
_PICTURE = re.compile(r"[0-9a-f]{8,64}\.(?:jpg|png|gif)")
_MEDIA = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


def picture_from(folder: Path, name: str) -> Response:
    """A picture of a folder as an answer; 404 for any name that is not a picture's."""
    if not _PICTURE.fullmatch(name):
        return PlainTextResponse("There is no such picture.\n", 404, headers("default-src 'none'"))
    try:
        data = (folder / name).read_bytes()
    except OSError:
        return PlainTextResponse("There is no such picture.\n", 404, headers("default-src 'none'"))
    return picture_answer(name, data)


def picture_answer(name: str, data: bytes) -> Response:
    """The bytes of a picture as an answer, by the suffix of its name."""
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    media_type = _MEDIA[name.rpartition(".")[2]]
    return Response(data, headers=headers("default-src 'none'") | kept, media_type=media_type)
