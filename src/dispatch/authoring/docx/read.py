"""A .docx becomes a Document: its body, tables, text boxes and notes, walked once, in order."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from dispatch.authoring.document import Document, LeftOut, Remark, SourceBlock, SourceParagraph, SourceTable
from dispatch.authoring.docx.archive import Archive, broken, too_much
from dispatch.authoring.docx.fields import Relations
from dispatch.authoring.docx.pictures import charts_in, words_of_drawn
from dispatch.authoring.docx.styles import Numbering, Styles
from dispatch.authoring.docx.tables import TableReader
from dispatch.authoring.docx.text import Gathered, TextReader
from dispatch.authoring.docx.words import addresses_of, text_of
from dispatch.authoring.docx.xml import GONE, WRAPPERS, R, W, goes_on, number_paragraphs, open_alternates, place_of


def read_word(data: bytes, file: str) -> Document:
    """Return the Document in a .docx. Raise DocumentError for what is broken, too large, or made to do harm."""
    try:
        return _Reader(Archive(data, file)).document()
    except RecursionError as err:
        raise too_much(file, "its parts are nested too deep") from err
    except (ValueError, OverflowError) as err:
        raise broken(file, f"its structure makes no sense ({err})") from err


class _Reader:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.main = archive.main_part()
        self.relations = archive.relations(self.main)
        self.gathered = Gathered()
        styles, numbering = self._part("styles"), self._part("numbering")
        self.styles = Styles.read(archive.xml(styles) if styles else None)
        self.numbering = Numbering.read(archive.xml(numbering) if numbering else None, self.styles)
        self.source: list[str] = []
        self.addresses: list[str] = []

    def _part(self, kind: str) -> str:
        """The name of the part that the document relates to as `kind`, "" for none."""
        for found, target, is_outside in self.relations.values():
            if found == kind and not is_outside and target in self.archive.names:
                return target
        return ""

    def document(self) -> Document:
        """Return all that the file holds."""
        root = self.archive.xml(self.main)
        open_alternates(root)
        number_paragraphs(root)
        self._keep_source(root, self.relations)
        self._say_changes(root)
        headers = list(self._words_around(root))
        blocks = list(_with_gaps(_drop_caps_joined(self._blocks(root, self._text(self.relations)))))
        document = Document(blocks, "paragraph", dict(self._notes()), headers=headers)
        self._say_comments(root)
        document.pictures = self.gathered.pictures
        document.left_out, document.look_at = self.gathered.left_out, self.gathered.look_at
        document.source, document.addresses = "\n".join(self.source), self.addresses
        return document

    def _text(self, relations: Relations) -> TextReader:
        return TextReader(self.archive, relations, self.styles, self.numbering, self.gathered)

    def _keep_source(self, root: etree._Element, relations: Relations) -> None:
        self.source.append(text_of(root))
        self.addresses.extend(addresses_of(root, relations))

    # --- blocks -----------------------------------------------------------------------------------------------

    def _blocks(self, parent: etree._Element, text: TextReader) -> Iterator[SourceBlock]:
        for child in parent:
            tag = str(child.tag)
            if tag == W + "p":
                yield from self._paragraph(child, text)
            elif tag == W + "tbl":
                yield from TableReader(self.gathered, lambda cell: self._blocks(cell, text)).blocks(child)
            elif tag == W + "sdt" and child.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
                self.gathered.leave_out(child, "the placeholder of a form field")
            elif tag in WRAPPERS or tag == W + "body":
                yield from self._blocks(child, text)
            elif tag in GONE:
                self.gathered.leave_out(child, "deleted with tracked changes")
            elif tag == W + "altChunk":
                self._embedded(child)

    def _paragraph(self, element: etree._Element, text: TextReader) -> Iterator[SourceBlock]:
        paragraph = text.paragraph(element)
        boxes = text.boxes
        if paragraph is not None:
            yield replace(paragraph, goes_on=goes_on(element))
        for box in boxes:
            for block in self._blocks(box, text):
                yield replace(block, is_boxed=True) if isinstance(block, SourceParagraph) else block

    def _embedded(self, element: etree._Element) -> None:
        """Say the words of another document that stands in this one as a whole (`w:altChunk`)."""
        part = self.relations.get(element.get(R + "id", ""), ("", "", False))[1]
        words = ""
        if part in self.archive.names and not part.endswith(".docx"):
            words = re.sub(r"<[^>]*>", " ", self.archive.read(part)[:200_000].decode("utf-8", errors="replace")).strip()
        self.source.append(words)
        if words:
            self.gathered.left_out.append(LeftOut(words, "another file that stands in this document as a whole"))
        said = (
            f"Another document ({part}) stands in this one as a whole. Open it in Word, save it, and import it again."
        )
        self.gathered.look_at.append(Remark(said, place_of(element)))

    # --- notes, comments, headers ---------------------------------------------------------------------------------

    def _notes(self) -> Iterator[tuple[str, list[SourceParagraph]]]:
        for kind in ("footnote", "endnote"):
            name = self._part(f"{kind}s")
            if not name:
                continue
            root, relations = self.archive.xml(name), self.archive.relations(name)
            open_alternates(root)
            self._keep_source(root, relations)
            text = self._text(relations)
            for note in root.iterfind(W + kind):
                blocks = list(self._blocks(note, text))
                found = [p for p in _paragraphs(iter(blocks)) if p.text.strip() or p.pictures]
                if found:
                    yield f"{kind}:{note.get(W + 'id', '')}", [_without_start(found[0]), *found[1:]]

    def _words_around(self, root: etree._Element) -> Iterator[str]:
        """The lines of headers and footers, which are left out; the words of comments and charts are kept as source."""
        done: set[str] = set()
        for kind, target, is_outside in self.relations.values():
            if is_outside or target in done or target not in self.archive.names:
                continue
            if kind in {"header", "footer"}:
                done.add(target)
                part = self.archive.xml(target)
                open_alternates(part)
                words = text_of(part).strip()
                self.source.append(words)
                if words:
                    self.gathered.left_out.append(LeftOut(words, f"the {kind} of the page"))
                    yield from words.split("\n")
            elif kind == "comments":
                done.add(target)
                self.source.append(text_of(self.archive.xml(target)))
        self.source.extend(words_of_drawn(self.archive, part) for part in charts_in(root, self.relations))

    def _say_changes(self, root: etree._Element) -> None:
        if changed := sum(1 for _ in root.iter(W + "ins", W + "del", W + "moveTo")):
            were = "tracked change was" if changed == 1 else "tracked changes were"
            self.gathered.look_at.append(Remark(f"{changed} {were} taken as accepted."))

    def _say_comments(self, root: etree._Element) -> None:
        places = {mark.get(W + "id", ""): place_of(mark) for mark in root.iter(W + "commentReference")}
        name = self._part("comments")
        for comment in self.archive.xml(name).iterfind(W + "comment") if name else ():
            who = comment.get(W + "author") or "someone"
            place = places.get(comment.get(W + "id", ""), 0)
            self.gathered.left_out.append(LeftOut(text_of(comment).strip(), f"a comment by {who}", place))


def _paragraphs(blocks: Iterator[SourceBlock]) -> Iterator[SourceParagraph]:
    for block in blocks:
        if isinstance(block, SourceParagraph):
            yield block
        elif isinstance(block, SourceTable):
            yield from block.paragraphs()


def _drop_caps_joined(blocks: Iterator[SourceBlock]) -> Iterator[SourceBlock]:
    """The blocks with each paragraph that goes on in the next joined to it."""
    begun: SourceParagraph | None = None
    for block in blocks:
        if begun is not None and isinstance(block, SourceParagraph):
            block = replace(block, spans=(*begun.spans, *block.spans), place=begun.place)
        elif begun is not None:
            yield begun
        begun = block if isinstance(block, SourceParagraph) and block.goes_on else None
        if begun is None:
            yield block
    if begun is not None:
        yield begun


def _with_gaps(blocks: Iterator[SourceBlock]) -> Iterator[SourceBlock]:
    """The blocks without empty paragraphs, which become gaps."""
    has_gap = False
    for block in blocks:
        if isinstance(block, SourceParagraph) and not block.text.strip() and not block.pictures and not block.notes:
            has_gap = True
            continue
        yield replace(block, has_gap=block.has_gap or has_gap) if isinstance(block, SourceParagraph) else block
        has_gap = False


def _without_start(paragraph: SourceParagraph) -> SourceParagraph:
    """The paragraph without blanks at its start."""
    spans = list(paragraph.spans)
    for at, span in enumerate(spans):
        spans[at] = replace(span, text=span.text.lstrip())
        if spans[at].text or span.picture is not None:
            break
    return replace(paragraph, spans=tuple(spans))
