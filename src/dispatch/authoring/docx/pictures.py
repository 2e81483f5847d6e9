"""What is drawn in a Word document: pictures, text boxes, charts, diagrams, WordArt."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from dispatch.authoring.document import LeftOut, Remark
from dispatch.authoring.docx.archive import Archive
from dispatch.authoring.docx.fields import Relations
from dispatch.authoring.docx.words import text_of
from dispatch.authoring.docx.xml import VML, A, R, W, place_of
from dispatch.errors import DocumentError

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_OFFICE = "{urn:schemas-microsoft-com:office:office}"


@dataclass(frozen=True)
class Drawing:
    """One `w:drawing`, `w:pict` or `w:object`."""

    element: etree._Element
    relations: Relations
    archive: Archive

    @property
    def place(self) -> int:
        """The number of the paragraph that it stands in."""
        return place_of(self.element)

    def boxes(self) -> list[etree._Element]:
        """Return its text boxes, outermost first."""
        found = list(self.element.iter(W + "txbxContent"))
        return [box for box in found if not any(parent in found for parent in box.iterancestors())]

    def pictures(self) -> Iterator[tuple[str, str]]:
        """Yield alt text and part name of each picture that lies in the file."""
        for words, target, is_outside in self._found():
            if target and not is_outside:
                yield words, target

    def _found(self) -> Iterator[tuple[str, str, bool]]:
        """Alt text and target of each picture, and whether it lies outside the file; none of its text boxes."""
        inside = {id(node) for box in self.boxes() for node in box.iter(A + "blip", VML + "imagedata")}
        about = next(self.element.iter(_WP + "docPr"), None)
        alt = (about.get("descr") or about.get("title") or "") if about is not None else ""
        for node in self.element.iter(A + "blip", VML + "imagedata"):
            if id(node) in inside:
                continue
            words, relation = alt, node.get(R + "embed") or node.get(R + "link") or ""
            if node.tag == VML + "imagedata":
                shape = node.getparent()
                words = (shape.get("alt") if shape is not None else "") or node.get(_OFFICE + "title") or ""
                relation = node.get(R + "id") or ""
            _, target, is_outside = self.relations.get(relation, ("", "", False))
            yield words, target, is_outside

    def left_out(self) -> Iterator[LeftOut]:
        """Yield the words in it that brief.md has no place for, and the addresses that its pictures link to."""
        words = "\n".join(text_of(text) for text in self.element.iter(A + "p")).strip()
        words += "\n".join(art.get("string", "") for art in self.element.iter(VML + "textpath"))
        if words:
            yield LeftOut(words, "words in a drawing", self.place)
        for what, part in self._charts():
            yield LeftOut(words_of_drawn(self.archive, part), f"the words in {what}", self.place)
        for link in dict.fromkeys(node.get(R + "id", "") for node in self.element.iter(A + "hlinkClick")):
            if target := self.relations.get(link, ("", "", False))[1]:
                yield LeftOut(target, "the address that a picture links to", self.place)

    def look_at(self) -> Iterator[Remark]:
        """Yield what a person must do about it."""
        for what, _ in self._charts():
            yield Remark(f"{what.capitalize()} was left out: save it as a picture and put that in.", self.place)
        for _, target, is_outside in self._found():
            if is_outside:
                words = f"A picture is linked, not part of the document, and was not fetched: {target[:100]}"
                yield Remark(words, self.place)
            elif not target:
                yield Remark("A picture is named here that the file does not hold.", self.place)

    def _charts(self) -> Iterator[tuple[str, str]]:
        drawn = [("a chart", chart.get(R + "id")) for chart in self.element.iter(_C + "chart")]
        drawn += [("a diagram", diagram.get(R + "dm")) for diagram in self.element.iter(_DGM + "relIds")]
        for what, relation in drawn:
            yield what, self.relations.get(relation or "", ("", "", False))[1]


def charts_in(root: etree._Element, relations: Relations) -> Iterator[str]:
    """Yield the names of the parts that hold the words of charts and diagrams under an element."""
    for node in root.iter(_C + "chart", _DGM + "relIds"):
        relation = node.get(R + "id") or node.get(R + "dm") or ""
        yield relations.get(relation, ("", "", False))[1]


def words_of_drawn(archive: Archive, part: str) -> str:
    """Return the words of a chart or diagram, by the name of its part; "" where it cannot be read."""
    if part not in archive.names:
        return ""
    try:
        root = archive.xml(part)
    except DocumentError:
        return ""
    return " ".join(element.text or "" for element in root.iter(A + "t", _C + "v")).strip()
