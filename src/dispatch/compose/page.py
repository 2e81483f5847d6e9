"""A View as MJML: each block through its template, the blocks in sections that Outlook does not split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from dispatch.compose.dates import long_date
from dispatch.compose.escape import html as escaped
from dispatch.compose.frame_words import FrameWords
from dispatch.compose.html import Inliner, address, speech
from dispatch.compose.templates import BASE, Templates
from dispatch.compose.view import Note, View, byline, host
from dispatch.model.brand import Picture
from dispatch.model.brief import (
    Author,
    Block,
    Blocks,
    Box,
    Brief,
    Button,
    CodeBlock,
    Figure,
    Group,
    Heading,
    Listing,
    Paragraph,
    Rule,
    Table,
    inlines_of,
    plain,
    walk,
)
from dispatch.model.edition import Field, split

#: width of the text column, and of a half Figure, in pixels
COLUMN_PX, HALF_PX = 592, 284
#: tallest that a picture is shown
SHOWN_HEIGHT_PX = 800
#: Outlook for Windows splits tables taller than about 1,790 px
SECTION_PX = 1600
_FILLER = Markup("&#8199;&#65279;&#847; ") * 60
#: capitals that only one language has (Turkic languages keep the dot of the i)
_CAPITALS = {lang: {"i": "İ"} for lang in ("tr", "az", "crh")}


@dataclass(frozen=True)
class PageWriter:
    """Writes one Edition's page, for the mail or for the web."""

    view: View
    inliner: Inliner
    pictures: Mapping[str, Picture]
    templates: Templates
    #: address that pictures stand below
    picture_url: str

    def whole(self, preheader: str) -> str:
        """The MJML document."""
        return str(self.templates.render(BASE, {**self.shared(), **self.head(preheader), **self.tail()}))

    # --- what templates may use -----------------------------------------------------------------------------

    def shared(self) -> dict[str, Any]:
        """What every template may use."""
        view = self.view
        brand = view.audience.brand
        return {
            "brief": view.brief,
            "audience": view.audience,
            "brand": brand,
            "light": brand.light,
            "dark": brand.dark,
            "web": self.inliner.is_web,
            "web_url": self.inliner.web_url,
            "start": "right" if view.brief.dir == "rtl" else "left",
            "end": "left" if view.brief.dir == "rtl" else "right",
            "words": self.words(),
        }

    def words(self) -> dict[str, str]:
        """The words around the text, in the Brief's language where dispatch has them."""
        words = self.view.words
        return {
            "notes": words.notes,
            "read_next": words.read_next,
            "key_points": capitals(words.key_points, words.lang),
            "about": about(self.view.brief, words),
            "by": words.by,
            "pictures_missing": words.pictures_missing,
            "read_on_web": words.read_on_web,
            "unsubscribe": words.unsubscribe,
            "or": words.or_,
            "change": words.change,
            "why": self.view.why,
            "dir": words.dir,
            "start": "right" if words.dir == "rtl" else "left",
        }

    def head(self, preheader: str) -> dict[str, Any]:
        """What the masthead needs."""
        brief, text = self.view.brief, self.inliner.text
        brand = self.view.audience.brand
        date = long_date(brief.date, brief.lang).replace(" ", "\u00a0")
        kicker = " · ".join(capitals(part, brief.lang) for part in (brief.programme, date) if part)
        return {
            "title": text(brief.title),
            "preheader": text(preheader),
            "filler": _FILLER,
            "kicker": text(kicker),
            "standfirst": text(brief.standfirst),
            "bylines": [self.byline(author) for author in brief.authors],
            "wordmark": self.wordmark(brand.wordmark),
            "wordmark_dark": self.wordmark(brand.wordmark_dark),
            "sections": list(self.sections()),
        }

    def byline(self, author: Author) -> dict[str, Markup]:
        """An author; the organisation too, unless the foot names it."""
        name, about = byline(author, self.view)
        return {"name": self.inliner.text(name), "about": self.inliner.text(about)}

    def wordmark(self, file: str) -> dict[str, Any] | None:
        """A wordmark at half its pixels, since it is drawn for sharp screens."""
        picture = self.pictures.get(file) if file else None
        if picture is None:
            return None
        return {"src": self.src(picture), "width": picture.width_px // 2, "height": picture.height_px // 2}

    def src(self, picture: Picture) -> Markup:
        """The address of a picture."""
        return address(f"{self.picture_url}/{picture.name}")

    def tail(self) -> dict[str, Any]:
        """What the notes and the footer need."""
        brief, text = self.view.brief, self.inliner.text
        brand = self.view.audience.brand
        bodies = [(body.name, body.site) for body in brief.organisations]
        if brand.name not in dict(bodies):
            bodies.append((brand.name, brand.website))
        return {
            "notes": [{"number": note.number, "body": self.note(note)} for note in self.view.notes],
            "biographies": [self.biography(author) for author in brief.authors if author.biography],
            "read_next": [{"title": text(entry.title), "url": address(entry.url)} for entry in brief.read_next],
            "organisations": [{"name": text(name), **_site(site)} for name, site in bodies],
        }

    def biography(self, author: Author) -> dict[str, Any]:
        """Who an author is; most biographies begin with the name."""
        text = self.inliner.text
        is_named = author.biography.startswith(author.name)
        return {"name": text(author.name), "biography": text(author.biography), "is_named": is_named}

    def note(self, note: Note) -> Markup:
        """The text of a note; an Ibid with what it points to."""
        body = self.fragment(note.blocks)
        if not note.points_to:
            return body
        tail = Markup(" ({})").format(note.points_to)
        return Markup(body[:-4]) + tail + Markup("</p>") if body.endswith("</p>") else body + tail  # noqa: S704 - our own html

    # --- blocks ---------------------------------------------------------------------------------------------

    def sections(self) -> Iterator[Markup]:
        """The text in sections that do not grow too tall; a new one begins at a heading where that is possible.

        A section costs about 2 kB of html, so short ones are put together.
        """
        made: list[Markup] = []
        tall = 0
        for blocks in _together(self.view.blocks):
            height = sum(self.height(block) for block in blocks)
            is_heading = isinstance(blocks[0], Heading) and blocks[0].level == 2
            if made and (tall + height > SECTION_PX or (is_heading and tall > SECTION_PX // 2)):
                yield Markup("\n").join(made)
                made, tall = [], 0
            made.append(self.together(blocks))
            tall += height
        if made:
            yield Markup("\n").join(made)

    def fragment(self, blocks: Blocks) -> Markup:
        """Blocks as html."""
        return Markup("\n").join(self.together(group) for group in _together(blocks))

    def together(self, blocks: Blocks) -> Markup:
        """Blocks that stand side by side, or the one block."""
        if isinstance(blocks[0], Figure) and blocks[0].is_half:
            figures = [self.figure(block, HALF_PX) for block in blocks if isinstance(block, Figure)]
            return self.filled("half_figures", blocks[0], figures=figures)
        return self.block(blocks[0])

    def block(self, block: Block) -> Markup:
        """One block as html."""
        if isinstance(block, Paragraph):
            return self.filled("paragraph", block, text=self.inliner.run(block.inlines))
        if isinstance(block, Heading):
            return self.filled("heading", block, text=self.inliner.run(block.inlines))
        if isinstance(block, Listing):
            return self.filled("list", block, items=[self.item(item) for item in block.items])
        if isinstance(block, Table):
            head = [self.inliner.run(cell) for cell in block.head]
            rows = [[self.inliner.run(cell) for cell in row] for row in block.rows]
            return self.filled("table", block, head=head, rows=rows, aligns=block.aligns)
        if isinstance(block, Box):
            return self.filled(block.kind.replace("-", "_"), block, content=self.fragment(block.blocks))
        if isinstance(block, Figure):
            return self.figure(block, COLUMN_PX)
        return self.plain_block(block)

    def plain_block(self, block: Block) -> Markup:
        """One of the blocks without text of their own."""
        if isinstance(block, Button):
            return self.filled("button", block, text=self.inliner.text(block.words), href=address(block.href))
        if isinstance(block, CodeBlock):
            return self.filled("code", block, text=_code(block.text))
        if isinstance(block, Group):
            return self.filled(
                "group", block, content=self.fragment(block.blocks), speech=speech(block.lang, block.dir)
            )
        assert isinstance(block, Rule)
        return self.filled("rule", block)

    def item(self, blocks: Blocks) -> Markup:
        """An item of a list; a single paragraph stands without one of its own."""
        if blocks and isinstance(blocks[0], Paragraph):
            return self.inliner.run(blocks[0].inlines) + self.fragment(blocks[1:])
        return self.fragment(blocks)

    def figure(self, block: Figure, width: int) -> Markup:
        """A picture with caption and credit."""
        text = self.inliner.text
        picture = self.pictures.get(block.file)
        shown = _shown(picture, width) if picture else width
        return self.filled(
            "figure",
            block,
            src=self.src(picture) if picture else "",
            alt=text(block.alt),
            caption=text(block.caption),
            credit=text(block.credit),
            credit_line=text(self.view.words.photo.format(credit=block.credit)) if block.credit else "",
            width=shown,
            height=round(shown * picture.height_px / picture.width_px) if picture else 0,
        )

    def filled(self, template: str, block: Block, **values: Any) -> Markup:
        """A block's template filled."""
        where = f"the {type(block).__name__} in {self.view.brief.file}:{block.line}"
        return self.templates.render(
            f"blocks/{template}.html.j2", {**self.shared(), "block": block, **values}, block=where
        )

    def height(self, block: Block) -> int:
        """About how many pixels a block is tall at full width."""
        if isinstance(block, Figure):
            picture = self.pictures.get(block.file)
            width = HALF_PX if block.is_half else COLUMN_PX
            return 80 + (round(_shown(picture, width) * picture.height_px / picture.width_px) if picture else 200)
        return sum(_own_height(part) for part in walk((block,)))


def _shown(picture: Picture, width: int) -> int:
    """The width to show a picture at: never enlarged, and no taller than fits a screen."""
    return max(1, min(width, picture.width_px, SHOWN_HEIGHT_PX * picture.width_px // picture.height_px))


def about(brief: Brief, words: FrameWords) -> str:
    """The heading over the authors' biographies."""
    told = [author for author in brief.authors if author.biography]
    return words.about_author if len(told) == 1 else words.about_authors


def capitals(text: str, lang: str) -> str:
    """The text in capitals, as its language writes them; merge tokens stay as typed.

    Mail programs do not agree on CSS's text-transform, so the letters themselves are capitals.
    """
    special = _CAPITALS.get(lang.split("-")[0].lower(), {}) | {"ß": "ẞ"}
    return "".join(
        piece.token if isinstance(piece, Field) else "".join(special.get(c, c.upper()) for c in piece)
        for piece in split(text)
    )


def _own_height(block: Block) -> int:
    characters = [len(plain(inlines)) for inlines in inlines_of(block)]
    if isinstance(block, Table):
        return 45 * (len(block.rows) + 1) + sum(characters) // 4
    if isinstance(block, CodeBlock):
        return 40 + 21 * (block.text.count("\n") + 1)
    return 18 + sum(27 * -(-count // 75) for count in characters)


def _together(blocks: Blocks) -> Iterator[Blocks]:
    """Blocks one by one, but two half Figures that follow each other together."""
    at = 0
    while at < len(blocks):
        pair = blocks[at : at + 2]
        size = 2 if len(pair) == 2 and all(isinstance(block, Figure) and block.is_half for block in pair) else 1
        yield blocks[at : at + size]
        at += size


def _site(site: str) -> dict[str, Markup]:
    """The address of an organisation's site, and the words to show for it."""
    url = site if "://" in site or not site else f"https://{site}"
    return {"href": address(url), "host": escaped(host(url))}


def _code(text: str) -> Markup:
    """Lines of code: every line end as a reference, since <pre> keeps them."""
    from dispatch.compose.escape import literal

    return Markup("&#10;").join(literal(line) for line in text.split("\n"))
