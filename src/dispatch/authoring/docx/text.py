"""The text of a Word document: its paragraphs with their runs, links, notes and pictures.

Tracked changes are taken as accepted, fields and wrappers opened, text boxes set after the paragraph that they hang on.
Names are those of ECMA-376 part 1, section 17.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from dispatch.authoring.document import LeftOut, Remark, SourceParagraph, SourcePicture, SourceSpan, clean
from dispatch.authoring.docx.archive import Archive
from dispatch.authoring.docx.fields import Fields, Relations, is_safe_address, target_of
from dispatch.authoring.docx.pictures import Drawing
from dispatch.authoring.docx.styles import Item, Look, Numbering, Styles, look_of, outline_of
from dispatch.authoring.docx.words import STANDS_FOR, ruby_text, symbol, text_of
from dispatch.authoring.docx.xml import GONE, WRAPPERS, M, W, formula_text, is_on, place_of, value
from dispatch.authoring.pictures import look_at
from dispatch.errors import DocumentError, PictureError

_QUOTES = frozenset({"quote", "intense quote", "quotations", "block text"})
_ADDED_BY_WORD = re.compile(
    r"\s*(?:description automatically generated|ai-generated content may be incorrect\.?)", re.I
)
_RAISED = {"superscript": "above", "subscript": "below"}
#: kinds of numbers that Markdown has
_NUMBERS = frozenset({"decimal", "decimalZero", "ordinal", "cardinalText", "ordinalText"})


@dataclass
class Gathered:
    """What was left out of a document, what a person must look at, and its pictures."""

    left_out: list[LeftOut] = field(default_factory=list)
    look_at: list[Remark] = field(default_factory=list)
    pictures: list[SourcePicture] = field(default_factory=list)

    def leave_out(self, element: etree._Element, reason: str) -> None:
        """Note the words under an element as left out."""
        if words := text_of(element).strip():
            self.left_out.append(LeftOut(words, reason, place_of(element)))


@dataclass(frozen=True)
class _Run:
    """How the text that is being read looks."""

    strong: bool = False
    emphasis: bool = False
    raised: str = ""
    link: str = ""
    size: float = 0


@dataclass
class TextReader:
    """Reads the paragraphs of one part; pictures are decoded as they are met."""

    archive: Archive
    relations: Relations
    styles: Styles
    numbering: Numbering
    gathered: Gathered
    fields: Fields = field(default_factory=Fields)
    #: text boxes of the paragraph being read
    boxes: list[etree._Element] = field(default_factory=list)
    _sizes: Counter[float] = field(default_factory=Counter)
    #: how text looks in the paragraph being read where its runs say nothing
    _base: Look = field(default_factory=Look)

    def paragraph(self, element: etree._Element) -> SourceParagraph | None:
        """Return a paragraph; None where it belongs to a table of contents, which is said."""
        properties = element.find(W + "pPr")
        style_id = value(properties.find(W + "pStyle")) if properties is not None else ""
        style_id = style_id or self.styles.default
        kind = self.styles.kind(style_id)
        item = self.numbering.next(properties, style_id)
        self._base = self.styles.look(style_id).over(self.styles.base)
        self._sizes = Counter()
        self.boxes = []
        spans = tuple(self._spans(element, _Run()))
        heading = outline_of(properties, self.styles, style_id) if kind != "title" else 0
        paragraph = SourceParagraph(
            spans,
            place_of(element),
            style=kind if style_id != self.styles.default else "",
            heading=heading,
            is_quote=kind in _QUOTES or _is_set_in(properties),
            size=self._sizes.most_common(1)[0][0] if self._sizes else 0,
            align=self._align(properties, style_id),
            is_strong_by_style=bool(self._base.strong),
            is_slanted_by_style=bool(self._base.emphasis),
        )
        if re.match(r"toc \d|table of figures|toc heading", kind):
            if paragraph.text.strip():
                self.gathered.left_out.append(LeftOut(paragraph.text.strip(), "table of contents", paragraph.place))
            return None
        if item and paragraph.text.strip() and kind != "title":
            return _as_item(paragraph, item, kind)
        return paragraph

    def _align(self, properties: etree._Element | None, style_id: str) -> str:
        own = value(properties.find(W + "jc")) if properties is not None else ""
        styled = next((style.align for style in self.styles.chain(style_id) if style.align), "")
        return own or styled

    # --- inside a paragraph ---------------------------------------------------------------------------------

    def _spans(self, element: etree._Element, run: _Run) -> Iterator[SourceSpan]:
        for child in element:
            tag = str(child.tag)
            if tag == W + "r":
                yield from self._run(child, run)
            elif tag == W + "hyperlink":
                yield from self._linked(child, self._safe(target_of(child, self.relations), child), run)
            elif tag == W + "fldSimple":
                link = self._safe(Fields.simple(child), child)
                yield from self._spans(child, replace(run, link=link or run.link))
            elif tag in GONE:
                self.gathered.leave_out(child, "deleted with tracked changes")
            elif tag == W + "sdt" and child.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
                self.gathered.leave_out(child, "the placeholder of a form field")
            elif tag in WRAPPERS:
                yield from self._spans(child, run)
            elif tag in (M + "oMath", M + "oMathPara"):
                yield from self._formula(child, run)
            elif tag == W + "ruby":
                yield from self._text(ruby_text(child), run)

    def _linked(self, element: etree._Element, link: str, run: _Run) -> Iterator[SourceSpan]:
        """The spans of a link; that of a picture is said, because a brief's pictures carry none."""
        spans = list(self._spans(element, replace(run, link=link)))
        if link and any(span.picture is not None for span in spans):
            reason = "the address that a picture links to"
            self.gathered.left_out.append(LeftOut(link, reason, place_of(element)))
        yield from spans

    def _safe(self, address: str, element: etree._Element) -> str:
        if address and not is_safe_address(address):
            words = f"A link was taken away, its words stay; mail carries only http, https and mailto: {address[:80]}"
            self.gathered.look_at.append(Remark(words, place_of(element)))
            return ""
        return address

    def _formula(self, element: etree._Element, run: _Run) -> Iterator[SourceSpan]:
        words = formula_text(element)
        said = f"A formula was written out in one line: “{words[:60]}”"
        self.gathered.look_at.append(Remark(said, place_of(element)))
        yield SourceSpan(clean(words), run.strong, run.emphasis)

    def _run(self, element: etree._Element, run: _Run) -> Iterator[SourceSpan]:
        properties = element.find(W + "rPr")
        style_id = value(properties.find(W + "rStyle")) if properties is not None else ""
        own = look_of(properties).over(self.styles.look(style_id) if style_id else Look())
        whole = own.over(self._base)
        if whole.hidden:
            self.gathered.leave_out(element, "hidden text")
            return
        raised = _RAISED.get(value(properties.find(W + "vertAlign")) if properties is not None else "", "")
        run = _Run(bool(own.strong), bool(own.emphasis), raised or run.raised, run.link, whole.size or 0)
        struck = properties is not None and any(is_on(properties.find(W + name)) for name in ("strike", "dstrike"))
        spans = [span for child in element for span in self._piece(child, run)]
        if struck and (words := "".join(span.text for span in spans).strip()):
            said = f"Struck through in the document, plain in brief.md: “{words}”"
            self.gathered.look_at.append(Remark(said, place_of(element)))
        yield from spans

    def _piece(self, child: etree._Element, run: _Run) -> Iterator[SourceSpan]:
        tag = str(child.tag)
        if self.fields.take(child):
            if self.fields.has_begun_to_show:
                self._safe(self.fields.link, child)
        elif tag in (W + "footnoteReference", W + "endnoteReference"):
            kind = tag.removeprefix(W).removesuffix("Reference")
            yield SourceSpan("", note=f"{kind}:{child.get(W + 'id', '')}")
        elif tag in (W + "drawing", W + "pict", W + "object"):
            yield from self._drawing(child)
        elif tag == W + "delText":
            self.gathered.left_out.append(LeftOut(child.text or "", "deleted with tracked changes", place_of(child)))
        elif tag == W + "ruby":
            yield from self._text(ruby_text(child), run)
        else:
            yield from self._text(_shown(child), run, child)

    def _text(self, text: str, run: _Run, element: etree._Element | None = None) -> Iterator[SourceSpan]:
        text = clean(text)
        if not text:
            return
        if self.fields.is_code and element is not None and element.tag == W + "t":
            self.gathered.left_out.append(LeftOut(text, "text inside a field's instruction", place_of(element)))
            return
        self._sizes[run.size] += len(text.strip())
        link = self.fields.link
        yield SourceSpan(
            text, run.strong, run.emphasis, run.raised, link if link and is_safe_address(link) else run.link
        )

    # --- pictures -------------------------------------------------------------------------------------------

    def _drawing(self, element: etree._Element) -> Iterator[SourceSpan]:
        drawing = Drawing(element, self.relations, self.archive)
        self.boxes.extend(drawing.boxes())
        self.gathered.left_out.extend(drawing.left_out())
        self.gathered.look_at.extend(drawing.look_at())
        for alt, part in drawing.pictures():
            yield from self._picture(alt, part, place_of(element))

    def _picture(self, written: str, part: str, place: int) -> Iterator[SourceSpan]:
        alt = _ADDED_BY_WORD.sub("", clean(written)).strip()
        try:
            picture = look_at(self.archive.read(part), where=part, alt=" ".join(alt.split()))
        except (PictureError, DocumentError) as err:
            said = f"A picture ({part}) was left out. {err.what} {err.todo}"
            self.gathered.look_at.append(Remark(said, place))
            return
        if alt != written.strip():
            said = f"The alt text was written by a machine: “{alt[:80]}”. Check it."
            self.gathered.look_at.append(Remark(said, place))
        self.gathered.pictures.append(picture)
        yield SourceSpan("", picture=len(self.gathered.pictures) - 1)


