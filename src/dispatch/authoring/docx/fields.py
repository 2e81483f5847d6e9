r"""Fields of a Word document: instructions such as `HYPERLINK "https://…" \t "_blank"` with what they show.

ECMA-376 part 1, section 17.16.5.25 (HYPERLINK): `\l` names a place in the target, `\o` a tip, `\t` a frame, `\m`
and `\n` have no text.
"""

import re
from dataclasses import dataclass, field

from lxml import etree

from dispatch.authoring.docx.xml import R, W

Relations = dict[str, tuple[str, str, bool]]

_SAFE = re.compile(r"(?:https?://|mailto:)[^\s<>\"\\]+", re.IGNORECASE)
_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\\[a-zA-Z])|([^\s"]+)')
#: switches that are followed by a text
_WITH_TEXT = ("\\l", "\\o", "\\t", "\\s")


def is_safe_address(address: str) -> bool:
    """Return whether mail may carry a link to an address: http, https and mailto."""
    return _SAFE.fullmatch(address) is not None


def target_of(link: etree._Element, relations: Relations) -> str:
    """Return the address of a `w:hyperlink`, "" where it only points into the document."""
    _, target, is_outside = relations.get(link.get(R + "id", ""), ("", "", False))
    anchor = link.get(W + "anchor")
    return target + (f"#{anchor}" if anchor else "") if target and is_outside else ""


def address_in(instruction: str) -> str:
    """Return the address of a HYPERLINK instruction, "" for other fields and for places inside the document."""
    words = [(match[1] if match[1] is not None else match[0]) for match in _WORD.finditer(instruction)]
    if not words or words[0].upper() != "HYPERLINK":
        return ""
    address, part, at = "", "", 1
    while at < len(words):
        if words[at] in _WITH_TEXT:
            part = words[at + 1] if words[at] == "\\l" and at + 1 < len(words) else part
            at += 1
        elif not words[at].startswith("\\") and not address:
            address = words[at]
        at += 1
    return address + (f"#{part}" if part and address and "#" not in address else "")


@dataclass
class Fields:
    """The fields that are open while a document is gone through; they may nest and span paragraphs."""

    #: per open field: its instruction, and whether it shows already
    open: list[tuple[str, bool]] = field(default_factory=list)
    #: the last sign began the part of a field that is shown
    has_begun_to_show: bool = False

    def take(self, element: etree._Element) -> bool:
        """Return whether an element is part of the machinery of fields; it is noted then."""
        self.has_begun_to_show = False
        if element.tag == W + "instrText":
            if self.open:
                instruction, shows = self.open[-1]
                self.open[-1] = (instruction + (element.text or ""), shows)
            return True
        if element.tag != W + "fldChar":
            return False
        kind = element.get(W + "fldCharType")
        if kind == "begin":
            self.open.append(("", False))
        elif kind == "separate" and self.open:
            self.open[-1] = (self.open[-1][0], True)
            self.has_begun_to_show = True
        elif kind == "end" and self.open:
            self.open.pop()
        return True

    @property
    def link(self) -> str:
        """The address that the innermost open HYPERLINK gives to text, "" for none."""
        return next((found for code, shows in reversed(self.open) if shows and (found := address_in(code))), "")

    @property
    def is_code(self) -> bool:
        """Whether text now belongs to an instruction and is not shown."""
        return any(not shows for _, shows in self.open)

    @staticmethod
    def simple(element: etree._Element) -> str:
        """Return the address of a `w:fldSimple`, "" for other fields."""
        return address_in(element.get(W + "instr", ""))
