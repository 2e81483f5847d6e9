"""Footnotes: which are called, in what order, and what an "Ibid" points at."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from dispatch.model.brief import (
    Blocks,
    Footnote,
    Inlines,
    Link,
    NoteMark,
    Paragraph,
    Words,
    inlines_of,
    plain,
    walk,
    walk_inlines,
)
from dispatch.model.finding import Finding, Level, Place

_IBID = re.compile(r"(?:ibid(?:em)?\.?|id\.|id)(?:$|[,;:]?\s.{0,80}$)", re.IGNORECASE)
_IBID_WORD = re.compile(r"^\s*(?:ibid(?:em)?|id)[.,;:]*\s*", re.IGNORECASE)
_ID_WORD = re.compile(r"id(?:$|[,;:])", re.IGNORECASE)


def is_ibid(note: Footnote) -> bool:
    """Whether a note only points at the one before it: "Ibid", "Ibid.", "Id.", with a page or without."""
    if len(note.blocks) != 1 or not isinstance(note.blocks[0], Paragraph):
        return False
    inlines = note.blocks[0].inlines
    words = plain(inlines).strip()
    if not _IBID.match(words) or any(isinstance(inline, Link) for inline in walk_inlines(inlines)):
        return False
    # "Id" without a full stop is an Ibid only where nothing but a comma follows: "Id card offices" is not
    return not words.lower().startswith("id") or words[2:3] == "." or bool(_ID_WORD.match(words))


def after_ibid(note: Footnote) -> Inlines:
    """Return what an Ibid says besides "Ibid.", such as its page; nothing for a bare one."""
    block = note.blocks[0]
    first = block.inlines[0] if isinstance(block, Paragraph) and block.inlines else None
    if not isinstance(block, Paragraph) or not isinstance(first, Words):
        return ()
    rest = _IBID_WORD.sub("", first.text)
    return (Words(rest), *block.inlines[1:]) if rest else block.inlines[1:]


def marks(blocks: Blocks) -> Iterator[tuple[str, int]]:
    """The labels called in blocks and the lines of their blocks, in order."""
    for block in walk(blocks):
        for inlines in inlines_of(block):
            for label in marks_in(inlines):
                yield label, block.line


def marks_in(inlines: Inlines) -> Iterator[str]:
    """The labels called in a run of text."""
    for inline in walk_inlines(inlines):
        if isinstance(inline, NoteMark):
            yield inline.label


def links_of(note: Footnote) -> list[Link]:
    """The links of a note, in order."""
    return [
        inline
        for block in walk(note.blocks)
        for inlines in inlines_of(block)
        for inline in walk_inlines(inlines)
        if isinstance(inline, Link)
    ]


def settle(blocks: Blocks, written: list[Footnote], file: str) -> tuple[tuple[Footnote, ...], list[Finding]]:
    """The called notes in the order of their first call, each Ibid resolved; and what is wrong with them."""
    findings: list[Finding] = []
    known: dict[str, Footnote] = {}
    for note in written:
        if note.label in known:
            findings.append(_doubled(note, known[note.label], file))
        else:
            known[note.label] = note
    order = _called(blocks, known, file, findings)
    findings.extend(_unused(note, file) for label, note in known.items() if label not in order)
    findings.extend(_out_of_order([known[label] for label in order], file))
    notes, missing = _resolve([known[label] for label in order], file)
    return tuple(notes), findings + missing


def _called(blocks: Blocks, known: dict[str, Footnote], file: str, findings: list[Finding]) -> dict[str, None]:
    order: dict[str, None] = {}
    pending = list(marks(blocks))
    undefined: set[str] = set()
    while pending:
        label, line = pending.pop(0)
        if label in order or label in undefined:
            continue
        if label not in known:
            undefined.add(label)
            findings.append(_undefined(label, line, file))
            continue
        order[label] = None
        pending.extend(marks(known[label].blocks))
    return order


def _resolve(notes: list[Footnote], file: str) -> tuple[list[Footnote], list[Finding]]:
    made: list[Footnote] = []
    findings = []
    source = ""
    for note in notes:
        if not is_ibid(note):
            source = note.label
            made.append(note)
        elif source:
            made.append(replace(note, ibid_of=source))
        else:
            findings.append(
                Finding(
                    Level.ERROR,
                    "ibid-without-source",
                    "The first note is an Ibid, so it points at nothing.",
                    Place(file, note.line),
                    "Write the source itself.",
                )
            )
            made.append(note)
    return made, findings


def _undefined(label: str, line: int, file: str) -> Finding:
    return Finding(
        Level.ERROR,
        "footnote-undefined",
        f"The text calls note [^{label}], and there is no such note.",
        Place(file, line),
        f"Add a line [^{label}]: … at the end, or remove the mark.",
    )


def _doubled(note: Footnote, first: Footnote, file: str) -> Finding:
    return Finding(
        Level.ERROR,
        "footnote-doubled",
        f"Note [^{note.label}] stands twice; the first is in line {first.line}.",
        Place(file, note.line),
        "Give one of them another label.",
    )


def _unused(note: Footnote, file: str) -> Finding:
    return Finding(
        Level.WARNING,
        "footnote-unused",
        f"Nothing in the text calls note [^{note.label}], so no reader sees it.",
        Place(file, note.line),
        f"Put [^{note.label}] where it belongs, or delete the note.",
    )


def _out_of_order(notes: list[Footnote], file: str) -> Iterator[Finding]:
    numbers = [(int(note.label), note) for note in notes if note.label.isascii() and note.label.isdigit()]
    for (before, _), (number, note) in pairwise(numbers):
        if number < before:
            yield Finding(
                Level.WARNING,
                "footnote-order",
                f"Note [^{number}] is called after note [^{before}]; readers see the order of the text.",
                Place(file, note.line),
                "Check that every mark stands at its own passage.",
            )
