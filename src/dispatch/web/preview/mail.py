"""An Edition as a mail program would show it: for one person, in one light, with or without pictures and styles.

What is shown is the mail itself; only the addresses of pictures lead here instead of to where they will be
published, so that the preview reaches no other computer.
"""

import html as entities
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dispatch.compose import merge
from dispatch.compose.render import NO_PUBLIC_URL
from dispatch.compose.view import View
from dispatch.model.brief import Block, Code, Figure, Words, inlines_of, walk, walk_inlines
from dispatch.model.edition import Edition, Letter

_STYLE = re.compile(r"<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_BODY = re.compile(r"<body\b", re.IGNORECASE)
#: words that are enough to know a block by
_ENOUGH_CHARS = 48


@dataclass(frozen=True, slots=True)
class Look:
    """How a mail is looked at."""

    is_dark: bool = False
    has_images: bool = True
    #: False as in Gmail with an account of another provider, which drops every <style>
    has_styles: bool = True


def policy(look: Look) -> str:
    """The policy of a mail shown in a frame: no script, no form, nothing from another host."""
    images = "'self' data:" if look.has_images else "'none'"
    return (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'self'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )


def filled(edition: Edition, person: Mapping[str, str], unsubscribe_url: str) -> tuple[str, str, str]:
    """Subject, html and text for one person."""
    letter = merge.letter(edition)
    values = merge.values(letter, person, {"unsubscribe_url": unsubscribe_url})
    return Letter.fill(letter.subject, values), Letter.fill(letter.html, values), Letter.fill(letter.text, values)


def shown(
    page: str, look: Look, public_url: str, pictures_at: str, lines: Mapping[int, str], *, has_server: bool = True
) -> str:
    """A filled page as the frame shows it.

    `pictures_at` is where the frame finds pictures by name; without a server the page carries its policy itself.
    `lines` marks places: line of brief.md -> the text, or the name of the picture, by which its place is known.
    """
    page = page.replace(f"{public_url or NO_PUBLIC_URL}/i/", pictures_at)
    page = with_places(page, lines)
    if not look.has_styles:
        page = _STYLE.sub("", page)
    page = _DARK.sub(lambda found: _always((found[1].lower() == "dark") == look.is_dark), page)
    return _HEAD.sub(lambda head: head[0] + _inserted(look, has_server), page, count=1)


def _always(is_so: bool) -> str:
    return "(min-width:0px)" if is_so else "(max-width:0px)"


def _inserted(look: Look, has_server: bool) -> str:
    """What the frame needs: links open beside the preview, a place that was asked for is outlined."""
    scheme = "dark" if look.is_dark else "light"
    images = "'self' file: data:" if look.has_images else "'none'"
    own = (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; form-action 'none'; "
        f"img-src {images}; style-src 'unsafe-inline'\">"
    )
    return (
        ("" if has_server else own) + f'<base target="_blank"><style>:root{{color-scheme:{scheme}}}'
        ".dispatch-place:target{outline:3px solid #d97706;outline-offset:3px;scroll-margin:80px}</style>"
    )


# --- places -----------------------------------------------------------------------------------------------------------


def places(seen: View, names: Mapping[str, str]) -> dict[int, str]:
    """Line of brief.md -> what its block is known by in the page; `names` gives the picture names of files."""
    found: dict[int, str] = {}
    for block in _in_order(seen):
        line = getattr(block, "line", 0)
        known = names.get(block.file, "") if isinstance(block, Figure) else _words(block)
        if line and known:
            found.setdefault(line, known)
    return found


def _in_order(seen: View) -> Iterator[Block]:
    yield from walk(seen.blocks)
    for note in seen.notes:
        yield from walk(note.blocks)


def _words(block: Block) -> str:
    """The first words of a block that stand in one piece."""
    for inlines in inlines_of(block):
        for inline in walk_inlines(inlines):
            if isinstance(inline, Words | Code) and len(inline.text.strip()) > 2:
                return inline.text.strip()[:_ENOUGH_CHARS]
    return ""


def with_places(page: str, lines: Mapping[int, str]) -> str:
    """The page with an empty anchor `line-N` before the first words of each block, in the order of the page."""
    body = _BODY.search(page)
    at = body.start() if body else 0
    pieces = [page[:at]]
    for line, known in lines.items():
        start = _find(page, known, at)
        if start < 0:
            continue
        pieces += [page[at:start], f'<a id="line-{line}" class="dispatch-place"></a>']
        at = start
    return "".join([*pieces, page[at:]])


def _find(page: str, known: str, at: int) -> int:
    """Where the words, or the picture's tag, stand outside of tags; -1 where they do not."""
    wanted = entities.escape(known, quote=False)
    found = page.find(wanted, at)
    while found >= 0:
        opened, closed = page.rfind("<", 0, found), page.rfind(">", 0, found)
        if opened < closed:
            return found
        if page.startswith("<img", opened):
            return opened
        found = page.find(wanted, found + 1)
    return -1
