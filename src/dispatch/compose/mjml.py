"""MJML -> the html that mail programs get: mrml, then premailer, with what each of them needs."""

import logging
import re
import sys
from functools import lru_cache
from types import ModuleType

from dispatch.compose import escape
from dispatch.compose.template_lint import STYLE as _STYLE
from dispatch.compose.template_lint import mistake_in_mjml
from dispatch.errors import TemplateError

_TEXT = re.compile(
    r"(<mj-(?:text|button|table|preview|title)\b[^>]*(?<!/)>)(.*?)(</mj-(?:text|button|table|preview|title)>)",
    re.DOTALL,
)
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_BETWEEN_BLOCKS = re.compile(r"\s*\n\s*")
_ATTRIBUTE = re.compile(r"\"[^\"<>]*\"")
_POSITION = re.compile(r"position (\d+):(\d+)")
_RESET = '<style type="text/css">\n#outlook a'


def to_html(mjml: str, *, inline: bool) -> str:
    """The page for an MJML document; `inline` writes the styles into the elements too, as mail needs.

    Raises TemplateError where the document is not what mrml can take.
    """
    lint(mjml)
    page = _after_mrml(_mrml(_prepared(mjml)))
    if inline:
        page = _inlined(page)
    if "\\u{" in page and "\\u{" not in mjml:
        raise TemplateError(
            "A character came out of the layout engine broken.",
            where="templates/",
            todo="Keep attributes of MJML elements plain; put text between the tags.",
        )
    return escape.finish(page)


def lint(mjml: str) -> None:
    """Refuse what mrml takes silently and renders wrongly. Raises TemplateError."""
    if mistake := mistake_in_mjml(mjml):
        raise _wrong(mjml, *mistake)


def _wrong(mjml: str, position: int, why: str) -> TemplateError:
    excerpt = mjml[position : position + 60].split("\n")[0]
    return TemplateError(
        f"The layout cannot be used: {why}.",
        where=f"near {excerpt!r}, where all templates are put together",
        todo="Look for these words in templates/ and fix them there.",
    )


def _prepared(mjml: str) -> str:
    """The document in the form that mrml keeps whole: rules 1 and 2."""
    spaced = _TEXT.sub(lambda match: match[1] + _spaced(match[2]) + match[3], mjml)
    spaced = _ATTRIBUTE.sub(lambda match: re.sub(r"[\t\n\r]+", " ", match[0]), spaced)
    return _backslashes(spaced).encode("ascii", "xmlcharrefreplace").decode()


def _spaced(fragment: str) -> str:
    """A fragment without newlines, which mrml drops between elements; those of <pre> become references."""
    parts = _PRE.split(fragment.strip())
    return "".join(
        part.replace("\n", "&#10;") if at % 2 else _BETWEEN_BLOCKS.sub(" ", part) for at, part in enumerate(parts)
    )


def _backslashes(mjml: str) -> str:
    """Backslashes as references, except in style sheets, where references mean nothing."""
    made, end = [], 0
    for style in _STYLE.finditer(mjml):
        made += [mjml[end : style.start()].replace("\\", "&#92;"), style[0]]
        end = style.end()
    return "".join([*made, mjml[end:].replace("\\", "&#92;")])


def _mrml(mjml: str) -> str:
    from mjml import mjml2html

    try:
        # fonts={}: the default adds a link and an @import to a font server (rule 5)
        return mjml2html(mjml, fonts={})
    except ValueError as err:
        position = _POSITION.search(str(err))
        # mrml counts bytes; the document is ASCII here
        raise _wrong(mjml, int(position[1]) if position else 0, str(err).split(" in root")[0].rstrip(".")) from err


def _after_mrml(page: str) -> str:
    """What mrml writes, as premailer and html want it: rule 4, and two attributes that html does not know."""
    page = page.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    page = page.replace(' height="auto"', "").replace(
        _RESET, _RESET.replace("<style", '<style data-premailer="ignore"')
    )
    return re.sub(r'(<td[^>]*) vertical-align="(\w+)"', r'\1 valign="\2"', page)


@lru_cache(maxsize=1)
def _premailer() -> type:
    # premailer imports requests, a tenth of a second, to fetch style sheets, which it is told never to do. So an empty
    # module stands in while premailer is imported; importlib's LazyLoader would not do, because Python 3.11 loads such
    # a module at the next `import` of it.
    is_needless = "requests" not in sys.modules
    if is_needless:
        sys.modules["requests"] = ModuleType("requests")
    try:
        from premailer import Premailer
    finally:
        if is_needless:
            del sys.modules["requests"]
    return Premailer  # type: ignore[no-any-return]  # premailer ships no types


def _inlined(page: str) -> str:
    premailer = _premailer()(
        page,
        keep_style_tags=True,
        strip_important=False,
        remove_classes=False,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
        allow_network=False,
        allow_loading_external_files=False,
        disable_link_rewrites=True,
        align_floating_images=False,
        remove_unset_properties=False,
        exclude_pseudoclasses=True,
        include_star_selectors=False,
        method="html",
    )
    return str(premailer.transform(pretty_print=False))
