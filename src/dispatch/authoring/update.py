"""An update: what a person has put into a brief.md is kept when a newer version of the document comes in.

Kept are the alt texts, credits, files and braces of its Figures, and each line of the front matter that the document
does not speak of (subject and preheader first of all). The text is the document's.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from markdown_it.token import Token
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dispatch.authoring.document import (
    Draft,
    LeftOut,
    Remark,
    Signer,
    SourceBlock,
    SourceFigure,
    SourceParagraph,
    shortened,
)
from dispatch.authoring.line_kinds import fold
from dispatch.authoring.readback import text_of
from dispatch.errors import BriefError
from dispatch.markup.characters import with_plain_line_ends
from dispatch.markup.escape import quote_attribute, read_attribute
from dispatch.markup.front_matter import split
from dispatch.markup.parser import only_images, tokens_of

_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)\s*:")
_OURS = ("title", "date", "standfirst", "programme", "authors", "organisations")


@dataclass
class Existing:
    """A brief.md as it stands, as far as an update needs it."""

    text: str
    #: top-level key of the front matter -> its lines as they stand
    front: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    #: what stands in its body, in order: a Figure, or the words of a paragraph or heading
    body: list[str | SourceFigure] = field(default_factory=list)

    @property
    def figures(self) -> list[tuple[int, SourceFigure]]:
        """Its Figures, each with its index in the body."""
        return [(at, part) for at, part in enumerate(self.body) if isinstance(part, SourceFigure)]


def read_existing(text: str, file: str) -> Existing:
    """The parts of a brief.md. Raises BriefError where its front matter cannot be read."""
    parts = split(text)
    if parts is None:
        return Existing(text, body=list(_body(text)))
    try:
        values = YAML(typ="safe", pure=True).load(parts.front)
    except (YAMLError, ValueError) as err:
        raise BriefError(
            "The front matter of the existing brief cannot be read, so it cannot be updated.",
            where=file,
            todo="Run `dispatch check` and fix it first.",
        ) from err
    front = _keys(with_plain_line_ends(parts.front).rstrip("\n"))
    return Existing(text, front, values if isinstance(values, dict) else {}, list(_body(parts.body)))


def _keys(front: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    key = ""
    for line in front.split("\n"):
        if found := _KEY.match(line):
            key = found["key"]
        if key:
            keys[key] = f"{keys[key]}\n{line}" if key in keys else line
    return keys


def _body(body: str) -> Iterator[str | SourceFigure]:
    audiences: list[str] = []
    for token in tokens_of(body)[0]:
        if token.type == "container_box_open":
            audiences.append(token.info.strip() if token.info.split()[:1] == ["audience"] else "")
        elif token.type == "container_box_close":
            audiences.pop()
        elif token.type == "inline":
            pictures = only_images(token)
            yield from (_figure(picture, next(filter(None, audiences), "")) for picture in pictures)
            if not pictures:
                yield text_of([child for child in token.children or [] if child.type != "footnote_ref"])


def _figure(picture: Token, container: str) -> SourceFigure:
    attributes = picture.attrs
    braces = [f".{name}" for name in str(attributes.get("class", "")).split()]
    known = ("src", "alt", "title", "class", "credit")
    braces += [f"{name}={quote_attribute(str(value))}" for name, value in attributes.items() if name not in known]
    return SourceFigure(
        caption=str(attributes.get("title", "")),
        credit=read_attribute(str(attributes.get("credit", ""))),
        alt=text_of(picture.children or []),
        file=unquote(str(attributes.get("src", ""))),
        classes=tuple(braces),
        container=container,
    )


def carry_over(existing: Existing, draft: Draft, files: Iterable[str]) -> None:
    """Take into the draft what a person has put into the existing brief.

    `files` are the pictures that lie in its folder, as brief.md names them.
    """
    _keep_figures(existing, draft, frozenset(files))
    draft.authors = [_keep_author(author, existing) for author in draft.authors] or _authors(existing)
    draft.programme = draft.programme or _text(existing.values.get("programme"))
    draft.standfirst = draft.standfirst or _text(existing.values.get("standfirst"))
    for entry in _entries(existing, "organisations"):
        name = _text(entry.get("name"))
        if name:
            draft.organisations[name] = draft.organisations.get(name) or _text(entry.get("site"))
    draft.kept = [lines for key, lines in existing.front.items() if key not in _OURS]
    if {"lang", "dir"} & existing.front.keys():
        draft.lang = draft.direction = ""
    draft.look_at = [remark for remark in draft.look_at if not _is_settled(remark, existing)]


def _is_settled(remark: Remark, existing: Existing) -> bool:
    if remark.text.startswith("Subject and preheader"):
        return {"subject", "preheader"} <= existing.front.keys()
    return remark.text.startswith("The language was set") and "lang" in existing.front


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _entries(existing: Existing, key: str) -> list[dict[str, Any]]:
    value = existing.values.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _authors(existing: Existing) -> list[Signer]:
    return [
        Signer(name, *(_text(entry.get(key)) for key in ("role", "organisation", "biography")))
        for entry in _entries(existing, "authors")
        if (name := _text(entry.get("name")))
    ]


def _keep_author(author: Signer, existing: Existing) -> Signer:
    """The author with what the existing brief says and the document does not."""
    old = next((old for old in _authors(existing) if fold(old.name) == fold(author.name)), None)
    if old is None:
        return author
    return replace(
        author,
        role=author.role or old.role,
        organisation=author.organisation or old.organisation,
        biography=author.biography or old.biography,
    )


def _keep_figures(existing: Existing, draft: Draft, files: frozenset[str]) -> None:
    old = [figure for _, figure in existing.figures]
    new = [(at, block) for at, block in enumerate(draft.blocks) if isinstance(block, SourceFigure)]
    pairs = _pairs([figure for _, figure in new], old)
    for index, (at, figure) in enumerate(new):
        if index in pairs:
            draft.blocks[at] = _kept_figure(figure, old[pairs[index]], draft, files)
    for index, (at, figure) in enumerate(existing.figures):
        if index not in pairs.values():
            _put_back(figure, at, existing, draft)


def _pairs(new: list[SourceFigure], old: list[SourceFigure]) -> dict[int, int]:
    """Index of a new Figure -> index of the old one that it continues: by caption, else in order."""
    pairs: dict[int, int] = {}
    for at, figure in enumerate(new):
        for index, candidate in enumerate(old):
            if index not in pairs.values() and figure.caption and fold(candidate.caption) == fold(figure.caption):
                pairs[at] = index
                break
    for at, figure in enumerate(new):
        free = [index for index in range(len(old)) if index not in pairs.values()]
        if at in pairs or not free:
            continue
        scores = {index: _likeness(figure.caption, old[index].caption) for index in free}
        best = max(free, key=lambda index: scores[index])
        if scores[best] > 0.5 or (not figure.caption and not old[best].caption):
            pairs[at] = best
    return pairs


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, fold(one), fold(other), autojunk=False).ratio()


def _kept_figure(figure: SourceFigure, old: SourceFigure, draft: Draft, files: frozenset[str]) -> SourceFigure:
    if old.credit and figure.credit and fold(old.credit) != fold(figure.credit):
        draft.look_at.append(
            Remark(f"The credit “{old.credit}” was kept; the document has “{figure.credit}”.", figure.place)
        )
        draft.left_out.append(LeftOut(figure.credit, "a credit; brief.md keeps its own", figure.place))
    return replace(
        figure,
        alt=old.alt or figure.alt,
        credit=old.credit or figure.credit,
        classes=old.classes,
        file=old.file,
        container=old.container,
        picture=None if old.file in files else figure.picture,
    )


def _put_back(figure: SourceFigure, at: int, existing: Existing, draft: Draft) -> None:
    """Put a Figure that only the existing brief has after the paragraph that it followed, else before the text."""
    before = [fold(part) for part in reversed(existing.body[:at]) if isinstance(part, str)]
    for words in before:
        for index, block in enumerate(draft.blocks):
            if words and isinstance(block, SourceParagraph) and fold(block.words) == words:
                draft.blocks.insert(index + 1, figure)
                _say_put_back(figure, draft)
                return
    draft.blocks.insert(_first_text(draft.blocks), figure)
    _say_put_back(figure, draft)


def _first_text(blocks: list[SourceBlock]) -> int:
    return next((at for at, block in enumerate(blocks) if not isinstance(block, SourceFigure)), len(blocks))


def _say_put_back(figure: SourceFigure, draft: Draft) -> None:
    shown = f"“{shortened(figure.caption)}”" if figure.caption else figure.file
    draft.look_at.append(Remark(f"The Figure {shown} is in brief.md only, not in the document; it was kept."))
