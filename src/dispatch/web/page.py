"""Pages: Jinja2 templates rendered with every value escaped, and the headers that every answer carries."""

import functools
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dispatch.model.words import plural

PAGES = Path(__file__).parent / "pages"
#: where the style sheet and the script stand
ASSETS = "/p"
#: a page's own policy: nothing from another host, no script but ours, no frame around it
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: a reader's page: no script, no picture
READER_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def attachment(name: str) -> dict[str, str]:
    """Return the header that names a download, in any script (RFC 6266 section 4.1, RFC 8187)."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def headers(policy: str, **more: str) -> dict[str, str]:
    """The headers of an answer: its policy, no referrer, no guessing of types, no framing by others."""
    fixed = {
        "Content-Security-Policy": policy,
        # A form posted under no-referrer names no Origin, and the preview wants to see its own.
        "Referrer-Policy": "same-origin" if policy == POLICY else "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN" if "frame-ancestors 'self'" in policy else "DENY",
        "Cache-Control": "no-store",
    }
    return fixed | {name.replace("_", "-"): value for name, value in more.items()}


@functools.cache
def environment() -> Environment:
    """The templates; a name that nobody gave is an error, not an empty place."""
    made = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["number"] = number
    made.globals["asset"] = asset
    made.globals["plural"] = plural
    return made


def number(value: int) -> str:
    """A number as people read it: 12,345."""
    return f"{value:,}"


def render(name: str, **values: Any) -> str:
    """A page's text."""
    return environment().get_template(name).render(**values)


def page(
    name: str, *, status: int = 200, policy: str = POLICY, extra: dict[str, str] | None = None, **values: Any
) -> Response:
    """A page as an answer."""
    return HTMLResponse(render(name, **values), status, headers(policy) | (extra or {}))


@functools.cache
def asset(name: str) -> str:
    """The address of an asset; it changes with the content, so that it can be kept for ever."""
    mark = hashlib.sha256((PAGES / name).read_bytes()).hexdigest()[:12]
    return f"{ASSETS}/{name}?{mark}"


def asset_routes(*names: str) -> list[Route]:
    """Routes that give assets of the pages folder."""
    return [Route(f"{ASSETS}/{name}", functools.partial(_asset, name=name), methods=["GET"]) for name in names]


async def _asset(request: object, name: str) -> Response:
    file = PAGES / name
    extra = {"Cache-Control": "public, max-age=31536000, immutable"}
    kind = _KINDS[file.suffix]
    return Response(file.read_bytes(), headers=headers("default-src 'none'") | extra, media_type=kind)
