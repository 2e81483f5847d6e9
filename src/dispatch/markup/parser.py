"""The Markdown of a brief: CommonMark with tables, footnotes, attributes, containers, bare addresses."""

from collections.abc import Callable
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

#: deepest nesting of blocks; markdown-it leaves out what lies deeper, so the reader reports it
MAX_NESTING = 24
#: keys of an image token's `meta`: begin and end in the text of its paragraph, of the image and of its braces
SPAN, BRACES = "span", "braces"


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
    _note_positions(reader)
    _look_back_only_where_an_address_may_be(reader)
    return reader


def _note_positions(reader: MarkdownIt) -> None:
    """Make each image token say where it stands; markdown-it gives positions of blocks only."""
    rules, give_attributes = reader.inline.ruler, _rule(reader, "attr")

    def image_with_span(state: StateInline, silent: bool) -> bool:
        begin = state.pos
        if not image(state, silent):
            return False
        if not silent:
            state.tokens[-1].meta[SPAN] = (begin, state.pos)
        return True

    def attributes_with_span(state: StateInline, silent: bool) -> bool:
        # every position is tried, and the plugin copies the rest of the text before it looks at its first character
        if state.src[state.pos] != "{":
            return False
        begin, token = state.pos, state.tokens[-1] if state.tokens else None
        if not give_attributes(state, silent):
            return False
        if not silent and token is not None and token.type == "image":
            token.meta.setdefault(BRACES, (begin, state.pos))
        return True

    rules.at("image", image_with_span)
    rules.at("attr", attributes_with_span)


def _look_back_only_where_an_address_may_be(reader: MarkdownIt) -> None:
    """Keep a line of colons linear: the plugin searches all the text before each colon for a protocol."""
    find_address = _rule(reader, "gfm_autolink_protocol")

    def address(state: StateInline, silent: bool) -> bool:
        return state.src.endswith(("http", "https", "mailto", "xmpp"), 0, state.pos) and find_address(state, silent)

    reader.inline.ruler.at("gfm_autolink_protocol", address)


def _rule(reader: MarkdownIt, name: str) -> Callable[[StateInline, bool], bool]:
    return next(rule.fn for rule in reader.inline.ruler.__rules__ if rule.name == name)


def tokens_of(body: str) -> tuple[list[Token], dict[int, list[Token]]]:
    """Return the tokens of a text, and those of its inline notes by their number."""
    env: dict[str, dict[str, dict[int, dict[str, list[Token]]]]] = {}
    tokens = _reader().parse(body, env)
    listed = env.get("footnotes", {}).get("list", {})
    return tokens, {number: note["tokens"] for number, note in listed.items() if "tokens" in note}


def inline_tokens_of(text: str) -> list[Token]:
    """Return the tokens of one run of inline text."""
    return [child for token in _reader().parseInline(text) for child in token.children or []]


def only_images(paragraph: Token) -> list[Token]:
    """Return the images of a paragraph that holds nothing else, none where it holds words.

    `paragraph` is the inline token that follows `paragraph_open`.
    """
    parts = [
        child
        for child in paragraph.children or []
        if child.type not in ("softbreak", "hardbreak") and not (child.type == "text" and not child.content.strip())
    ]
    return parts if all(part.type == "image" for part in parts) else []


@lru_cache(maxsize=8192)
def normal_address(address: str) -> str:
    """Return an address as the parser writes it: percent-encoded, its host in ASCII."""
    return _reader().normalizeLink(address)
