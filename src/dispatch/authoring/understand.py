"""A Document becomes a Draft: each part of it is understood, or stays text, or is left out and said."""

import re
from dataclasses import replace

from dispatch.authoring.biographies import take_biographies
from dispatch.authoring.boilerplate import drop_boilerplate
from dispatch.authoring.byline import say_date
from dispatch.authoring.dates import find_date
from dispatch.authoring.document import (
    Document,
    Draft,
    LeftOut,
    Remark,
    SourceBlock,
    SourceFigure,
    SourceParagraph,
    SourceSpan,
    SourceTable,
    shortened,
)
from dispatch.authoring.evidence import facts_of
from dispatch.authoring.figures import FigureFinder, with_pictures_apart
from dispatch.authoring.front import take_front_matter
from dispatch.authoring.head import Head
from dispatch.authoring.headings import find_headings
from dispatch.authoring.notes import take_typed_notes
from dispatch.authoring.title import take_title, with_head_in_lines
from dispatch.authoring.typed import with_typed_lists, with_typed_tables
from dispatch.authoring.word_check import words_of

#: script -> language tag and direction, for documents that are mostly in it
_SCRIPTS = (
    (re.compile(r"[іїєґІЇЄҐ]"), 0.02, "uk", ""),
    (re.compile(r"[\u0400-\u04ff]"), 0.5, "ru", ""),
    (re.compile(r"[\u3040-\u30ff]"), 0.1, "ja", ""),
    (re.compile(r"[\uac00-\ud7af]"), 0.5, "ko", ""),
    (re.compile(r"[\u4e00-\u9fff]"), 0.5, "zh", ""),
    (re.compile(r"[\u0600-\u06ff]"), 0.5, "ar", "rtl"),
    (re.compile(r"[\u0590-\u05ff]"), 0.5, "he", "rtl"),
    (re.compile(r"[\u0370-\u03ff]"), 0.5, "el", ""),
)


def understand(document: Document) -> Draft:
    """Return the Draft of a Document."""
    draft = Draft(left_out=list(document.left_out), look_at=list(document.look_at))
    take_front_matter(document.front, draft)
    notes = dict(document.notes)
    blocks = take_typed_notes(document.blocks, draft, notes)
    if document.counts == "paragraph":
        blocks = with_typed_lists(blocks)
    blocks = with_head_in_lines(list(with_pictures_apart(blocks)))
    facts = facts_of(blocks, document.headers)
    blocks, place = (blocks, 0) if draft.title else take_title(blocks, draft, facts)
    blocks = FigureFinder(document, draft, facts, blocks).blocks_with_figures()
    blocks = Head(draft, facts, notes).take(blocks, place)
    if document.counts == "paragraph":
        blocks = with_typed_tables(blocks)
    blocks = drop_boilerplate(blocks, draft)
    blocks = take_biographies(blocks, draft)
    draft.blocks = find_headings(blocks, draft, facts)
    _say_what_was_not_read(draft)
    _number_notes(draft, notes)
    _drop_idle_organisations(draft)
    _find_language(document, draft)
    _find_date_in_headers(document, draft)
    _say_what_is_missing(draft)
    _say_what_was_found(draft)
    draft.understood.sort(key=lambda remark: remark.place)
    draft.left_out.sort(key=lambda left: left.place)
    return draft


def _number_notes(draft: Draft, notes: dict[str, list[SourceParagraph]]) -> None:
    """Number the notes in the order of their first call; notes that nothing calls are left out and said."""
    labels: dict[str, str] = {}
    draft.blocks = [_labelled(block, labels, notes, draft) for block in draft.blocks]
    done: set[str] = set()
    while called := [key for key in labels if key not in done]:
        for key in called:  # a note may call another, which then has its turn
            draft.notes[labels[key]] = [_label_paragraph(p, labels, notes, draft) for p in notes[key]]
        done.update(called)
    for key, paragraphs in notes.items():
        number = key.rpartition(":")[2] if key.startswith("typed:") else ""
        if key not in labels:
            words = f"{number} " + "\n".join(paragraph.text for paragraph in paragraphs)
            draft.left_out.append(LeftOut(words.strip(), "a note that nothing in the text calls", paragraphs[0].place))
        elif number and number != labels[key]:
            reason = f"the number before the note that is now note {labels[key]}"
            draft.left_out.append(LeftOut(number, reason, paragraphs[0].place))


