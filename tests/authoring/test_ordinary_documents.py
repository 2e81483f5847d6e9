"""What people type and other programs write: nothing is refused, and nothing is lost without a word."""

from pathlib import Path

import pytest

from dispatch.authoring.import_document import ImportResult, import_document
from dispatch.errors import DocumentError
from tests.authoring.manners import BOLD, CENTRE, ITALIC, Docx, box, footnote, p, picture, run, size, table

PROSE = (
    "The agreement was signed in Astana on Friday after eleven months of talks, and it took most observers by "
    "surprise, because nobody had expected it."
)
HEAD = "Rails Across the Steppe\n\n19 September 2023\n\nAigerim Sadykova, Senior Fellow\n\n"
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def of_text(text: str, folder: Path, name: str = "a.txt") -> tuple[str, ImportResult]:
    source = folder / name
    source.write_text(text, "utf-8")
    result = import_document(source, [], folder / "out")
    return result.brief.read_text("utf-8"), result


def of_docx(folder: Path, *body: str, head: bool = True, notes: tuple[str, ...] = ()) -> tuple[str, ImportResult]:
    folder.mkdir(exist_ok=True)
    made = Docx(notes=list(notes))
    if head:
        made.add(p("Rails Across the Steppe", style="Title"), p("19 September 2023"), p("Ann Lee, Senior Fellow"))
    made.add(*body)
    source = folder / "a.docx"
    source.write_bytes(made.packed())
    result = import_document(source, [], folder / "out")
    return result.brief.read_text("utf-8"), result


def said(result: ImportResult) -> str:
    return "\n".join([*(left.words for left in result.left_out), *(remark.text for remark in result.look_at)])


def linked(words: str, instruction: str) -> str:
    sign = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    code = f"<w:r><w:instrText> {instruction} </w:instrText></w:r>"
    return sign.format("begin") + code + sign.format("separate") + run(words) + sign.format("end")


# --- lines that stand twice -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "Kevin Zhang, Senior Fellow\n\nJane Doe, Senior Fellow",
        "Kevin Zhang\nSenior Fellow\n\nJane Doe\nSenior Fellow",
        "Kevin Zhang, Director, The America-Eurasia Center\n\nThe America-Eurasia Center\nwww.eurasiacenter.org",
        "Kevin Zhang (Port Forum) and Jane Doe (Port Forum)",
    ],
)
def test_lines_that_stand_twice_are_no_reason_to_refuse_a_document(lines: str, tmp_path: Path) -> None:
    brief, _ = of_text(f"Rails Across the Steppe\n\n19 September 2023\n\n{lines}\n\n{PROSE}\n", tmp_path)
    assert 'name: "Kevin Zhang"' in brief


def test_a_masthead_that_is_also_the_authors_organisation_is_said_to_stand_twice(tmp_path: Path) -> None:
    text = f"The Steppe Center\n\nRails Across\n\nKevin Zhang\nDirector\nThe Steppe Center\n\n1 May 2023\n\n{PROSE}\n"
    brief, result = of_text(text, tmp_path)
    assert brief.count("The Steppe Center") == 1
    assert any("stands twice" in left.reason for left in result.left_out)


# --- what Word writes -------------------------------------------------------------------------------------------------


def test_a_formula_is_one_word_where_it_stands(tmp_path: Path) -> None:
    formula = (
        f"<m:oMath {MATH}><m:sSub><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sub><m:r><m:t>i</m:t></m:r></m:sub></m:sSub>"
    )
    parts = "<m:f><m:num><m:r><m:t>dQ</m:t></m:r></m:num><m:den><m:r><m:t>dP</m:t></m:r></m:den></m:f>"
    fraction = f"<m:oMath {MATH}>{parts}</m:oMath>"
    brief, result = of_docx(tmp_path, p(PROSE, around=f"{formula}</m:oMath>" + run(" and ") + fraction))
    assert "x_i and dQ/dP" in brief.replace("\\", "")
    assert "formula" in said(result)


def test_cells_under_a_merged_one_stay_under_their_column(tmp_path: Path) -> None:
    def row(first: str, *cells: str) -> str:
        merged = f"<w:tc><w:tcPr><w:vMerge{first}/></w:tcPr>{p(cells[0])}</w:tc>"
        return f"<w:tr>{merged}{''.join(f'<w:tc>{p(cell)}</w:tc>' for cell in cells[1:])}</w:tr>"

    before = (
        '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>' + f"<w:tc>{p('Alat')}</w:tc><w:tc>{p('12')}</w:tc></w:tr>"
    )
    rows = row(' w:val="restart"', "Region", "Port", "Tonnes") + row(' w:val="restart"', "Kazakhstan", "Aktau", "15")
    brief, result = of_docx(tmp_path, p(PROSE), f"<w:tbl>{rows}{row('', '', 'Kuryk', '6')}{before}</w:tbl>", p(PROSE))
    assert "|  | Kuryk | 6 |\n|  | Alat | 12 |" in brief
    assert "merged cells" in said(result)


