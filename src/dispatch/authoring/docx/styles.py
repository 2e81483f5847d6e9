"""Styles and numbering of a Word document: how a paragraph looks, what its style makes of it, which number it has."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from lxml import etree

from dispatch.authoring.docx.xml import W, is_on, value

#: longest chain of styles that are based on each other
_MAX_CHAIN = 20
_KNOWN = re.compile(
    r"title|subtitle|caption|author|date|(?:intense )?quote|quotations|block text|toc \d|toc heading|"
    r"table of figures|figure|illustration|drawing|list (?:bullet|number|continue)(?: \d)?"
)
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks; None where nothing is said."""

    strong: bool | None = None
    emphasis: bool | None = None
    hidden: bool | None = None
    #: points
    size: float | None = None

    def over(self, below: "Look") -> "Look":
        """Return this look with what it does not say from the one below."""
        return Look(
            below.strong if self.strong is None else self.strong,
            below.emphasis if self.emphasis is None else self.emphasis,
            below.hidden if self.hidden is None else self.hidden,
            below.size if self.size is None else self.size,
        )


def look_of(properties: etree._Element | None) -> Look:
    """Return the look in a `w:rPr`."""
    if properties is None:
        return Look()

    def switch(name: str) -> bool | None:
        found = properties.find(W + name)
        return None if found is None else is_on(found)

    size = value(properties.find(W + "sz"))
    points = int(size) / 2 if re.fullmatch(r"\d{1,4}", size) else None
    return Look(switch("b"), switch("i"), switch("vanish"), points)


@dataclass
class Style:
    """One style, as far as an import looks at it."""

    name: str
    based_on: str = ""
    outline: int = 0
    numbering: str = ""
    level: int = 0
    align: str = ""
    look: Look = field(default_factory=Look)