def _labelled(
    block: SourceBlock, labels: dict[str, str], notes: dict[str, list[SourceParagraph]], draft: Draft
) -> SourceBlock:
    if isinstance(block, SourceFigure):
        return block
    if isinstance(block, SourceTable):
        rows = tuple(
            tuple(tuple(_label_paragraph(p, labels, notes, draft) for p in cell) for cell in row) for row in block.rows
        )
        return replace(block, rows=rows)
    return _label_paragraph(block, labels, notes, draft)


def _label_paragraph(
    paragraph: SourceParagraph, labels: dict[str, str], notes: dict[str, list[SourceParagraph]], draft: Draft
) -> SourceParagraph:
    spans: list[SourceSpan] = []
    for span in paragraph.spans:
        if span.note and span.note in notes:
            label = labels.setdefault(span.note, str(len(labels) + 1))
            if span.text and _typed_number(span.text) != label:
                draft.left_out.append(LeftOut(span.text, f"the typed number of note {label}", paragraph.place))
            span = replace(span, note=label)
        elif span.note:
            draft.look_at.append(Remark("A note is called here that the document does not hold.", paragraph.place))
            span = replace(span, note="", text=span.text or " ")
        spans.append(span)
    return replace(paragraph, spans=tuple(spans))


def _typed_number(text: str) -> str:
    return text.strip("[] ").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))


def _drop_idle_organisations(draft: Draft) -> None:
    """Leave an author's own organisation to the author alone where no site is named for it; say what stands twice."""
    theirs = [author.organisation for author in draft.authors]
    draft.organisations = {name: site for name, site in draft.organisations.items() if site or name not in theirs}
    written = words_of(" ".join([*theirs, *draft.organisations]))
    for name, place in draft.named_organisations:
        words = words_of(name)
        if words - written:
            draft.left_out.append(LeftOut(name, "the name of an organisation, which stands twice", place))
        else:
            written -= words


def _find_date_in_headers(document: Document, draft: Draft) -> None:
    for line in document.headers if draft.date is None else ():
        if found := find_date(line):
            date, _ = found
            say_date(draft, date, SourceParagraph.of(line))
            draft.look_at.append(Remark(f"The date stands in the header of the pages only: “{line}”. Check it."))
            return


def _find_language(document: Document, draft: Draft) -> None:
    letters = [letter for letter in document.source if letter.isalpha()]
    for script, share, lang, direction in _SCRIPTS:
        if letters and len(script.findall(document.source)) / len(letters) >= share:
            draft.lang, draft.direction = lang, direction
            draft.look_at.append(Remark(f"The language was set to “{lang}” by the script. Check `lang`."))
            return


def _say_what_was_not_read(draft: Draft) -> None:
    texts = {
        (block.place, block.words) for block in draft.blocks if isinstance(block, SourceParagraph) and not block.heading
    }
    for line in draft.unread:
        if (line.place, line.words) in texts:
            words = f"This line of the head was not understood; it stays in the text: “{shortened(line.words)}”"
            draft.look_at.append(Remark(words, line.place))


def _say_what_was_found(draft: Draft) -> None:
    """Count the parts, so that a person sees at a glance if a table or a note is not among them."""
    paragraphs = [block for block in draft.blocks if isinstance(block, SourceParagraph)]
    counts = {
        "paragraph": sum(not block.heading and block.list_level < 0 and not block.is_quote for block in paragraphs),
        "heading": sum(block.heading > 0 for block in paragraphs),
        "list item": sum(block.list_level >= 0 for block in paragraphs),
        "quote": sum(block.is_quote and block.list_level < 0 for block in paragraphs),
        "table": sum(isinstance(block, SourceTable) for block in draft.blocks),
        "Figure": sum(isinstance(block, SourceFigure) for block in draft.blocks),
        "note": len(draft.notes),
    }
    words = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count)
    draft.understood.append(Remark(f"In all: {words or 'a title and nothing under it'}"))


def _say_what_is_missing(draft: Draft) -> None:
    if not draft.title:
        draft.title = "Untitled"
        draft.look_at.append(Remark("No title was found: write one after `title:`."))
    if draft.date is None:
        said = "No date was found: write it into brief.md as a line such as `date: 2023-09-19`, under the title."
        draft.look_at.append(Remark(said))
    if not draft.authors:
        draft.look_at.append(Remark("No author was found: name the author under `authors:`."))
    draft.look_at.append(
        Remark("Subject and preheader are not in a document: write them after `subject:` and `preheader:`.")
    )
