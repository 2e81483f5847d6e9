"""Typed notes: superscript numbers in the text, and the blocks of notes that stand where a page ended or at the end.

A number is a note only where a paragraph that starts with the same number stands somewhere: "m²" stays as typed.
Numbers that start again on each page are told apart by the order in which marks and notes stand.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dispatch.authoring.document import Draft, LeftOut, Remark, SourceBlock, SourceParagraph, SourceSpan, SourceTable
from dispatch.authoring.line_kinds import fold

_ABOVE = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_ASCII = str.maketrans(_ABOVE, "0123456789")
_MARK = re.compile(rf"[{_ABOVE}]{{1,3}}|\[\d{{1,3}}\]")
_RAISED = re.compile(r"\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*")
#: what a raised number after it makes a power, an area or a formula
_POWER_BASE = re.compile(r"(?:\b10|\b[kcmd]?m|\bft|\bCO|\bx)$")
_HEADINGS = frozenset(
    {"notes", "footnotes", "foot notes", "endnotes", "end notes", "references", "sources", "works cited"}
    | {"bibliography", "notes and references", "примечания", "сноски", "источники", "注释", "参考文献", "الهوامش"}
)


@dataclass
class _Typed:
    """The notes and marks of one document, as they were found."""

    #: number -> indexes of the blocks that are notes with it, in order
    notes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: note's block index -> its paragraph, without its number
    texts: dict[int, SourceParagraph] = field(default_factory=dict)
    #: note's block index -> its number
    numbers: dict[int, str] = field(default_factory=dict)
    #: block indexes of notes that are called
    called: set[int] = field(default_factory=set)


def take_typed_notes(
    blocks: list[SourceBlock], draft: Draft, notes: dict[str, list[SourceParagraph]]
) -> list[SourceBlock]:
    """The blocks without typed notes, which go into `notes`; their marks call them then.

    What looks like a note but is called nowhere stays a paragraph, and is said.
    """
    blocks = list(_with_notes_apart(blocks))
    typed = _find_notes(blocks)
    if not typed.notes:
        return blocks
    marked = [_mark(block, at, typed) if at not in typed.texts else block for at, block in enumerate(blocks)]
    kept: list[SourceBlock] = []
    for at, block in enumerate(marked):
        if at in typed.called:
            notes[_key(at, typed.numbers[at])] = [typed.texts[at]]
        else:
            if at in typed.texts:
                _say_uncalled(typed.texts[at], block, draft)
            kept.append(block)
    draft.understood.append(Remark(_counted(len(typed.called)), 0))
    return _without_notes_heading(kept, typed, blocks, draft)


def _counted(notes: int) -> str:
    return f"{notes} typed note{'' if notes == 1 else 's'}, by {'its number' if notes == 1 else 'their numbers'}"


def _key(at: int, number: str) -> str:
    return f"typed:{at}:{number}"


def _with_notes_apart(blocks: list[SourceBlock]) -> Iterator[SourceBlock]:
    """The blocks, a paragraph whose lines are notes split into these."""
    for block in blocks:
        lines = block.lines() if isinstance(block, SourceParagraph) and "\n" in block.text else []
        if len(lines) > 1 and all(_number_and_rest(line) for line in lines):
            yield from lines
        else:
            yield block


def _find_notes(blocks: list[SourceBlock]) -> _Typed:
    typed = _Typed()
    after_heading = False
    for at, block in enumerate(blocks):
        if not isinstance(block, SourceParagraph):
            continue
        after_heading = after_heading or _is_notes_heading(block)
        found = _number_and_rest(block)
        if found is None and after_heading and block.number is not None and block.list_level >= 0:
            found = str(block.number), block
        if found is None and after_heading and (match := re.match(r"\s*(\d{1,3})[.)]?\s+(?=\S)", block.text)):
            found = match[1], block.without_start(match.end())
        if found:
            typed.notes[found[0]].append(at)
            typed.numbers[at] = found[0]
            typed.texts[at] = replace(found[1], list_level=-1, number=None)
    return typed


def _is_notes_heading(paragraph: SourceParagraph) -> bool:
    return fold(paragraph.text) in _HEADINGS


def _number_and_rest(paragraph: SourceParagraph) -> tuple[str, SourceParagraph] | None:
    """The number that a paragraph starts with and the paragraph without it, or None."""
    spans = [span for span in paragraph.spans if span.text or span.picture is not None]
    while spans and not spans[0].text.strip() and spans[0].picture is None:
        spans = spans[1:]
    if not spans:
        return None
    first = spans[0]
    if first.raised == "above" and re.fullmatch(r"\s*\d{1,3}\s*", first.text):
        rest = replace(paragraph, spans=tuple(spans[1:]))
        return (first.text.strip(), _stripped(rest)) if rest.text.strip() else None
    # The whole number: "¹²" alone is not note 1 with the text "²".
    match = re.match(rf"\s*({_MARK.pattern})(?![{_ABOVE}])\s*(?=\S)", first.text)
    if match is None and (match := re.fullmatch(rf"\s*({_MARK.pattern})\s*", first.text)) and len(spans) < 2:
        return None
    if match is None:
        return None
    rest = replace(paragraph, spans=(replace(first, text=first.text[match.end() :]), *spans[1:]))
    return _digits(match[1]), _stripped(rest)


def _stripped(paragraph: SourceParagraph) -> SourceParagraph:
    first, *others = paragraph.spans
    return replace(paragraph, spans=(replace(first, text=first.text.lstrip()), *others))


def _digits(mark: str) -> str:
    return mark.translate(_TO_ASCII).strip("[]").lstrip("0") or "0"


def _mark(block: SourceBlock, at: int, typed: _Typed) -> SourceBlock:
    """The block with its marks calling their notes."""
    if isinstance(block, SourceParagraph):
        return replace(block, spans=tuple(_marked(block, at, typed)))
    if isinstance(block, SourceTable):
        rows = tuple(
            tuple(tuple(replace(p, spans=tuple(_marked(p, at, typed))) for p in cell) for cell in row)
            for row in block.rows
        )
        return replace(block, rows=rows)
    return block


def _marked(paragraph: SourceParagraph, at: int, typed: _Typed) -> Iterator[SourceSpan]:
    before = ""
    for span in paragraph.spans:
        if span.raised == "above" and _RAISED.fullmatch(span.text):
            yield from _marked_raised(span, before, at, typed)
        else:
            yield from _marked_text(span, before, at, typed)
        before = (before + span.text)[-12:]


def _marked_raised(span: SourceSpan, before: str, at: int, typed: _Typed) -> Iterator[SourceSpan]:
    numbers = re.findall(r"\d+", span.text)
    called = [_called(number, before, at, typed) for number in numbers]
    if not all(called):
        yield span
        return
    for number, key in zip(numbers, called, strict=True):
        yield SourceSpan(number, raised="above", note=key)


def _marked_text(span: SourceSpan, before: str, at: int, typed: _Typed) -> Iterator[SourceSpan]:
    end = 0
    for match in _MARK.finditer(span.text):
        key = _called(_digits(match[0]), before + span.text[: match.start()], at, typed)
        if key:
            text = span.text[end : match.start()]
            if text:
                yield replace(span, text=text.rstrip() if match[0].startswith("[") else text)
            yield SourceSpan(match[0], note=key)
            end = match.end()
    if end < len(span.text) or span.picture is not None or not span.text:
        yield replace(span, text=span.text[end:])


def _called(number: str, before: str, at: int, typed: _Typed) -> str:
    """The key of the note that a mark in block `at` calls, "" for none: the next one with its number, else the last."""
    notes = typed.notes.get(number)
    if not notes or _POWER_BASE.search(before):
        return ""
    found = next((note for note in notes if note > at), notes[-1])
    typed.called.add(found)
    return _key(found, number)


def _say_uncalled(note: SourceParagraph, block: SourceBlock, draft: Draft) -> None:
    if not isinstance(block, SourceParagraph) or _number_and_rest(block):
        draft.look_at.append(
            Remark(
                f"This looks like a note, but no mark calls it; it stays in the text: “{note.words[:60]}”", note.place
            )
        )


def _without_notes_heading(
    kept: list[SourceBlock], typed: _Typed, blocks: list[SourceBlock], draft: Draft
) -> list[SourceBlock]:
    """The blocks without a heading "Notes" whose notes have all moved."""
    idle = {
        (block.place, block.text)
        for at, block in enumerate(blocks)
        if isinstance(block, SourceParagraph)
        and _is_notes_heading(block)
        and at + 1 in typed.called
        and not block.notes
    }
    after: list[SourceBlock] = []
    for block in kept:
        if isinstance(block, SourceParagraph) and (block.place, block.text) in idle:
            reason = "heading of the notes, which stand at the end by themselves"
            draft.left_out.append(LeftOut(block.text, reason, block.place))
        else:
            after.append(block)
    return after
