"""A brief.md read back: to see that what was written says what was meant, and what an existing one holds."""

from collections.abc import Iterator
from functools import lru_cache

from markdown_it.token import Token

from dispatch.markup.parser import inline_tokens_of, tokens_of


@lru_cache(maxsize=2)
def _tokens(body: str) -> list[Token]:
    return tokens_of(body)[0]


def texts_of(body: str) -> Iterator[str]:
    """Yield the texts in the body of a brief.md as readers will see them: also the numbers of items and notes."""
    numbers: list[int | None] = []
    for token in _tokens(body):
        if token.type == "inline":
            yield text_of(token.children or [])
        elif token.type in {"fence", "code_block"}:
            yield token.content
        elif token.type in {"ordered_list_open", "bullet_list_open"}:
            numbers.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            numbers.pop()
        elif token.type == "list_item_open" and (number := numbers[-1]) is not None:
            yield str(number)
            numbers[-1] = number + 1
        elif token.type == "footnote_reference_open":
            yield str(token.meta.get("label", ""))


def addresses_of(body: str) -> Iterator[str]:
    """Yield the addresses of the links in the body of a brief.md, as Markdown writes them."""
    for token in _tokens(body):
        for child in token.children or []:
            if child.type == "link_open":
                yield str(child.attrs["href"])


def inline_text(markdown: str) -> str:
    """Return the text that a run of inline Markdown shows, blanks as single spaces and notes as their labels."""
    return " ".join(text_of(inline_tokens_of(markdown)).split())


def text_of(tokens: list[Token]) -> str:
    """Return the text that inline tokens show: notes as their labels, pictures as their words."""
    return "".join(_shown(tokens))


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
