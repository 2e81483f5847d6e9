"""A .md file becomes a Document: Markdown as brief.md has it, with or without front matter."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it.token import Token
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dispatch.authoring.document import Document, Remark, SourceBlock, SourceParagraph, SourceSpan, SourceTable, clean
from dispatch.authoring.pictures import read_photo
from dispatch.authoring.plain import decode
from dispatch.authoring.readback import texts_of
from dispatch.errors import DocumentError, PictureError
from dispatch.markup.escape import read_attribute
from dispatch.markup.front_matter import split
from dispatch.markup.parser import tokens_of


def read_markdown(data: bytes, file: Path) -> Document:
    """Return the Document in a .md file. Raise DocumentError where its front matter cannot be read."""
    text, remarks = decode(data, str(file))
    text = clean(text)
    parts = split(text)
    front: dict[str, Any] = {}
    body = text
    if parts:
        body = "\n" * text.count("\n", 0, parts.below) + parts.body
        try:
            found = YAML(typ="safe", pure=True).load(parts.front)
        except (YAMLError, ValueError) as err:
            todo = "Put its texts in double quotes, one key a line; or delete it."
            raise DocumentError("The front matter cannot be read.", where=str(file), todo=todo) from err
        front = found if isinstance(found, dict) else {}
    reader = _Reader(tokens_of(body)[0], file)
    blocks = list(reader.blocks())
    document = Document(blocks, "line", reader.notes, reader.pictures, look_at=[*remarks, *reader.look_at], front=front)
    document.source = "\n".join([*_texts(front), *texts_of(body)])
    document.addresses = [span.link for p in document.paragraphs() for span in p.spans if span.link]
    return document


def _texts(value: object) -> Iterator[str]:
    """The texts in front matter, without its keys."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield value.isoformat() if isinstance(value, dt.date) else str(value)


@dataclass
class _Reader:
    tokens: list[Token]
    file: Path
    notes: dict[str, list[SourceParagraph]] = field(default_factory=dict)
    pictures: list[Any] = field(default_factory=list)
    look_at: list[Remark] = field(default_factory=list)
    #: what is open around a token: a list's next number (None for bullets), or "quote"
    _around: list[int | str | None] = field(default_factory=list)
    _note: str = ""

    def blocks(self) -> Iterator[SourceBlock]:
        """Yield the blocks of the text; those of notes are kept apart."""
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.type == "table_open":
                end = next(n for n in range(at, len(self.tokens)) if self.tokens[n].type == "table_close")
                yield self._table(self.tokens[at:end], _place(token))
                at = end
            elif (paragraph := self._paragraph(token, self.tokens[at - 1] if at else None)) is not None:
                if self._note:
                    self.notes.setdefault(f"md:{self._note}", []).append(paragraph)
                else:
                    yield paragraph
            self._open_or_close(token)
            at += 1

    def _open_or_close(self, token: Token) -> None:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            self._around.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None)
        elif token.type == "blockquote_open":
            self._around.append("quote")
        elif token.type in ("ordered_list_close", "bullet_list_close", "blockquote_close"):
            self._around.pop()
        elif token.type == "footnote_reference_open":
            self._note = str(token.meta.get("label", ""))
        elif token.type == "footnote_reference_close":
            self._note = ""

    def _paragraph(self, token: Token, before: Token | None) -> SourceParagraph | None:
        if token.type in ("fence", "code_block"):
            return SourceParagraph((SourceSpan(token.content.rstrip("\n")),), _place(token), has_gap=True)
        if token.type != "inline" or not token.children:
            return None
        heading = int(before.tag[1:]) if before is not None and before.type == "heading_open" else 0
        paragraph = SourceParagraph(tuple(self._spans(token.children)), _place(token), heading=heading, has_gap=True)
        lists = [around for around in self._around if around != "quote"]
        if lists and not heading:
            number = lists[-1]
            paragraph = replace(
                paragraph, list_level=len(lists) - 1, number=number if isinstance(number, int) else None, has_gap=False
            )
            if isinstance(number, int):
                at = len(self._around) - 1 - self._around[::-1].index(number)
                self._around[at] = number + 1
        return replace(paragraph, is_quote="quote" in self._around)

    def _table(self, tokens: list[Token], place: int) -> SourceTable:
        rows: list[tuple[tuple[SourceParagraph, ...], ...]] = []
        cells: list[tuple[SourceParagraph, ...]] = []
        for token in tokens:
            if token.type == "inline":
                cells.append((SourceParagraph(tuple(self._spans(token.children or [])), place),))
            elif token.type == "tr_close":
                rows.append(tuple(cells))
                cells = []
        return SourceTable(tuple(rows), place)

    def _spans(self, tokens: list[Token]) -> Iterator[SourceSpan]:
        strong = emphasis = 0
        link = ""
        for token in tokens:
            strong += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
            emphasis += {"em_open": 1, "em_close": -1}.get(token.type, 0)
            if token.type in ("link_open", "link_close"):
                link = str(token.attrs.get("href", ""))
            elif token.type in ("text", "code_inline", "softbreak", "hardbreak"):
                text = {"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content)
                yield SourceSpan(text, strong > 0, emphasis > 0, link=link)
            elif token.type == "footnote_ref":
                yield SourceSpan("", note=f"md:{token.meta.get('label', '')}")
            elif token.type == "image":
                yield from self._picture(token)

    def _picture(self, token: Token) -> Iterator[SourceSpan]:
        """A picture that stands in the document's folder, then its caption and credit as lines."""
        place = self.file.parent / unquote(str(token.attrs.get("src", "")))
        alt = "".join(child.content for child in token.children or [])
        try:
            _require_inside(place, self.file.parent)
            self.pictures.append(replace(read_photo(place), alt=alt))
        except (PictureError, OSError, ValueError) as err:
            what = err.what if isinstance(err, PictureError) else str(err)
            self.look_at.append(Remark(f"The picture “{token.attrs.get('src', '')}” was left out. {what}"))
            yield SourceSpan(f"{alt}\n")
        else:
            yield SourceSpan("", picture=len(self.pictures) - 1)
        caption, credit = str(token.attrs.get("title", "")), read_attribute(str(token.attrs.get("credit", "")))
        lines = [caption, f"Photo: {credit}" if credit else ""]
        yield SourceSpan("\n".join(line for line in lines if line))


def _require_inside(place: Path, folder: Path) -> None:
    if not place.resolve().is_relative_to(folder.resolve()) or not place.is_file():
        raise PictureError("It is not in the folder of the document.")


def _place(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
