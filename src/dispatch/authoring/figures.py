"""Pictures with their lines: the caption and the credit that stand beside a picture, or wait for one.

A caption is known by Word's Caption style, by standing in a text box, by a typed label ("Figure 2: …"), or by the
credit under it. A picture that a .txt has not is a Figure without a file, for a photo given beside the document.
"""

from dataclasses import dataclass, replace

from dispatch.authoring import looks
from dispatch.authoring.document import (
    Document,
    Draft,
    LeftOut,
    Remark,
    SourceBlock,
    SourceFigure,
    SourceParagraph,
    shortened,
)

#: longer texts are no captions
_MAX_CAPTION = 320


@dataclass(frozen=True)
class _Lines:
    """The lines of one Figure."""

    caption: str = ""
    credit: str = ""
    label: str = ""
    #: the paragraphs that hold them
    from_: tuple[SourceParagraph, ...] = ()
    #: how many blocks after the first were taken
    taken: int = 0


def take_figures(blocks: list[SourceBlock], document: Document, draft: Draft) -> list[SourceBlock]:
    """The blocks with pictures and their lines made into Figures."""
    out: list[SourceBlock] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if not isinstance(block, SourceParagraph):
            out.append(block)
            at += 1
        elif block.pictures:
            at += _take_pictures(blocks, at, document, draft, out)
        elif (lines := _lines_without_picture(blocks, at)) is not None:
            out.append(_figure(lines, block.place, draft))
            at += lines.taken
        else:
            out.append(block)
            at += 1
    return out


def _take_pictures(blocks: list[SourceBlock], at: int, document: Document, draft: Draft, out: list[SourceBlock]) -> int:
    """Put the pictures of block `at` out as Figures; gives how many blocks that took."""
    block = blocks[at]
    assert isinstance(block, SourceParagraph)
    text = replace(block, spans=tuple(span for span in block.spans if span.picture is None))
    own = [text] if text.text.strip() else []
    is_prose = bool(own) and looks.is_prose(text.words)
    lines = _lines_after([*([] if is_prose else own), *blocks[at + 1 : at + 3]])
    if not lines.taken and (before := _caption_before(out)):
        lines = _Lines(before.words, from_=(before,))
        out.pop()
    figures = _figures(block, lines, document, draft)
    if not own or (lines.taken and not is_prose):
        out.extend(figures)
        return 1 + lines.taken - len(own)
    opens = block.spans[0].picture is not None
    out.extend([*figures, text] if opens else [text, *figures])
    return 1 + lines.taken


def _figures(block: SourceParagraph, lines: _Lines, document: Document, draft: Draft) -> list[SourceBlock]:
    """One Figure per picture of a paragraph; the last has the lines."""
    pictures = block.pictures
    figures: list[SourceBlock] = []
    for index in pictures[:-1]:
        figures.append(SourceFigure(place=block.place, picture=index, alt=document.pictures[index].alt))
    if len(pictures) > 1 and (lines.caption or lines.credit):
        draft.look_at.append(Remark(f"{len(pictures)} pictures stand together; the last has the caption.", block.place))
    figure = _figure(lines, block.place, draft)
    figures.append(replace(figure, picture=pictures[-1], alt=document.pictures[pictures[-1]].alt))
    return figures


def _figure(lines: _Lines, place: int, draft: Draft) -> SourceFigure:
    for paragraph in lines.from_:
        draft.drop_marks(paragraph, "a caption")
    if lines.label:
        draft.left_out.append(LeftOut(lines.label, "the word before a credit, which the mail writes itself", place))
    shown = f"“{shortened(lines.caption)}”" if lines.caption else "without a caption"
    draft.understood.append(Remark(f"Figure {shown}, credit {lines.credit or 'not given'}", place))
    return SourceFigure(caption=lines.caption, credit=lines.credit, place=place)


def _lines_after(blocks: list[SourceBlock]) -> _Lines:
    """The caption and credit at the beginning of the blocks after a picture."""
    first = blocks[0] if blocks else None
    if not isinstance(first, SourceParagraph):
        return _Lines()
    if credit := looks.read_credit(first.words):
        return _Lines(credit=credit.who, label=credit.label, from_=(first,), taken=1)
    second = blocks[1] if len(blocks) > 1 else None
    credit = looks.read_credit(second.words) if isinstance(second, SourceParagraph) and not second.pictures else None
    if not _may_be_caption(first) or not (credit or _looks_like_caption(first)):
        return _Lines()
    lines = _split(first)
    if credit and not lines.credit:
        assert isinstance(second, SourceParagraph)
        return _Lines(lines.caption, credit.who, credit.label, (first, second), taken=2)
    return replace(lines, taken=1)


def _lines_without_picture(blocks: list[SourceBlock], at: int) -> _Lines | None:
    """The lines at block `at` that wait for a picture, or None where it is something else."""
    first = blocks[at]
    if not isinstance(first, SourceParagraph) or not _may_be_caption(first):
        return None
    following = blocks[at + 1] if at + 1 < len(blocks) else None
    if isinstance(following, SourceParagraph) and looks.names_photographer(following.words) and not following.pictures:
        credit = looks.read_credit(following.words)
        assert credit
        return _Lines(_split(first).caption, credit.who, credit.label, (first, following), taken=2)
    lines = _split(first)
    return replace(lines, taken=1) if lines.credit else None


def _may_be_caption(paragraph: SourceParagraph) -> bool:
    return (
        0 < len(paragraph.words) <= _MAX_CAPTION
        and not paragraph.heading
        and paragraph.list_level < 0
        and not paragraph.is_quote
        and not looks.read_site(paragraph.words)
        and paragraph.style != "title"
    )


def _looks_like_caption(paragraph: SourceParagraph) -> bool:
    """Whether a paragraph beside a picture is its caption."""
    texts = [span for span in paragraph.spans if span.text.strip() and not span.note]
    is_slanted = bool(texts) and all(span.emphasis for span in texts) and len(paragraph.words) <= 250
    return (
        "caption" in paragraph.style
        or paragraph.style in {"figure", "illustration", "drawing"}
        or (paragraph.is_boxed and len(paragraph.words) <= 250)
        or looks.has_typed_label(paragraph.text)
        or is_slanted
        or looks.split_caption(paragraph.words)[1] is not None
        or (len(paragraph.lines()) == 2 and looks.read_credit(paragraph.lines()[1].words) is not None)
    )


def _split(paragraph: SourceParagraph) -> _Lines:
    """A caption paragraph as caption and credit, where it holds both."""
    lines = [line.words for line in paragraph.lines() if line.words]
    if len(lines) > 1 and (credit := looks.read_credit(lines[-1])):
        return _Lines(" ".join(lines[:-1]), credit.who, credit.label, (paragraph,))
    caption, found = looks.split_caption(paragraph.words)
    return _Lines(caption, found.who if found else "", found.label if found else "", (paragraph,))


def _caption_before(out: list[SourceBlock]) -> SourceParagraph | None:
    """The caption that stands before a picture, if one does."""
    last = out[-1] if out else None
    if not isinstance(last, SourceParagraph) or not _may_be_caption(last):
        return None
    return last if "caption" in last.style or looks.has_typed_label(last.text) or last.is_boxed else None
