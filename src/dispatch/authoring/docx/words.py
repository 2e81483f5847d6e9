"""All that a Word document holds, taken straight from its XML without any understanding: words, addresses, pictures.

What brief.md is held against. Where the order of pieces decides what is one word (formulas, drop caps, deleted ends of
paragraphs, raised numbers), this reading asks the same functions as the reader of the text.
"""

import re
from collections.abc import Iterator

from lxml import etree

from dispatch.authoring.document import clean, is_number
from dispatch.authoring.docx.fields import Fields, is_safe_address, target_of
from dispatch.authoring.docx.xml import GONE, VML, A, M, R, W, formula_text, goes_on, is_on, value

Relations = dict[str, tuple[str, str, bool]]

_TEXTS = frozenset({W + "t", W + "delText", A + "t"})
#: what stands for text without being text
STANDS_FOR = {
    W + "tab": "\t",
    W + "ptab": "\t",
    W + "br": "\n",
    W + "cr": "\n",
    W + "noBreakHyphen": "\u2011",
    W + "softHyphen": "\u00ad",
    W + "footnoteReference": " ",
    W + "endnoteReference": " ",
    W + "txbxContent": "\n",
}


def text_of(root: etree._Element) -> str:
    """Return all the text under an element, a newline after each paragraph; deleted and hidden text comes last."""
    aside: list[etree._Element] = []
    text = "".join(_text_of(root, aside))
    for element in aside:
        text += "\n" + "".join(part for child in element for part in _text_of(child, []))
    return clean(text)


def _text_of(element: etree._Element, aside: list[etree._Element]) -> Iterator[str]:
    tag = str(element.tag)
    if tag in GONE or (tag == W + "r" and is_on(element.find(f"{W}rPr/{W}vanish"))):
        aside.append(element)
        return
    if tag in (M + "oMath", M + "oMathPara"):
        yield formula_text(element)
        return
    if tag == W + "ruby":
        yield ruby_text(element)
        return
    if tag in _TEXTS:
        text = element.text or ""
        yield f" {text} " if _is_raised_number(element, text) else text
    elif tag == W + "sym":
        yield symbol(element)
    elif tag == VML + "textpath":
        yield f"\n{element.get('string', '')}\n"
    yield STANDS_FOR.get(tag, "")
    for child in element:
        yield from _text_of(child, aside)
    if (tag == W + "p" and not goes_on(element)) or tag == A + "p":
        yield "\n"


def ruby_text(element: etree._Element) -> str:
    """Return words with their reading in brackets."""
    parts = []
    for path, form in ((f"{W}rubyBase/{W}r", "{}"), (f"{W}rt/{W}r", " ({})")):
        words = "".join(text.text or "" for found in element.iterfind(path) for text in found.iter(W + "t"))
        parts.append(form.format(words) if words else "")
    return "".join(parts)


def symbol(element: etree._Element) -> str:
    """Return the character of a `w:sym`: fonts of symbols keep theirs in the private use area, from U+F020."""
    code = element.get(W + "char", "")
    number = int(code, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,6}", code) else 0
    number -= 0xF000 if 0xF020 <= number <= 0xF0FF else 0
    known = _SYMBOLS.get(element.get(W + "font", "").casefold(), {})
    return known.get(number, chr(number) if number > 0x20 and number < 0xD800 else "")


_SYMBOLS = {
    "symbol": {0xB7: "•", 0xAE: "→", 0xB3: "≥", 0xA3: "≤", 0xB4: "×", 0xB1: "±", 0x61: "α", 0x62: "β", 0x6D: "μ"},
    "wingdings": {0xA7: "▪", 0xFC: "✓", 0xE0: "→", 0xD8: "➢", 0x6C: "●", 0x28: "☎", 0x2A: "✉", 0xFE: "☑", 0xA8: "☐"},
}


def _is_raised_number(element: etree._Element, text: str) -> bool:
    run = element.getparent()
    look = run.find(f"{W}rPr/{W}vertAlign") if run is not None else None
    return look is not None and value(look) in {"superscript", "subscript"} and is_number(text)


def addresses_of(root: etree._Element, relations: Relations) -> list[str]:
    """Return the addresses of the links under an element that mail can carry, in order.

    A link that Word cut into several with one target, one after the other in a paragraph, counts once.
    """
    found: list[str] = []
    for paragraph in root.iter(W + "p"):
        before = ""
        for address in _addresses_in(paragraph, relations):
            if address != before and is_safe_address(address):
                found.append(address)
            before = address
    return found


def _addresses_in(paragraph: etree._Element, relations: Relations) -> Iterator[str]:
    fields = Fields()
    for element in paragraph.iter(
        W + "hyperlink", W + "fldSimple", W + "instrText", W + "fldChar", A + "hlinkClick", W + "del", W + "moveFrom"
    ):
        if next(element.iterancestors(W + "p"), None) is not paragraph:
            continue  # a text box inside: its own paragraph counts it
        if any(parent.tag in GONE for parent in element.iterancestors()):
            continue
        if element.tag == W + "hyperlink":
            if any((text.text or "").strip() for text in element.iter(W + "t")) or any(
                True for _ in element.iter(A + "blip")
            ):
                yield target_of(element, relations)
        elif element.tag == W + "fldSimple":
            yield fields.simple(element)
        elif element.tag == A + "hlinkClick":
            yield relations.get(element.get(R + "id", ""), ("", "", False))[1]
        elif fields.take(element) and fields.has_begun_to_show:
            yield fields.link