@pytest.mark.parametrize(
    "heading", ["Oil / Gas", "Sanctions / Export Controls", "Credit: Who Lends", "Image: How Beijing Sees It"]
)
def test_a_heading_is_never_the_credit_of_the_paragraph_above_it(heading: str, tmp_path: Path) -> None:
    brief, _ = of_docx(tmp_path, p(PROSE), p(heading, style="Heading1"), p(PROSE))
    assert f"## {heading}" in brief
    assert "![" not in brief


@pytest.mark.parametrize(
    "line",
    [
        "© 2023 Caspian Policy Forum",
        "© 2023 Caspian Policy Forum. All rights reserved.",
        "Reuters reported the visit first.",
    ],
)
def test_a_line_that_only_looks_like_a_credit_makes_no_picture(line: str, tmp_path: Path) -> None:
    brief, _ = of_text(f"{HEAD}{PROSE}\n\n{PROSE}\n\n{line}\n", tmp_path)
    assert "![" not in brief


def test_pictures_at_the_title_and_in_notes_are_kept_or_said(tmp_path: Path) -> None:
    title = p("Rails Across the Steppe", style="Title", around=picture(1))
    brief, _ = of_docx(tmp_path, title, p("19 September 2023"), p("Ann Lee, Fellow"), p(PROSE), head=False)
    assert "![](images/" in brief


@pytest.mark.parametrize(
    "instruction",
    [
        'HYPERLINK "https://a.example.org/x"',
        'HYPERLINK "https://a.example.org/x" \\t "_blank"',
        'HYPERLINK "https://a.example.org/x" \\o "a tip"',
        'HYPERLINK \\o "a tip" "https://a.example.org/x"',
    ],
)
def test_a_link_field_keeps_its_address_whatever_its_switches(instruction: str, tmp_path: Path) -> None:
    simple = instruction.replace('"', "&quot;")
    brief, _ = of_docx(
        tmp_path,
        p("See ", around=linked("here", instruction)),
        p("Or ", around=f'<w:fldSimple w:instr="{simple}">{run("there")}</w:fldSimple>'),
        p(PROSE),
    )
    assert "[here](https://a.example.org/x)" in brief
    assert "[there](https://a.example.org/x)" in brief


def test_an_address_that_has_no_place_in_a_brief_is_said(tmp_path: Path) -> None:
    field = 'HYPERLINK "https://{}.example.org/"'
    title = p("", style="Title", around=linked("Rails Across", field.format("title")))
    author = p("", around=linked("Ann Lee, Senior Fellow", field.format("author")))
    caption = p("", style="Caption", around=linked("The quay.", field.format("caption")))
    _, result = of_docx(
        tmp_path, title, p("1 May 2023"), author, p(PROSE), p(around=picture(1)), caption, p(PROSE), head=False
    )
    for place in ("title", "author", "caption"):
        assert f"https://{place}.example.org/" in said(result)


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (("• one", "• two", "• three"), "- one\n- two\n- three"),
        (("– one", "– two"), "- one\n- two"),
        (("1. one", "2. two", "3) three"), "1. one\n2. two\n3. three"),
    ],
)
def test_a_list_that_was_typed_is_a_list(lines: tuple[str, ...], meant: str, tmp_path: Path) -> None:
    brief, _ = of_docx(tmp_path, p(PROSE), *map(p, lines))
    assert meant in brief


def test_a_drop_cap_belongs_to_its_word(tmp_path: Path) -> None:
    frame = '<w:framePr w:dropCap="drop" w:lines="3"/>'
    brief, _ = of_docx(tmp_path, p("T", size(40), more=frame), p(PROSE[1:]))
    assert PROSE in brief


