"""The manners in which people type one brief: twelve of .docx, six of plain text."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from xml.sax.saxutils import escape

from PIL import Image

from tests.authoring.briefs import Written

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
_STYLES = {
    "Title": '<w:rPr><w:sz w:val="56"/></w:rPr>',
    "Subtitle": '<w:rPr><w:sz w:val="28"/></w:rPr>',
    "Heading1": '<w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="32"/></w:rPr>',
    "Heading2": '<w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="26"/></w:rPr>',
    "Caption": '<w:rPr><w:i/><w:sz w:val="18"/></w:rPr>',
    "Quote": "<w:rPr><w:i/></w:rPr>",
    "Author": "",
    "Date": "",
}
_NAMES = {"Heading1": "heading 1", "Heading2": "heading 2"}


@lru_cache(maxsize=1)
def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (90, 120, 150)).save(file, "PNG")
    return file.getvalue()


def run(text: str, look: str = "") -> str:
    """One run; newlines become breaks, tabs become tabs."""
    parts = "<w:br/>".join(
        "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(piece)}</w:t>' for piece in line.split("\t"))
        for line in text.split("\n")
    )
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{parts}</w:r>"


def p(text: str = "", look: str = "", style: str = "", more: str = "", around: str = "") -> str:
    """One paragraph: `look` for its run, `more` for its properties, `around` for other XML after the run."""
    properties = (f'<w:pStyle w:val="{style}"/>' if style else "") + more
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{run(text, look) if text else ''}{around}</w:p>"


BOLD, ITALIC, CENTRE = "<w:b/>", "<w:i/>", '<w:jc w:val="center"/>'


def size(points: float) -> str:
    return f'<w:sz w:val="{int(points * 2)}"/>'


def picture(number: int) -> str:
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="{number}" name="Picture {number}"/><a:graphic><a:graphicData>'
        f'<pic:pic><pic:blipFill><a:blip r:embed="img{number}"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline>"
        "</w:drawing></w:r>"
    )


def footnote(number: int) -> str:
    return f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{number}"/></w:r>'


def box(inner: str) -> str:
    return (
        "<w:r><w:drawing><wp:anchor><wp:docPr/><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent>"
        f"{inner}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )


def table(rows: list[list[str]]) -> str:
    cells = "".join(f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in row)}</w:tr>" for row in rows)
    return f"<w:tbl>{cells}</w:tbl>"


@dataclass
class Docx:
    """A .docx under way."""

    body: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    notes_are: str = "footnote"
    has_list: bool = False

    def add(self, *paragraphs: str) -> None:
        self.body.extend(paragraphs)

    def packed(self) -> bytes:
        document = f"<w:document {_NAMESPACES}><w:body>{''.join(self.body)}</w:body></w:document>"
        styles = "".join(
            f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{_NAMES.get(name, name)}"/>{look}</w:style>'
            for name, look in _STYLES.items()
        )
        kind = self.notes_are
        notes = "".join(f'<w:{kind} w:id="{n}">{p(text)}</w:{kind}>' for n, text in enumerate(self.notes, start=1))
        parts = {
            "word/document.xml": document,
            "word/styles.xml": f"<w:styles {_NAMESPACES}><w:docDefaults><w:rPrDefault><w:rPr>{size(11)}</w:rPr>"
            f"</w:rPrDefault></w:docDefaults>{styles}</w:styles>",
            "word/numbering.xml": f'<w:numbering {_NAMESPACES}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
            '<w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
            "</w:numbering>",
            f"word/{kind}s.xml": f"<w:{kind}s {_NAMESPACES}>{notes}</w:{kind}s>",
            "word/_rels/document.xml.rels": _relations(kind),
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            for name, text in parts.items():
                made.writestr(name, text)
            for number in (1, 2):
                made.writestr(f"word/media/{number}.png", _png())
        return file.getvalue()


def _relations(kind: str) -> str:
    lines = [("styles", "styles", "styles.xml"), ("numbering", "numbering", "numbering.xml")]
    lines += [("notes", f"{kind}s", f"{kind}s.xml"), ("img1", "image", "media/1.png"), ("img2", "image", "media/2.png")]
    inside = "".join(f'<Relationship Id="{name}" Type="{R}/{what}" Target="{target}"/>' for name, what, target in lines)
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'
    )


# --- the order of things ----------------------------------------------------------------------------------------------

#: kinds of items: heading, paragraph (its note, 0 for none), point, quote, figure
Item = tuple[str, str, int]


def items(brief: Written) -> Iterator[Item]:
    """The text in its order: notes 1 to 4 end some paragraphs, the figures and the list stand between."""
    note = 0
    for number, (heading, paragraphs) in enumerate(brief.sections):
        yield "heading", heading, 0
        for at, text in enumerate(paragraphs):
            calls = at in (0, 2) and note < len(brief.notes)
            note += calls
            yield "paragraph", text, note if calls else 0
            if at == 1 and number < 2:
                yield "figure", "", number + 1
        if number == 1:
            yield "quote", brief.quote, 0
        if number == 2:
            yield from (("point", point, 0) for point in brief.points)


def typed_date(brief: Written, form: int) -> str:
    """The date in one of the usual forms."""
    day = brief.date
    forms = (
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%B} {day.year}",
        day.isoformat(),
        f"{day:%A}, {day:%B} {day.day}, {day.year}",
    )
    return forms[form % len(forms)]


def bylines(brief: Written, form: int) -> list[str]:
    """The authors in one of the usual forms, line by line; every form names all that the brief knows of them."""
    one_role = len({author[1:] for author in brief.authors}) == 1
    full = [", ".join(filter(None, author)) for author in brief.authors]
    names = " and ".join(author[0] for author in brief.authors)
    _, role, organisation = brief.authors[0]
    stacked = [line for author in brief.authors for line in filter(None, author)]
    under = [names, *filter(None, (role, organisation))] if one_role else stacked
    forms = (
        ["; ".join(full)],
        full,
        stacked,
        [f"By {under[0]}", *under[1:]],
        under,
        [" and ".join(f"{name} ({', '.join(filter(None, (r, o)))})" for name, r, o in brief.authors)],
        [" – ".join(filter(None, author)) for author in brief.authors],
        [f"By {line}" if not at else line for at, line in enumerate(full)],
        ["Author: " + full[0] if len(full) == 1 else "Authors: " + "; ".join(full)],
        [" | ".join(filter(None, author)) for author in brief.authors],
    )
    return forms[form % len(forms)]


# --- twelve manners of .docx ------------------------------------------------------------------------------------------

Paragraph = Callable[[str, str], str]


def _text(
    made: Docx, brief: Written, heading: Paragraph, figure: Callable[[int, str, str], list[str]], **ways: str
) -> None:
    notes = ways.get("notes", "word")
    made.notes = list(brief.notes) if notes == "word" else []
    look = ways.get("look", "")
    for kind, text, number in items(brief):
        if kind == "heading":
            made.add(heading(text, ""))
        elif kind == "paragraph":
            mark = ""
            if number:
                raised = f'{look}<w:vertAlign w:val="superscript"/>'
                mark = footnote(number) if notes == "word" else run(str(number), raised)
            if number and made.notes_are == "endnote":
                mark = mark.replace("footnote", "endnote")
            made.add(p(text, look, around=mark))
        elif kind == "figure":
            made.add(*figure(number, *brief.figures[number - 1]))
        elif kind == "quote":
            made.add(
                p(
                    text,
                    ITALIC if ways.get("quote") else "",
                    "" if ways.get("quote") else "Quote",
                    '<w:ind w:left="720" w:right="720"/>' if ways.get("quote") else "",
                )
            )
        else:
            sign = ways.get("bullet", "")
            numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
            made.add(p(f"{sign}{text}", look) if sign else p(text, look, more=numbered))
    if notes == "typed":
        made.add(heading("Notes", ""))
        made.add(
            *(
                p(f" {text}", look, around="").replace(
                    "<w:r>", run(str(n), '<w:vertAlign w:val="superscript"/>') + "<w:r>", 1
                )
                for n, text in enumerate(brief.notes, 1)
            )
        )
    if notes == "bracketed":
        made.add(heading("Notes", ""), *(p(f"[{n}] {text}", look) for n, text in enumerate(brief.notes, 1)))
    made.add(p(brief.biography, look or ITALIC if ways.get("bio") == "italic" else look))


def _below(number: int, caption: str, credit: str, style: str = "Caption", look: str = "", more: str = "") -> list[str]:
    return [p(around=picture(number)), p(caption, look, style, more), p(f"Photo: {credit}", look, style, more)]


def word_styles(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, style="Title"), p(brief.standfirst, style="Subtitle"), p(typed_date(brief, form)))
    made.add(*(p(line) for line in bylines(brief, form)))
    _text(made, brief, lambda t, _: p(t, style="Heading1"), _below)
    return made


def direct(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, BOLD + size(20), more=CENTRE), p(brief.standfirst, ITALIC, more=CENTRE))
    made.add(*(p(line, more=CENTRE) for line in bylines(brief, form)), p(typed_date(brief, form), more=CENTRE), p())

    def figure(n: int, c: str, credit: str) -> list[str]:
        return _below(n, c, credit, "", ITALIC, CENTRE)

    _text(made, brief, lambda t, _: p(t, BOLD), figure, bullet="• ", quote="set in")
    return made


def google_docs(brief: Written, form: int) -> Docx:
    look = '<w:rFonts w:ascii="Arial"/>' + size(11) + '<w:rtl w:val="0"/>'
    made = Docx()
    made.add(p(brief.title, '<w:rtl w:val="0"/>', "Title"), p(brief.standfirst, look, "Subtitle"))
    made.add(*(p(line, look) for line in (*bylines(brief, form), typed_date(brief, form))), p())

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(around=picture(n), more=CENTRE), p(f"{c} ({credit})", look + size(9), more=CENTRE)]

    _text(made, brief, lambda t, _: p(t, '<w:rtl w:val="0"/>', "Heading1"), figure, look=look)
    return made


def google_sizes(brief: Written, form: int) -> Docx:
    look = size(11)
    made = Docx()
    made.add(p(brief.title, size(26)), p(brief.standfirst, size(15)))
    made.add(*(p(line, look) for line in (*bylines(brief, form), typed_date(brief, form))), p())

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(around=picture(n)), p(f"{c}\n{credit}", look + ITALIC)]

    _text(made, brief, lambda t, _: p(t, size(16)), figure, look=look, bullet="- ", quote="set in")
    return made


def typed_notes(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, style="Title"), p(brief.standfirst, style="Subtitle"))
    made.add(*(p(line) for line in bylines(brief, form)), p(typed_date(brief, form)))
    _text(made, brief, lambda t, _: p(t, style="Heading1"), _below, notes="typed")
    return made


def captions_above(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, style="Heading1"), p(brief.standfirst, style="Subtitle"))
    made.add(*(p(line) for line in (typed_date(brief, form), *bylines(brief, form))))

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(c, style="Caption"), p(around=picture(n)), p(f"Source: {credit}", size(9))]

    _text(made, brief, lambda t, _: p(t, style="Heading2"), figure)
    return made


def photo_tables(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, BOLD + size(18)), p(brief.standfirst, ITALIC + size(13)))
    made.add(*(p(line) for line in (*bylines(brief, form), typed_date(brief, form))))

    def figure(number: int, caption: str, credit: str) -> list[str]:
        return [table([[p(around=picture(number))], [p(f"{caption} {credit}", size(9))]])]

    _text(made, brief, lambda t, _: p(t, BOLD + size(13)), figure, bullet="– ", quote="set in")
    return made


def text_boxes(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, style="Title"), p(brief.standfirst, style="Subtitle"))
    made.add(*(p(line) for line in (*bylines(brief, form), typed_date(brief, form))))

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(around=picture(n) + box(p(c) + p(f"Photo by {credit}")))]

    _text(made, brief, lambda t, _: p(t, style="Heading1"), figure)
    return made


def two_columns(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(
        p(brief.title, BOLD + size(22)), p(brief.standfirst, size(14)), p(f"Washington, DC, {typed_date(brief, 0)}")
    )
    made.add(*(p(line, BOLD) for line in bylines(brief, form)))
    made.add(p(more='<w:sectPr><w:cols w:num="1"/></w:sectPr>'))

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(around=picture(n)), p(f"{c} {credit}", ITALIC + size(9))]

    _text(made, brief, lambda t, _: p(t.upper(), BOLD), figure, bullet="• ", quote="set in")
    made.add('<w:sectPr><w:cols w:num="2"/></w:sectPr>')
    return made


def masthead(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p("The Harbour Policy Center", size(9)), p("POLICY BRIEF No. 14", BOLD), p(brief.title, style="Title"))
    made.add(
        p(brief.standfirst, style="Subtitle"), *(p(line) for line in bylines(brief, form)), p(typed_date(brief, form))
    )
    _text(made, brief, lambda t, _: p(t, style="Heading1"), _below, notes="bracketed")
    made.add(p("The Harbour Policy Center"), p("www.harbour-policy.example.org"))
    return made


def endnotes(brief: Written, form: int) -> Docx:
    made = Docx(notes_are="endnote")
    made.add(p(brief.title, style="Heading1"), p(brief.standfirst, ITALIC))
    made.add(*(p(line, style="Author") for line in bylines(brief, form)), p(typed_date(brief, form), style="Date"))

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [
            p(around=picture(n)),
            p(f"Figure {n}: {c}", style="Caption"),
            p(f"© {credit}", style="Caption"),
        ]

    _text(made, brief, lambda t, _: p(t, style="Heading2"), figure)
    return made


def soft_breaks(brief: Written, form: int) -> Docx:
    made = Docx()
    made.add(p(brief.title, BOLD + size(16)))
    made.add(p("\n".join([brief.standfirst, *bylines(brief, form), typed_date(brief, form)])))

    def figure(n: int, c: str, credit: str) -> list[str]:
        return [p(around=picture(n) + run(f"\n{c} Photo: {credit}", ITALIC))]

    _text(made, brief, lambda t, _: p(t, BOLD), figure, bullet="- ", quote="set in")
    return made


DOCX: dict[str, Callable[[Written, int], Docx]] = {
    manner.__name__: manner
    for manner in (
        *(word_styles, direct, google_docs, google_sizes, typed_notes, captions_above, photo_tables, text_boxes),
        *(two_columns, masthead, endnotes, soft_breaks),
    )
}

# --- six manners of plain text ----------------------------------------------------------------------------------------

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _plain(
    brief: Written, head: list[str], *, gap: str = "\n\n", mark: str = "[{}]", width: int = 0, bullet: str = "- "
) -> str:
    import textwrap

    def folded(text: str) -> str:
        return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)) if width else text

    def marked(number: int) -> str:
        return mark.format(number) if "[" in mark else str(number).translate(_RAISED)

    parts: list[str] = []
    points = [f"{bullet}{text}" for text in brief.points]
    for kind, text, number in items(brief):
        if kind == "paragraph":
            parts.append(folded(text + (marked(number) if number else "")))
        elif kind == "figure":
            caption, credit = brief.figures[number - 1]
            parts.append(f"{caption}{gap if gap == chr(10) * 2 else chr(10)}Photo: {credit}")
        elif kind == "quote":
            parts.append(f"> {text}")
        elif kind == "point":
            if points:
                parts.append("\n".join(points))
                points = []
        else:
            parts.append(text)
    notes = [f"{marked(n)} {text}" for n, text in enumerate(brief.notes, start=1)]
    return "\n".join(head) + "\n\n" + "\n\n".join([*parts, folded(brief.biography), "Notes", "\n".join(notes)]) + "\n"


def paragraphs_apart(brief: Written, form: int) -> bytes:
    head = "\n\n".join([brief.title, brief.standfirst, *bylines(brief, form), typed_date(brief, form)])
    return _plain(brief, [head]).encode()


def head_together(brief: Written, form: int) -> bytes:
    return _plain(brief, [brief.title, *bylines(brief, form), typed_date(brief, form)], mark="¹").encode()


def hard_wrapped(brief: Written, form: int) -> bytes:
    head = [brief.title, "", *bylines(brief, form), typed_date(brief, form)]
    return _plain(brief, head, width=72).encode()


def from_windows(brief: Written, form: int) -> bytes:
    head = [brief.title, "", typed_date(brief, form), "", *bylines(brief, form)]
    return _plain(brief, head, bullet="•\t").replace("\n", "\r\n").encode("utf-8-sig")


def date_first(brief: Written, form: int) -> bytes:
    head = [typed_date(brief, form), "", brief.title, "", *bylines(brief, form)]
    return _plain(brief, head, bullet="* ").encode()


def in_utf16(brief: Written, form: int) -> bytes:
    head = [brief.title, brief.standfirst, *bylines(brief, form), typed_date(brief, form)]
    return _plain(brief, head, mark="¹").encode("utf-16")


TEXT: dict[str, Callable[[Written, int], bytes]] = {
    manner.__name__: manner
    for manner in (paragraphs_apart, head_together, hard_wrapped, from_windows, date_first, in_utf16)
}
