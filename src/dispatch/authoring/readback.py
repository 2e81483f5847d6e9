"""A brief.md read back: to see that what was written says what was meant, and what an existing one holds."""

from collections.abc import Iterator

from markdown_it.token import Token

from dispatch.markup.parser import BARE_LINKS, inline_tokens_of, tokens_of


def texts_of(body: str) -> Iterator[str]:
    """Yield the texts in the body of a brief.md: paragraphs, headings, cells, pictures, links' targets, numbers."""
    for token in tokens_of(body)[0]:
        if token.type == "inline":
            children = token.children or []
            yield text_of(children)
            yield from (str(c.attrs["href"]) for c in children if c.type == "link_open" and c.markup not in BARE_LINKS)
        elif token.type in {"fence", "code_block"}:
            yield token.content
        elif token.type == "list_item_open":
            yield token.info
        elif token.type == "footnote_reference_open":
            yield str(token.meta.get("label", ""))


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