@pytest.mark.parametrize(
    "body",
    [
        (p("The quay.", style="Caption"), p(around=picture(1)), p("Source: World Bank", size(9))),
        (p(around=picture(1)), p("The quay.", ITALIC), p("Source: World Bank", size(9))),
        (p(around=picture(1) + box(p("The quay.") + p("Photo: World Bank"))),),
        (table([[p(around=picture(1))], [p("The quay.") + p("Photo: World Bank")]]),),
        (p(around=picture(1), more=CENTRE), p("The quay. (World Bank / Reuters)", size(9))),
    ],
)
def test_caption_and_credit_are_found_wherever_they_stand(body: tuple[str, ...], tmp_path: Path) -> None:
    brief, _ = of_docx(tmp_path, p(PROSE), *body, p(PROSE))
    assert '"The quay."){credit="World Bank' in brief


def test_two_photos_side_by_side_keep_their_own_lines(tmp_path: Path) -> None:
    lines = [p("The port at dawn. Nurlan Bekov / Reuters"), p("The train at noon. Ivan Petrov / Sputnik")]
    brief, _ = of_docx(tmp_path, p(PROSE), table([[p(around=picture(1)), p(around=picture(2))], lines]), p(PROSE))
    assert '"The port at dawn."){credit="Nurlan Bekov / Reuters"}' in brief
    assert '"The train at noon."){credit="Ivan Petrov / Sputnik"}' in brief


def test_the_caption_of_a_table_is_no_heading(tmp_path: Path) -> None:
    rows = [[p("Port"), p("Tonnes")], [p("Aktau"), p("15")]]
    brief, _ = of_docx(tmp_path, p(PROSE), p("Table 1: Freight by port", BOLD), table(rows), p(PROSE))
    assert "# Table 1" not in brief


@pytest.mark.parametrize(
    "line",
    ["EMBARGOED UNTIL 20 SEPTEMBER 2023", "JEL: F51", "Contact: press office", "DOI 10.1000/182", "Astana, Kazakhstan"],
)
def test_the_last_line_of_the_head_is_no_heading_and_is_shown(line: str, tmp_path: Path) -> None:
    brief, result = of_text(f"{HEAD}{line}\n\n{PROSE}\n\n{PROSE}\n", tmp_path)
    assert f"# {line}" not in brief
    assert line in said(result)


def test_text_that_its_style_hides_is_not_published(tmp_path: Path) -> None:
    made = Docx()
    made.add(p("Rails", style="Title"), p("1 May 2023"), p("secret words", style="Hidden"), p(PROSE))
    data = made.packed()
    styles = (
        '<w:style w:type="paragraph" w:styleId="Hidden"><w:name w:val="Hidden"/><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</w:styles>", styles.encode() + b"</w:styles>"))
    source = tmp_path / "a.docx"
    source.write_bytes(file.getvalue())
    result = import_document(source, [], tmp_path / "out")
    assert "secret" not in result.brief.read_text("utf-8")
    assert "secret words" in said(result)


def test_headings_that_differ_in_size_only_keep_their_levels(tmp_path: Path) -> None:
    body = []
    for number in (1, 2):
        body += [
            p(f"Part {number} of it", size(18)),
            p("A smaller heading", size(14)),
            p(PROSE),
            p("Another one", size(14)),
            p(PROSE),
        ]
    brief, _ = of_docx(tmp_path, p(PROSE), *body)
    assert "## Part 1 of it\n\n### A smaller heading" in brief


def test_numbers_that_leave_a_gap_are_shown_as_they_were_typed(tmp_path: Path) -> None:
    brief, _ = of_text(f"{HEAD}{PROSE}\n\n1. one\n3. three\n4. four\n", tmp_path)
    assert "1. one\n3) three\n4) four" in brief


# --- the title --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Reforming the UN Security Council",
        "A Bank for the Steppe",
        "By Land and by Sea: The New Routes",
        "The University as Exporter",
    ],
)
def test_a_role_line_is_never_the_title(title: str, tmp_path: Path) -> None:
    text = f"{title}\n\n19 September 2023\n\nAigerim Sadykova, Senior Fellow\n\n{PROSE}\n\nBackground\n\n{PROSE}\n"
    brief, _ = of_text(text, tmp_path)
    assert f'title: "{title}"' in brief
    assert 'name: "Aigerim Sadykova"' in brief


def test_a_heading_below_the_text_is_no_title(tmp_path: Path) -> None:
    body = (
        p("Rails Across", BOLD + size(16)),
        p("1 May 2023"),
        p(PROSE),
        p(PROSE),
        p("Conclusion", style="Heading1"),
        p(PROSE),
    )
    brief, _ = of_docx(tmp_path, *body, head=False)
    assert 'title: "Rails Across"' in brief
    assert "## Conclusion" in brief


