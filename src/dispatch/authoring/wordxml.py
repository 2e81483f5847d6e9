"""The XML of a Word document made plain, so that the reader of its text meets only what it knows.

Tracked changes are accepted, fields and wrappers opened, text boxes set after the paragraph that they hang on, pictures
put into one form, and each paragraph marked with its number. Names are those of ECMA-376 part 1, section 17.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from dispatch.authoring.document import LeftOut, Remark, clean, is_number

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
W, R, _A, _M = f"{{{WORD}}}", f"{{{RELATIONS}}}", f"{{{_DRAWING}}}", f"{{{_MATH}}}"
_MC = f"{{{_COMPATIBILITY}}}"
#: the attribute that carries a paragraph's number while the XML is worked on
PLACE = "dispatch-place"
BOXED = "dispatch-boxed"

_WRAPPERS = frozenset(
    W + name for name in ("fldSimple", "smartTag", "customXml", "moveTo", "ins", "bdo", "dir", "sdt", "sdtContent")
)
_GONE = frozenset(W + name for name in ("del", "moveFrom"))
_TEXTS = frozenset({W + "t", W + "delText", _M + "t", _A + "t"})
#: what stands for text without being text
_STANDS_FOR = {
    W + "tab": " ",
    W + "ptab": " ",
    W + "br": "\n",
    W + "cr": "\n",
    W + "txbxContent": "\n",
    W + "noBreakHyphen": "\u2011",
    W + "softHyphen": "\u00ad",
    W + "footnoteReference": " ",
    W + "endnoteReference": " ",
}
_ON = (None, "1", "true", "on")


@dataclass
class Gathered:
    """What was left out of the XML, and what a person must look at."""

    left_out: list[LeftOut] = field(default_factory=list)
    look_at: list[Remark] = field(default_factory=list)
    #: ids of relations of pictures that lie outside the file
    linked: int = 0


# --- words, without any understanding ---------------------------------------------------------------------------------


def text_of(root: etree._Element) -> str:
    """All the text under an element, with a newline after each paragraph; deleted and hidden text comes last."""
    aside: list[etree._Element] = []
    text = "".join(_text_of(root, aside))
    for element in aside:
        text += "\n" + "".join(part for child in element for part in _text_of(child, []))
    return clean(text)


def _text_of(element: etree._Element, aside: list[etree._Element]) -> Iterator[str]:
    if element.tag == _MC + "AlternateContent":
        chosen = _chosen(element)
        if chosen is not None:
            yield from _text_of(chosen, aside)
        return
    if element.tag in _GONE or _is_hidden(element):
        aside.append(element)
        return
    if element.tag in _TEXTS:
        text = element.text or ""
        yield f" {text} " if _is_raised_number(element, text) else text
    yield _STANDS_FOR.get(str(element.tag), "")
    for child in element:
        yield from _text_of(child, aside)
    if (element.tag == W + "p" and element.find(f"{W}pPr/{W}rPr/{W}del") is None) or element.tag == _A + "p":
        yield "\n"


def _is_hidden(element: etree._Element) -> bool:
    if element.tag != W + "r":
        return False
    hidden = element.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(W + "val") in _ON


def _is_raised_number(element: etree._Element, text: str) -> bool:
    run = element.getparent()
    look = run.find(f"{W}rPr/{W}vertAlign") if run is not None else None
    return look is not None and look.get(W + "val") in {"superscript", "subscript"} and is_number(text)


# --- made plain -------------------------------------------------------------------------------------------------------


def make_plain(root: etree._Element, gathered: Gathered, *, numbers: bool) -> None:
    """Change the XML of one part in place; with `numbers`, its paragraphs are numbered first."""
    for element in list(root.iter(_MC + "AlternateContent")):
        _open_alternate(element)
    if numbers:
        _number(root)
    _take_out(root, gathered)
    _open_wrappers(root)
    for math in list(root.iter(_M + "oMath")):
        _write_out(math, gathered)
    while (box := next(root.iter(W + "txbxContent"), None)) is not None:
        _hoist(box)
    for name in ("cr", "ptab"):
        for element in list(root.iter(W + name)):
            element.tag = W + ("br" if name == "cr" else "tab")
    for mark in list(root.iter(W + "bookmarkStart", W + "bookmarkEnd")):
        _remove(mark)


def place_of(element: etree._Element) -> int:
    """The number of the paragraph that an element stands in, 0 for none."""
    node: etree._Element | None = element
    while node is not None:
        if place := node.get(PLACE):
            return int(place)
        node = node.getparent()
    return 0


def _chosen(element: etree._Element) -> etree._Element | None:
    """The branch of an mc:AlternateContent that is read: the first choice, unless only the fallback says something."""
    branches = [*element.findall(_MC + "Choice"), *element.findall(_MC + "Fallback")]
    telling = (f".//{W}t", f".//{_A}blip", f".//{_A}t", ".//{urn:schemas-microsoft-com:vml}imagedata")
    for branch in branches:
        if any(branch.find(path) is not None for path in telling):
            return branch
    return branches[0] if branches else None


def _open_alternate(element: etree._Element) -> None:
    chosen = _chosen(element)
    _replace(element, list(chosen) if chosen is not None else [])


def _number(root: etree._Element) -> None:
    place = 0
    for paragraph in root.iter(W + "p"):
        if paragraph.find(f".//{W}t") is not None or paragraph.find(f".//{W}delText") is not None:
            place += 1
        paragraph.set(PLACE, str(max(place, 1)))


def _take_out(root: etree._Element, gathered: Gathered) -> None:
    """Take out deleted and hidden text, placeholders and tables of contents; what they said is gathered."""
    for element in list(root.iter(*_GONE)):
        parent = element.getparent()
        if parent is not None and parent.tag not in {W + "rPr", W + "trPr"}:
            _gather(element, "deleted with tracked changes", gathered)
    for tag in ("del", "ins"):
        for mark in list(root.iterfind(f".//{W}trPr/{W}{tag}")):
            row = next(mark.iterancestors(W + "tr"), None)
            if tag == "del" and row is not None:
                _gather(row, "a table row deleted with tracked changes", gathered)
            else:
                _remove(mark)
    for run in list(root.iter(W + "r")):
        if _is_hidden(run):
            _gather(run, "hidden text", gathered)
    for control in list(root.iter(W + "sdt")):
        if control.find(f"{W}sdtPr/{W}showingPlcHdr") is not None:
            _gather(control, "the placeholder of a form field", gathered)


def _gather(element: etree._Element, reason: str, gathered: Gathered) -> None:
    """Remove an element whose words go to what was left out."""
    words = text_of(element).strip()
    if words:
        gathered.left_out.append(LeftOut(words, reason, place_of(element)))
    _remove(element)


def _open_wrappers(root: etree._Element) -> None:
    for element in list(root.iter(*_WRAPPERS)):
        parent = element.getparent()
        if parent is None or parent.tag == W + "rPr":
            continue
        _replace(element, [child for child in element if child.tag not in {W + "sdtPr", W + "sdtEndPr", W + "fldData"}])
    for ruby in list(root.iter(W + "ruby")):
        runs = [*ruby.iterfind(f"{W}rubyBase/{W}r"), *_bracketed(ruby)]
        texts = [text for run in runs for text in run.iterfind(W + "t")]
        _replace(ruby, texts)


def _bracketed(ruby: etree._Element) -> list[etree._Element]:
    """The runs of a reading aid, in brackets."""
    runs = [deepcopy(run) for run in ruby.iterfind(f"{W}rt/{W}r")]
    for text, form in ((runs[0].find(W + "t"), " ({}"), (runs[-1].find(W + "t"), "{})")) if runs else ():
        if text is not None:
            text.text = form.format(text.text or "")
    return runs


def _write_out(math: etree._Element, gathered: Gathered) -> None:
    """Put a formula's characters into a run."""
    words = " ".join(text.text or "" for text in math.iter(_M + "t"))
    place = place_of(math)
    run = etree.Element(W + "r")
    etree.SubElement(run, W + "t").text = words
    parent = math.getparent()
    if parent is not None and parent.tag == _M + "oMathPara":
        math, parent = parent, parent.getparent()
    _replace(math, [run])
    gathered.look_at.append(Remark(f"A formula was written out in one line: “{words[:60]}”", place))


def _hoist(box: etree._Element) -> None:
    """Put the paragraphs of a text box after the paragraph that it hangs on."""
    anchor = next((node for node in box.iterancestors(W + "p")), None)
    children = [child for child in box if child.tag in {W + "p", W + "tbl"}]
    _remove(box)
    if anchor is None:
        return
    parent = anchor.getparent()
    if parent is None:
        return
    at = parent.index(anchor) + 1
    while at < len(parent) and parent[at].get(BOXED) == str(id(anchor)):
        at += 1
    for child in children:
        for paragraph in child.iter(W + "p"):
            paragraph.set(BOXED, str(id(anchor)))
        child.set(BOXED, str(id(anchor)))
        parent.insert(at, child)
        at += 1


def _replace(element: etree._Element, children: list[etree._Element]) -> None:
    """Put children in an element's place."""
    parent = element.getparent()
    if parent is None:
        return
    at = parent.index(element)
    parent.remove(element)
    for offset, child in enumerate(children):
        parent.insert(at + offset, child)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
