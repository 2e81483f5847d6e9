"""Names and small questions of WordprocessingML (ECMA-376 part 1, section 17) that every reader of it asks."""

from collections.abc import Iterator

from lxml import etree

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W, R = f"{{{WORD}}}", f"{{{RELATIONS}}}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
VML = "{urn:schemas-microsoft-com:vml}"
#: the attribute that carries a paragraph's number
PLACE = "dispatch-place"
#: what tracked changes deleted or moved elsewhere
GONE = frozenset(W + name for name in ("del", "moveFrom"))
#: what only wraps text
WRAPPERS = frozenset(
    W + name for name in ("smartTag", "customXml", "moveTo", "ins", "bdo", "dir", "sdt", "sdtContent", "fldSimple")
)
_SIGNS = {M + "sub": "_", M + "sup": "^", M + "deg": "√"}


def value(element: etree._Element | None) -> str:
    """Return the `w:val` of an element, "" where there is none."""
    return element.get(W + "val", "") if element is not None else ""


def is_on(element: etree._Element | None) -> bool:
    """Return whether a property that can be on or off is on."""
    return element is not None and element.get(W + "val") in (None, "1", "true", "on")


def open_alternates(root: etree._Element) -> None:
    """Put in the place of each mc:AlternateContent the branch that is read, so that nothing is read twice."""
    for element in list(root.iter(MC + "AlternateContent")):
        chosen = _chosen(element)
        parent = element.getparent()
        if parent is None:
            continue
        at = parent.index(element)
        parent.remove(element)
        for offset, child in enumerate(list(chosen) if chosen is not None else []):
            parent.insert(at + offset, child)


def _chosen(element: etree._Element) -> etree._Element | None:
    """The first choice, unless only the fallback says something."""
    branches = [*element.findall(MC + "Choice"), *element.findall(MC + "Fallback")]
    telling = (f".//{W}t", f".//{A}blip", f".//{A}t", f".//{VML}imagedata")
    for branch in branches:
        if any(branch.find(path) is not None for path in telling):
            return branch
    return branches[0] if branches else None


def number_paragraphs(root: etree._Element) -> None:
    """Give each paragraph its number: paragraphs with words, counted from the top."""
    place = 0
    for paragraph in root.iter(W + "p"):
        if paragraph.find(f".//{W}t") is not None or paragraph.find(f".//{W}delText") is not None:
            place += 1
        paragraph.set(PLACE, str(max(place, 1)))


def place_of(element: etree._Element) -> int:
    """Return the number of the paragraph that an element stands in, 0 for none."""
    node: etree._Element | None = element
    while node is not None:
        if place := node.get(PLACE):
            return int(place)
        node = node.getparent()
    return 0


def goes_on(paragraph: etree._Element) -> bool:
    """Return whether the next paragraph goes on where this one ends: a drop cap, or its end was deleted."""
    look = paragraph.find(W + "pPr")
    if look is None:
        return False
    frame = look.find(W + "framePr")
    is_drop_cap = frame is not None and frame.get(W + "dropCap") in ("drop", "margin")
    return is_drop_cap or look.find(f"{W}rPr/{W}del") is not None


def formula_text(math: etree._Element) -> str:
    """Return a formula in one line: `x_i`, `m^2`, `a/b`."""
    return "".join(_formula(math))


def _formula(element: etree._Element) -> Iterator[str]:
    if element.tag == M + "t":
        yield element.text or ""
        return
    if element.tag == M + "nary":
        found = element.find(f"{M}naryPr/{M}chr")
        yield found.get(M + "val", "∑") if found is not None else "∫"
    if sign := _SIGNS.get(str(element.tag)):
        yield sign
    for at, child in enumerate(element):
        if element.tag == M + "f" and child.tag == M + "den":
            yield "/"
        elif element.tag == M + "d" and child.tag == M + "e":
            yield "("
        yield from _formula(child)
        if element.tag == M + "d" and child.tag == M + "e":
            yield ")"
        elif element.tag == M + "mr" and at + 1 < len(element):
            yield " "
    if element.tag == M + "mr":
        yield "; "
