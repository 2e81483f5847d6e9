"""Styles and numbering of a Word document: what a paragraph's style makes of it, and which number an item has."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from lxml import etree

from dispatch.authoring.wordxml import W

#: longest chain of styles that are based on each other
_MAX_CHAIN = 20


@dataclass
class Style:
    """One style, as far as an import looks at it."""

    name: str
    based_on: str = ""
    outline: int = 0
    numbering: str = ""
    level: int = 0
    is_bold: bool = False
    is_italic: bool = False


@dataclass
class Styles:
    """The styles of a document by their ids."""

    styles: dict[str, Style] = field(default_factory=dict)

    @classmethod
    def read(cls, root: etree._Element | None) -> "Styles":
        """The styles in the root of word/styles.xml."""
        found = {}
        for element in root.iterfind(W + "style") if root is not None else ():
            number = element.find(f"{W}pPr/{W}numPr/{W}numId")
            found[element.get(W + "styleId", "")] = Style(
                name=_value(element.find(W + "name")).casefold(),
                based_on=_value(element.find(W + "basedOn")),
                outline=_outline(element.find(f"{W}pPr/{W}outlineLvl")),
                numbering=_value(number),
                level=_number(_value(element.find(f"{W}pPr/{W}numPr/{W}ilvl"))),
                is_bold=_is_on(element.find(f"{W}rPr/{W}b")),
                is_italic=_is_on(element.find(f"{W}rPr/{W}i")),
            )
        return cls(found)

    def chain(self, style_id: str) -> list[Style]:
        """A style and those that it is based on."""
        chain: list[Style] = []
        while (style := self.styles.get(style_id)) and len(chain) < _MAX_CHAIN:
            chain.append(style)
            style_id = style.based_on
        return chain

    def heading(self, style_id: str) -> int:
        """The level of a heading style, 0 for others."""
        for style in self.chain(style_id):
            if match := re.fullmatch(r"heading (\d)", style.name):
                return int(match[1])
            if style.outline:
                return style.outline
        return 0

    def kind(self, style_id: str) -> str:
        """The first name in the chain of styles that an import knows, else the style's own name."""
        names = [style.name for style in self.chain(style_id)]
        known = re.compile(
            r"title|subtitle|caption|(?:intense )?quote|quotations|block text|toc \d|table of figures|figure"
        )
        return next((name for name in names if known.fullmatch(name)), names[0] if names else "")

    def look(self, style_id: str) -> tuple[bool, bool]:
        """Whether a character style is bold, and italic."""
        chain = self.chain(style_id)
        return any(style.is_bold for style in chain), any(style.is_italic for style in chain)


@dataclass
class Numbering:
    """Counts the items of the numbered lists while a document is gone through from its start."""

    styles: Styles
    #: list -> (its definition, level -> first number where this list starts anew)
    lists: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)
    #: definition and level -> first number
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    #: definition -> level -> last number given
    counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _seen: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, root: etree._Element | None, styles: Styles) -> "Numbering":
        """The numbering in the root of word/numbering.xml."""
        numbering = cls(styles)
        if root is None:
            return numbering
        for definition in root.iterfind(W + "abstractNum"):
            name = definition.get(W + "abstractNumId", "")
            for level in definition.iterfind(W + "lvl"):
                start = _value(level.find(W + "start")) or "1"
                numbering.starts[name, _number(level.get(W + "ilvl", "0"))] = _number(start)
        for item in root.iterfind(W + "num"):
            anew = {
                _number(over.get(W + "ilvl", "0")): _number(_value(over.find(W + "startOverride")))
                for over in item.iterfind(W + "lvlOverride")
                if over.find(W + "startOverride") is not None
            }
            numbering.lists[item.get(W + "numId", "")] = (_value(item.find(W + "abstractNumId")), anew)
        return numbering

    def next(self, paragraph: etree._Element) -> int:
        """The number of a paragraph that is a list item (as if it were numbered), 0 for no item."""
        number, level = self._list_of(paragraph)
        if number not in self.lists:
            return 0
        definition, anew = self.lists[number]
        counts = self.counts[definition]
        if number not in self._seen:
            self._seen.add(number)
            for at, first in anew.items():
                counts[at] = first - 1
        counts[level] = counts.get(level, self.starts.get((definition, level), 1) - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        return min(max(counts[level], 1), 999_999)

    def _list_of(self, paragraph: etree._Element) -> tuple[str, int]:
        own = paragraph.find(f"{W}pPr/{W}numPr")
        style_id = _value(paragraph.find(f"{W}pPr/{W}pStyle"))
        styled = next((style for style in self.styles.chain(style_id) if style.numbering), None)
        number = _value(own.find(W + "numId")) if own is not None else ""
        level = _value(own.find(W + "ilvl")) if own is not None else ""
        if not number and styled:
            number = styled.numbering
        return number, _number(level) if level else (styled.level if styled else 0)


def _value(element: etree._Element | None) -> str:
    return element.get(W + "val", "") if element is not None else ""


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text) else 0


def _outline(element: etree._Element | None) -> int:
    """The heading level of an outline level, 0 for body text (9)."""
    value = _value(element)
    return int(value) + 1 if re.fullmatch(r"[0-8]", value) else 0


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(W + "val") in (None, "1", "true", "on")


def outline_of(paragraph: etree._Element, styles: Styles) -> int:
    """The heading level of a paragraph, by its own outline level or its style; 0 for text."""
    own = _outline(paragraph.find(f"{W}pPr/{W}outlineLvl"))
    return own or styles.heading(_value(paragraph.find(f"{W}pPr/{W}pStyle")))
