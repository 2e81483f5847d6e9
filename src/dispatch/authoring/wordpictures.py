"""Pictures, charts and drawings in the XML of a Word document: pictures come into one form, the rest is said."""

from collections.abc import Iterator

from lxml import etree

from dispatch.authoring.archive import Archive
from dispatch.authoring.document import LeftOut, Remark
from dispatch.authoring.wordxml import RELATIONS, WORD, Gathered, R, W, place_of, text_of
from dispatch.errors import DocumentError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_OFFICE = "{urn:schemas-microsoft-com:office:office}"
_ONE_FORM = f"""<w:drawing xmlns:w="{WORD}" xmlns:wp="{_WP[1:-1]}" xmlns:a="{_A[1:-1]}" xmlns:r="{RELATIONS}"
  xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><wp:inline><wp:docPr/><a:graphic><a:graphicData>
  <pic:pic><pic:blipFill><a:blip/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"""

Relations = dict[str, tuple[str, str, bool]]


def settle_pictures(
    root: etree._Element, relations: Relations, archive: Archive, gathered: Gathered, parts: list[str]
) -> None:
    """Give each embedded picture one form whose relation is its index in `parts`; what else is drawn is gathered."""
    for drawing in list(root.iter(W + "drawing", W + "pict", W + "object")):
        if drawing.getparent() is None:
            continue
        _say_charts(drawing, relations, archive, gathered)
        words = "\n".join(text_of(text) for text in drawing.iter(_A + "p")).strip()
        if words:
            gathered.left_out.append(LeftOut(words, "words in a drawing", place_of(drawing)))
        forms = [_one_form(alt, part, parts) for alt, part in _pictures(drawing, relations, gathered)]
        parent = drawing.getparent()
        assert parent is not None
        at = parent.index(drawing)
        parent.remove(drawing)
        for offset, form in enumerate(forms):
            parent.insert(at + offset, form)


def _pictures(drawing: etree._Element, relations: Relations, gathered: Gathered) -> Iterator[tuple[str, str]]:
    """Alt text and part name of each picture in a drawing."""
    about = next(drawing.iter(_WP + "docPr"), None)
    alt = (about.get("descr") or about.get("title") or "") if about is not None else ""
    found = [(alt, blip.get(R + "embed"), blip.get(R + "link")) for blip in drawing.iter(_A + "blip")]
    for shape in drawing.iter(_VML + "imagedata"):
        parent = shape.getparent()
        words = (parent.get("alt") if parent is not None else "") or shape.get(_OFFICE + "title") or ""
        found.append((words, shape.get(R + "id"), None))
    for words, embedded, linked in found:
        kind, target, is_outside = relations.get(embedded or linked or "", ("", "", False))
        if is_outside:
            remark = f"A picture is linked, not part of the document, and was not fetched: {target[:100]}"
            gathered.look_at.append(Remark(remark, place_of(drawing)))
        elif kind == "image" or target:
            yield words, target


def _one_form(alt: str, part: str, parts: list[str]) -> etree._Element:
    form = etree.fromstring(_ONE_FORM)
    about, blip = next(form.iter(_WP + "docPr")), next(form.iter(_A + "blip"))
    about.set("descr", alt)
    blip.set(R + "embed", f"picture{len(parts)}")
    parts.append(part)
    return form


def _say_charts(drawing: etree._Element, relations: Relations, archive: Archive, gathered: Gathered) -> None:
    """Gather the words of charts and diagrams, whose data lie in parts of their own."""
    drawn = [("a chart", chart.get(R + "id")) for chart in drawing.iter(_C + "chart")]
    drawn += [("a diagram", diagram.get(R + "dm")) for diagram in drawing.iter(_DGM + "relIds")]
    for what, relation in drawn:
        _, target, _ = relations.get(relation or "", ("", "", False))
        words = words_of_drawn(archive, target)
        gathered.left_out.append(LeftOut(words, f"the words in {what}", place_of(drawing)))
        gathered.look_at.append(
            Remark(f"{what.capitalize()} was left out: save it as a picture and put that in.", place_of(drawing))
        )


def words_of_drawn(archive: Archive, part: str) -> str:
    """The words of a chart or diagram, by the name of its part; "" where it cannot be read."""
    if part not in archive.names:
        return ""
    try:
        root = archive.xml(part)
    except DocumentError:
        return ""
    return " ".join(element.text or "" for element in root.iter(_A + "t", _C + "v")).strip()
