"""The Markdown of docs/brief-format.md read back, to see that what was written says what was meant."""

from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

#: links whose words are their address
_BARE = frozenset({"autolink", "linkify", "gfm_autolink"})


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 24}).enable("table")
    reader.use(footnote_plugin, always_match_refs=True).use(attrs_plugin, spans=True).use(attrs_block_plugin)
    reader.use(gfm_autolink_plugin)
    return reader.use(container_plugin, "box", validate=lambda params, markup: bool(params.strip()))


def texts_of(body: str) -> Iterator[str]:
    """The texts in the body of a brief.md: of paragraphs, headings, cells, pictures, links' targets, notes, numbers."""
    for token in _reader().parse(body):
        if token.type == "inline":
            children = token.children or []
            yield "".join(_shown(children))
            yield from (str(c.attrs["href"]) for c in children if c.type == "link_open" and c.markup not in _BARE)
        elif token.type in {"fence", "code_block"}:
            yield token.content
        elif token.type == "list_item_open":
            yield token.info
        elif token.type == "footnote_open":
            yield str(token.meta.get("label", ""))


def inline_text(markdown: str) -> str:
    """The text that a run of inline Markdown shows, blanks as single spaces and notes as their labels."""
    tokens = _reader().parseInline(markdown)
    return " ".join("".join(_shown([child for token in tokens for child in token.children or []])).split())


def _shown(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            yield token.content
        elif token.type in {"softbreak", "hardbreak"}:
            yield "\n"
        elif token.type == "footnote_ref":
            yield f" {token.meta.get('label', '')} "
        elif token.type == "image":
            yield f" {token.content} {token.attrs.get('title', '')} {token.attrs.get('credit', '')} "