def test_a_head_without_empty_lines_is_read_line_by_line(tmp_path: Path) -> None:
    brief, _ = of_text(f"Rails Across\nAigerim Sadykova, Senior Fellow\n19 September 2023\n\n{PROSE}\n", tmp_path)
    assert brief.startswith('---\ntitle: "Rails Across"\ndate: 2023-09-19\nauthors:\n  - name: "Aigerim Sadykova"')


# --- the date ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        *(
            "19-Sep-2023",
            "Washington, DC, September 19, 2023",
            "Policy Brief | September 19, 2023",
            "Updated 19 September 2023",
        ),
        *(
            "19 Eylül 2023",
            "19 בספטמבר 2023",
            "19 سبتمبر/أيلول 2023",
            "By Ann Lee | September 19, 2023",
            "Астана, 19 сентября 2023 г.",
        ),
    ],
)
def test_a_date_is_read_in_every_usual_form(line: str, tmp_path: Path) -> None:
    brief, _ = of_text(f"Rails Across the Steppe\n\n{line}\n\n{PROSE}\n", tmp_path)
    assert "\ndate: 2023-09-19\n" in brief


def test_a_date_is_never_guessed(tmp_path: Path) -> None:
    brief, result = of_text(f"Rails Across the Steppe\n\nBy Ann Lee\n\n{PROSE}\n", tmp_path)
    assert "date:" not in brief
    assert result.slug == "rails-across-the-steppe"
    assert "No date was found" in said(result)


def test_an_author_who_was_guessed_is_marked_as_a_guess(tmp_path: Path) -> None:
    _, result = of_text(f"Rails Across the Steppe\n\nAnn Lee\n\n1 May 2023\n\n{PROSE}\n", tmp_path)
    assert "The author is a guess" in said(result)


