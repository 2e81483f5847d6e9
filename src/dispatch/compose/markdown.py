"""The Markdown of a brief: CommonMark with tables, footnotes, attributes, containers, bare addresses."""

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

#: deepest nesting of blocks; markdown-it leaves out what lies deeper, so the reader reports it
MAX_NESTING = 24


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
    footnote_plugin(reader, move_to_end=False, always_match_refs=True)
    attrs_plugin(reader, spans=True)
    attrs_block_plugin(reader)
    gfm_autolink_plugin(reader)
    container_plugin(reader, "box", validate=lambda params, markup: bool(params.strip()))
    # every address comes through, so that the reader can say what is wrong with it
    reader.validateLink = lambda url: True  # type: ignore[method-assign]  # markdown-it's documented way
    return reader


def tokens_of(body: str) -> tuple[list[Token], dict[int, list[Token]]]:
    """The tokens of a text, and those of its inline notes by their number."""
    env: dict[str, dict[str, dict[int, dict[str, list[Token]]]]] = {}
    tokens = _reader().parse(body, env)
    listed = env.get("footnotes", {}).get("list", {})
    return tokens, {number: note["tokens"] for number, note in listed.items() if "tokens" in note}