@dataclass
class Styles:
    """The styles of a document by their ids."""

    styles: dict[str, Style] = field(default_factory=dict)
    #: the style of paragraphs that name none
    default: str = ""
    #: the look of text that no style says anything about
    base: Look = field(default_factory=Look)
    _chains: dict[str, list[Style]] = field(default_factory=dict)
    _looks: dict[str, Look] = field(default_factory=dict)

    @classmethod
    def read(cls, root: etree._Element | None) -> "Styles":
        """Return the styles in the root of word/styles.xml."""
        if root is None:
            return cls()
        found, default = {}, ""
        for element in root.iterfind(W + "style"):
            style_id = element.get(W + "styleId", "")
            if element.get(W + "type") == "paragraph" and element.get(W + "default") in ("1", "true", "on"):
                default = style_id
            found[style_id] = Style(
                name=value(element.find(W + "name")).casefold(),
                based_on=value(element.find(W + "basedOn")),
                outline=_outline(element.find(f"{W}pPr/{W}outlineLvl")),
                numbering=value(element.find(f"{W}pPr/{W}numPr/{W}numId")),
                level=_number(value(element.find(f"{W}pPr/{W}numPr/{W}ilvl"))),
                align=value(element.find(f"{W}pPr/{W}jc")),
                look=look_of(element.find(W + "rPr")),
            )
        base = look_of(root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
        return cls(found, default, base)

    def chain(self, style_id: str) -> list[Style]:
        """Return a style and those that it is based on."""
        if style_id not in self._chains:
            chain: list[Style] = []
            at = style_id
            while (style := self.styles.get(at)) and len(chain) < _MAX_CHAIN:
                chain.append(style)
                at = style.based_on
            self._chains[style_id] = chain
        return self._chains[style_id]

    def heading(self, style_id: str) -> int:
        """Return the level of a heading style, 0 for others."""
        for style in self.chain(style_id):
            if match := re.fullmatch(r"heading (\d)", style.name):
                return int(match[1])
            if style.outline:
                return style.outline
        return 0

    def kind(self, style_id: str) -> str:
        """Return the first name in the chain of styles that an import knows, else the style's own name."""
        names = [style.name for style in self.chain(style_id)]
        return next((name for name in names if _KNOWN.fullmatch(name)), names[0] if names else style_id.casefold())

    def look(self, style_id: str) -> Look:
        """Return how text of a style looks, its base styles included."""
        if style_id not in self._looks:
            look = Look()
            for style in self.chain(style_id):
                look = look.over(style.look)
            self._looks[style_id] = look
        return self._looks[style_id]


@dataclass(frozen=True, slots=True)
class Item:
    """A paragraph as an item of a list."""

    level: int
    #: how Word counts this item, as if it were numbered
    number: int
    #: the kind of its numbers, as `decimal`, `bullet`, `lowerLetter`
    kind: str
    #: what Word writes before it, as "2.1" or "b)"
    label: str


@dataclass
class Numbering:
    """Counts the items of the lists while a document is gone through from its start."""

    styles: Styles
    #: list -> (its definition, level -> number where this list starts over)
    lists: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)
    #: definition and level -> (first number, kind, form as "%1.%2")
    levels: dict[tuple[str, int], tuple[int, str, str]] = field(default_factory=dict)
    #: definition -> level -> last number given
    counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _seen: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, root: etree._Element | None, styles: Styles) -> "Numbering":
        """Return the numbering in the root of word/numbering.xml."""
        numbering = cls(styles)
        if root is None:
            return numbering
        for definition in root.iterfind(W + "abstractNum"):
            name = definition.get(W + "abstractNumId", "")
            for level in definition.iterfind(W + "lvl"):
                numbering.levels[name, _number(level.get(W + "ilvl", "0"))] = (
                    _number(value(level.find(W + "start")) or "1"),
                    value(level.find(W + "numFmt")) or "decimal",
                    value(level.find(W + "lvlText")),
                )
        for item in root.iterfind(W + "num"):
            starts = {
                _number(over.get(W + "ilvl", "0")): _number(value(over.find(W + "startOverride")))
                for over in item.iterfind(W + "lvlOverride")
                if over.find(W + "startOverride") is not None
            }
            numbering.lists[item.get(W + "numId", "")] = (value(item.find(W + "abstractNumId")), starts)
        return numbering

    def next(self, properties: etree._Element | None, style_id: str) -> Item | None:
        """Return the item that a paragraph with these `w:pPr` is, None where it is none; counts it."""
        number, level = self._list_of(properties, style_id)
        if number not in self.lists:
            return None
        definition, starts = self.lists[number]
        counts = self.counts[definition]
        if number not in self._seen:
            self._seen.add(number)
            for at, first in starts.items():
                counts[at] = first - 1
        first, kind, _ = self.levels.get((definition, level), (1, "bullet", ""))
        counts[level] = counts.get(level, first - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        return Item(level, min(max(counts[level], 1), 999_999), kind, self._label(definition, level))

    def _label(self, definition: str, level: int) -> str:
        form = self.levels.get((definition, level), (1, "", ""))[2]

        def written(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            first, kind, _ = self.levels.get((definition, at), (1, "decimal", ""))
            return _as_typed(self.counts[definition].get(at, first), kind)

        return re.sub(r"%([1-9])", written, form).strip()

    def _list_of(self, properties: etree._Element | None, style_id: str) -> tuple[str, int]:
        own = properties.find(W + "numPr") if properties is not None else None
        styled = next((style for style in self.styles.chain(style_id) if style.numbering), None)
        number = value(own.find(W + "numId")) if own is not None else ""
        level = value(own.find(W + "ilvl")) if own is not None else ""
        if not number and styled:
            number = styled.numbering
        return number, _number(level) if level else (styled.level if styled else 0)


def _as_typed(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if kind == "upperLetter" else letters
    if kind in ("lowerRoman", "upperRoman") and number < 4000:
        letters, left = "", number
        for worth, sign in _ROMAN:
            letters += sign * (left // worth)
            left %= worth
        return letters.upper() if kind == "upperRoman" else letters
    return str(number)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text) else 0


def _outline(element: etree._Element | None) -> int:
    """The heading level of an outline level, 0 for body text (9)."""
    found = value(element)
    return int(found) + 1 if re.fullmatch(r"[0-8]", found) else 0


def outline_of(properties: etree._Element | None, styles: Styles, style_id: str) -> int:
    """Return the heading level of a paragraph, by its own outline level or its style; 0 for text."""
    own = _outline(properties.find(W + "outlineLvl")) if properties is not None else 0
    return own or styles.heading(style_id)