def test_what_a_line_was_taken_for_is_explained(tmp_path: Path) -> None:
    _, result = of_text(HEAD + PROSE, tmp_path)
    roles = {words: decision.role for _, words, decision in result.decisions}
    assert roles["Aigerim Sadykova, Senior Fellow"] == "author"
    assert roles["19 September 2023"] == "date"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "start", "what"),
    [
        ("a.rtf", b"{\\rtf1", "Rich Text"),
        ("a.txt", b"{\\rtf1\\ansi", "Rich Text"),
        ("a.odt", b"PK", "OpenDocument"),
        ("a.docx", b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.text", "OpenDocument"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "old Word"),
        ("a.pages", b"PK", "Pages"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.txt", b"%PDF-1.7", "PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_what_to_do(
    name: str, start: bytes, what: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(start)
    with pytest.raises(DocumentError) as caught:
        import_document(tmp_path / name, [], tmp_path / "out")
    assert what in caught.value.what
    assert len(caught.value.lines()) == 3


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.docx")
    (tmp_path / "b.txt").symlink_to("/dev/zero")
    for name in ("a.docx", "b.txt"):
        with pytest.raises(DocumentError, match="not a file"):
            import_document(tmp_path / name, [], tmp_path / "out")


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("cp1251", "Вода и война"),
        ("gb18030", "水与战争的未来"),
        ("cp1252", "L’été à Évian"),
        ("utf-16", "Rails"),
        ("utf-32", "Rails"),
    ],
)
def test_older_encodings_are_told_apart(encoding: str, title: str, tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(f"{title}\n\n2023-09-19\n\n{title} {title}.\n".encode(encoding))
    assert f'title: "{title}"' in import_document(source, [], tmp_path / "out").brief.read_text("utf-8")


def test_one_bad_byte_does_not_spoil_a_file(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    words = "Şükrü için köprü açıldı, ve herkes gördü. " * 4
    source.write_bytes(f"Köprü\n\n2023-09-19\n\n{words}".encode() + b"\xff" + words.encode())
    brief = import_document(source, [], tmp_path / "out").brief.read_text("utf-8")
    assert "köprü açıldı" in brief


def test_a_markdown_file_is_taken_in_with_its_front_matter(tmp_path: Path) -> None:
    text = (
        "---\ntitle: The Corridor\ndate: 19 September 2023\nauthor: Ann Lee\ntags: [rail]\n---\n\n# The Corridor\n\n"
        f"{PROSE}[^1] See [this](https://a.example.org/x).\n\n## Costs\n\n1. one\n2. two\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "> quoted\n\n[^1]: A note.\n"
    )
    brief, result = of_text(text, tmp_path, "a.md")
    assert brief.startswith('---\ntitle: "The Corridor"\ndate: 2023-09-19\nauthors:\n  - name: "Ann Lee"\n---\n')
    for part in (
        "[this](https://a.example.org/x)",
        "## Costs",
        "1. one\n2. two",
        "| 1 | 2 |",
        "> quoted",
        "[^1]: A note.",
    ):
        assert part in brief
    assert "rail" in said(result)


def test_a_note_on_an_authors_name_becomes_the_biography(tmp_path: Path) -> None:
    body = (p("Rails", style="Title"), p("Ann Lee", around=footnote(1)), p("1 May 2023"), p(PROSE, around=footnote(2)))
    brief, _ = of_docx(tmp_path, *body, head=False, notes=("Ann Lee is a fellow of the Port Forum.", "A source."))
    assert 'biography: "Ann Lee is a fellow of the Port Forum."' in brief
    assert "[^1]: A source." in brief


# --- what Word has and Markdown has not -------------------------------------------------------------------------------


def test_a_paragraph_from_right_to_left_says_so(tmp_path: Path) -> None:
    arabic = "قال المسؤولون في العاصمة إن الاتفاق لم يوقع بعد، وإن المحادثات مستمرة."
    brief, _ = of_docx(tmp_path, p(PROSE), p(PROSE), p(PROSE), p(PROSE), p(arabic, more="<w:bidi/>"), p(PROSE))
    assert f"{{lang=ar dir=rtl}}\n{arabic}" in brief


def test_lists_and_tables_in_cells_keep_their_signs_and_are_said(tmp_path: Path) -> None:
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    cells = [[p("Region"), p("Ports")], [p("West"), p("Aktau", more=numbered) + p("Kuryk", more=numbered)]]
    brief, _ = of_docx(tmp_path, p(PROSE), table(cells), p(PROSE))
    assert "| West | • Aktau • Kuryk |" in brief
    inner = table([[p("a"), p("b")], [p("c"), p("d")]])
    _, result = of_docx(tmp_path / "x", p(PROSE), table([[p("1"), p("2")], [p("3"), inner]]), p(PROSE))
    assert "inside a table" in said(result)


def test_a_table_with_a_picture_in_it_stays_a_table(tmp_path: Path) -> None:
    rows = [[p("Port"), p("Tonnes"), p("Flag")], *([p(f"Port {n}"), p(f"{n}0"), p("")] for n in range(4))]
    rows[1][2] = p(around=picture(1))
    brief, result = of_docx(tmp_path, p(PROSE), table(rows), p(PROSE))
    assert "| Port 0 | 00 |  |" in brief
    assert "![](images/" in brief
    assert "pictures in it" in said(result)


def test_letters_of_a_list_stay_as_the_text_names_them(tmp_path: Path) -> None:
    from lxml import etree

    from dispatch.authoring.docx.styles import Numbering, Styles

    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    root = etree.fromstring(
        f'<w:numbering xmlns:w="{space}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt '
        'w:val="lowerLetter"/><w:lvlText w:val="(%1)"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="upperRoman"/>'
        '<w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        "</w:numbering>"
    )
    numbering = Numbering.read(root, Styles())
    items = [
        numbering.next(
            etree.fromstring(
                f'<w:pPr xmlns:w="{space}"><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
            ),
            "",
        )
        for level in (0, 0, 1, 1)
    ]
    assert [item.label for item in items if item] == ["(a)", "(b)", "b.I", "b.II"]


def test_rows_that_were_typed_with_tabs_are_a_table(tmp_path: Path) -> None:
    brief, _ = of_docx(tmp_path, p(PROSE), p("Port\tTonnes"), p("Aktau\t15"), p("Kuryk\t6"), p(PROSE))
    assert "| Port | Tonnes |\n| --- | --- |\n| Aktau | 15 |\n| Kuryk | 6 |" in brief


def test_word_art_is_said(tmp_path: Path) -> None:
    shape = '<v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath string="Big Words"/></v:shape>'
    art = f"<w:r><w:pict>{shape}</w:pict></w:r>"
    _, result = of_docx(tmp_path, p(PROSE, around=art))
    assert "Big Words" in said(result)


def test_a_line_of_colons_is_no_block(tmp_path: Path) -> None:
    from dispatch.compose.parse import parse

    brief, _ = of_text(f"{HEAD}{PROSE}\n\n::: note\n\n{PROSE}\n", tmp_path)
    assert "\\::: note" in brief
    assert [f.code for f in parse(brief, slug="a", file="brief.md").findings if f.code.startswith("container")] == []