def _as_item(paragraph: SourceParagraph, item: Item, kind: str) -> SourceParagraph:
    """A paragraph as an item of a list; with its number typed where Markdown has no such number, or in a heading."""
    styled = re.fullmatch(r"list (?:bullet|number|continue)(?: (\d))?", kind)
    level = min(item.level + (int(styled[1]) - 1 if styled and styled[1] else 0), 8)
    if item.kind == "bullet" or (item.kind in _NUMBERS and not paragraph.heading):
        if paragraph.heading:
            return paragraph
        number = None if item.kind == "bullet" else item.number
        return replace(paragraph, list_level=level, number=number, is_quote=False)
    label = "" if item.kind == "none" else item.label
    return replace(paragraph, spans=(SourceSpan(f"{label} "), *paragraph.spans)) if label else paragraph


def _shown(element: etree._Element) -> str:
    """What a text or a sign in a run shows."""
    tag = str(element.tag)
    if tag == W + "t":
        return element.text or ""
    if tag == W + "br" and element.get(W + "type") in ("page", "column"):
        return " "
    return symbol(element) if tag == W + "sym" else STANDS_FOR.get(tag, "")


def _is_set_in(properties: etree._Element | None) -> bool:
    """Whether a paragraph is set in from both sides, as block quotes are."""
    indent = properties.find(W + "ind") if properties is not None else None
    if indent is None:
        return False
    sides = (indent.get(W + "start") or indent.get(W + "left"), indent.get(W + "end") or indent.get(W + "right"))
    return all(re.fullmatch(r"\d{1,5}", side or "") and int(side or 0) >= 360 for side in sides)
