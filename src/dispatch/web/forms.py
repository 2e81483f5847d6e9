"""Forms of bounded size, as browsers and mail providers post them."""

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

#: longest body of a form, in bytes
MAX_BYTES = 16_384
_KINDS = ("", "application/x-www-form-urlencoded", "multipart/form-data")


async def read_form(request: Request, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    """The text fields of a form, the last of each name; files are refused.

    Raises HTTPException 413 for a body that is too long, 415 for one that is no form, 400 for a broken one.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise HTTPException(415, "This address takes a form.")
    left = max_bytes

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "That is too long.")
        return message

    bounded = Request(request.scope, receive)
    try:
        form = await bounded.form(max_files=0, max_fields=64, max_part_size=max_bytes)
    except MultiPartException as err:
        raise HTTPException(400, "The form cannot be read.") from err
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
