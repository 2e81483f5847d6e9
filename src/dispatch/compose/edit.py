"""Small changes to the text of a brief.md, everything else left as it is, byte for byte.

Subject and preheader in the front matter; alt text, caption and credit of a Figure. Each change is made in the text and
then checked by reading the whole again: the Brief must differ in just what was asked for. A place that cannot be
changed so, written in some rare way, is refused, and a person changes it in the file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from dispatch.compose.parse import parse
from dispatch.errors import BriefError, DispatchError, ProblemsFound
from dispatch.markup.characters import clean, one_line
from dispatch.markup.escape import quote_yaml
from dispatch.markup.front_matter import split
from dispatch.markup.images import images
from dispatch.model.brief import Block, Blocks, Box, Brief, Figure, Group, Listing, Passage

FrontField = Literal["subject", "preheader"]
FigureField = Literal["alt", "caption", "credit"]

_COLON = re.compile(r"\s*:")


@dataclass(frozen=True, slots=True)
class HeadWish:
    """Another subject or preheader."""

    field: FrontField
    words: str
    #: the Audience whose own it is, "" for the one of all
    audience: str = ""


@dataclass(frozen=True, slots=True)
class FigureWish:
    """Another alt text, caption or credit of a Figure."""

    field: FigureField
    words: str
    #: which of Brief.figures, from 0
    figure: int = 0


Wish = HeadWish | FigureWish


def edited(source: str, wishes: Sequence[Wish], *, slug: str, file: str) -> str:
    """The text with every wish in it; what is not wished for is untouched.

    `source` is the text as decoded from the file, with its byte order mark and line ends. Raises BriefError, or
    ProblemsFound with every wish that cannot be granted; then nothing should be written.
    """
    problems: list[DispatchError] = []
    for wish in wishes:
        try:
            source = _granted(source, replace(wish, words=_tidy(wish.words)), slug, file)
        except BriefError as err:
            problems.append(err)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemsFound("Not everything could be changed, so nothing was.", problems)
    return source


def _tidy(words: str) -> str:
    return one_line(clean(words))


def _granted(source: str, wish: Wish, slug: str, file: str) -> str:
    before = parse(source, slug=slug, file=file).brief
    if before is None:
        raise BriefError("The brief cannot be read as it stands.", where=file, todo="Fix it in the file first.")
    wanted = _essence(_with(before, wish))
    drafts = _head_drafts(source, wish) if isinstance(wish, HeadWish) else _figure_drafts(source, before, wish)
    for draft in drafts:
        after = parse(draft, slug=slug, file=file).brief
        if after is not None and _essence(after) == wanted:
            return draft
    what = wish.field if isinstance(wish, HeadWish) else f"{wish.field} of {before.figures[wish.figure].file}"
    raise BriefError(f"The {what} cannot be changed here.", where=file, todo="Change it in the file itself.")


# --- what is wished for, as a Brief -----------------------------------------------------------------------------------


def _with(brief: Brief, wish: Wish) -> Brief:
    """The Brief as it should read afterwards."""
    if isinstance(wish, HeadWish):
        kept = dict(brief.subjects if wish.field == "subject" else brief.preheaders)
        kept[wish.audience] = wish.words
        return replace(brief, subjects=kept) if wish.field == "subject" else replace(brief, preheaders=kept)
    figures = list(brief.figures)
    if not 0 <= wish.figure < len(figures):
        raise BriefError("There is no such picture in the brief.", where=brief.file, todo="Load the page again.")
    changed: dict[str, Any] = {wish.field: wish.words}
    figures[wish.figure] = replace(figures[wish.figure], **changed)
    return replace(brief, blocks=_refigured(brief.blocks, iter(figures)))


def _refigured(blocks: Blocks, figures: Iterator[Figure]) -> Blocks:
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Figure):
            made.append(next(figures))
        elif isinstance(block, Box | Passage | Group):
            made.append(replace(block, blocks=_refigured(block.blocks, figures)))
        elif isinstance(block, Listing):
            made.append(replace(block, items=tuple(_refigured(item, figures) for item in block.items)))
        else:
            made.append(block)
    return tuple(made)


def _essence(brief: Brief) -> str:
    """All that a Brief says, without the lines where it says so."""
    return re.sub(r"\bline=\d+", "line=0", repr(replace(brief, lines={})))


# --- the front matter -------------------------------------------------------------------------------------------------


def _head_drafts(source: str, wish: HeadWish) -> Iterator[str]:
    parts = split(source)
    if parts is None:
        return
    try:
        root = YAML().compose(parts.front)
    except (YAMLError, ValueError):
        return
    if not isinstance(root, MappingNode):
        return
    key, value = _entry(root, wish.field)
    if isinstance(value, MappingNode):
        key, value = _entry(value, wish.audience)
    if key is None or value is None:
        if not wish.audience:
            line = f"{wish.field}: {quote_yaml(wish.words)}{parts.newline}"
            yield source[: parts.end] + line + source[parts.end :]
        return
    begin, end = _span(parts.front, key, value)
    ending = parts.newline if parts.front[begin:end].endswith(("\n", "\r")) else ""
    blank = "" if begin > key.end_mark.index and parts.front[begin - 1] in " \t" else " "
    written = blank + quote_yaml(wish.words) + ending
    yield source[: parts.begin + begin] + written + source[parts.begin + end :]


def _entry(mapping: MappingNode, name: str) -> tuple[Node | None, Node | None]:
    for key, value in mapping.value:
        if isinstance(key, ScalarNode) and key.value == name:
            return key, value
    return None, None


def _span(matter: str, key: Node, value: Node) -> tuple[int, int]:
    """Where a value stands; for an empty one, right after its colon."""
    begin, end = value.start_mark.index, value.end_mark.index
    if begin == end:
        colon = _COLON.match(matter, key.end_mark.index)
        at = colon.end() if colon else key.end_mark.index
        return at, at
    return begin, end


# --- pictures ---------------------------------------------------------------------------------------------------------


def _figure_drafts(source: str, brief: Brief, wish: FigureWish) -> Iterator[str]:
    """The text changed at each image that could be the Figure, written plainly and, if need be, cautiously."""
    file = unquote(brief.figures[wish.figure].file)
    named = [image for image in images(source) if unquote(image.file) == file]
    for is_cautious in (False, True):
        for image in named:
            yield image.changed(source, wish.field, wish.words, is_cautious=is_cautious)
