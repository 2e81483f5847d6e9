"""A .docx is hostile until it is shown to be harmless."""

import io
import re
import socket
import zipfile
from collections.abc import Mapping
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.authoring.document import SourceParagraph, SourceTable
from dispatch.authoring.docx import archive
from dispatch.authoring.docx.read import read_word
from dispatch.errors import DocumentError

DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def made(body: str, *, head: str = "", parts: Mapping[str, bytes | str] | None = None) -> bytes:
    """A .docx with the given XML in its body, and other parts next to it."""
    document = f'<?xml version="1.0" encoding="UTF-8"?>{head}<w:document {W} {R}><w:body>{body}</w:body></w:document>'
    return packed({"word/document.xml": document, **(parts or {})})


def packed(parts: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return file.getvalue()


def text(words: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{words}</w:t></w:r></w:p>'


def refusal(data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_word(data, "a.docx")
    assert len(caught.value.lines()) == 3
    return caught.value


# --- bombs and other harm ---------------------------------------------------------------------------------------------


def test_a_part_that_unpacks_to_hundreds_of_times_its_size_is_refused() -> None:
    bomb = made(text("x"), parts={"word/media/image1.png": b"\0" * 30_000_000})
    assert "zip bomb" in refusal(bomb).what


def test_more_bytes_than_a_brief_can_have_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000)
    assert "unpacked it has more than" in refusal(made(text("x" * 2_000))).what


def test_a_zip_of_thousands_of_files_is_refused() -> None:
    many = made(text("x"), parts={f"word/media/{n}.png": b"" for n in range(2_100)})
    assert "more than 2,000 files" in refusal(many).what


def test_two_parts_of_one_name_are_refused() -> None:
    file = io.BytesIO(made(text("harmless")))
    with zipfile.ZipFile(file, "a") as twice, pytest.warns(UserWarning, match="Duplicate"):
        twice.writestr("word/document.xml", "<other/>")
    assert "two files of one name" in refusal(file.getvalue()).what


@pytest.mark.parametrize("levels", [archive.MAX_DEPTH // 3, 200, 5_000])
def test_nesting_deeper_than_any_word_processor_writes_is_refused(levels: int) -> None:
    deep = "<w:tbl><w:tr><w:tc>" * levels + text("x" * 90) + "</w:tc></w:tr></w:tbl>" * levels
    assert "nested more than" in refusal(made(deep)).what


def test_nesting_at_the_bound_is_read() -> None:
    levels = (archive.MAX_DEPTH - 6) // 3
    deep = "<w:tbl><w:tr><w:tc>" * levels + text("innermost") + "</w:tc></w:tr></w:tbl>" * levels
    assert "innermost" in read_word(made(deep), "a.docx").source


def test_more_elements_than_a_brief_can_have_are_refused() -> None:
    body = f"<w:document {W}><w:body>{'<w:p/>' * archive.MAX_ELEMENTS}</w:body></w:document>"
    assert "elements" in refusal(packed({"word/document.xml": body}, zipfile.ZIP_STORED)).what


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE w:document SYSTEM "http://127.0.0.1:9/evil.dtd">',
    ],
)
def test_a_document_type_is_refused_so_that_no_entity_is_ever_opened(head: str) -> None:
    entity = "&x;" if "ENTITY x" in head else "x"
    assert "document type" in refusal(made(text(entity), head=head)).what


def test_nothing_outside_the_file_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the import opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    rels = (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="r1" Type="{OFFICE}/image" Target="http://127.0.0.1:9/x.png" TargetMode="External"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/attachedTemplate" '
        f'Target="http://127.0.0.1:9/x.dotm" TargetMode="External"/>'
        f'<Relationship Id="r3" Type="{OFFICE}/image" Target="../../../../etc/passwd"/></Relationships>'
    )
    blip = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    body = text("before") + "".join(
        f'<w:p><w:r><w:drawing><a:blip {blip} r:{kind}="{relation}"/></w:drawing></w:r></w:p>'
        for kind, relation in (("link", "r1"), ("embed", "r1"), ("embed", "r3"))
    )
    document = read_word(made(body, parts={"word/_rels/document.xml.rels": rels}), "a.docx")
    said = " ".join(remark.text for remark in document.look_at)
    assert document.pictures == []
    assert said.count("was not fetched") == 2
    assert "etc/passwd" in said


def test_links_that_mail_must_not_carry_lose_their_target_and_keep_their_words() -> None:
    rels = (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="r1" Type="{OFFICE}/hyperlink" Target="javascript:alert(1)" TargetMode="External"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/hyperlink" Target="file:///C:/secret.txt" TargetMode="External"/>'
        f'<Relationship Id="r3" Type="{OFFICE}/hyperlink" Target="https://example.org/" TargetMode="External"/>'
        "</Relationships>"
    )
    run = '<w:hyperlink r:id="{}"><w:r><w:t>here {}</w:t></w:r></w:hyperlink>'
    body = "<w:p>" + "".join(run.format(f"r{n}", n) for n in (1, 2, 3, 4)) + "</w:p>"
    document = read_word(made(body, parts={"word/_rels/document.xml.rels": rels}), "a.docx")
    (paragraph,) = document.blocks
    assert isinstance(paragraph, SourceParagraph)
    assert paragraph.text == "here 1here 2here 3here 4"
    assert {span.link for span in paragraph.spans} == {"", "https://example.org/"}
    assert sum("link was taken away" in remark.text for remark in document.look_at) == 2


def test_a_link_that_a_field_makes_is_held_to_the_same_rule() -> None:
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPERLINK "{}" </w:instrText></w:r>'
        "<w:r><w:fldChar "
        'w:fldCharType="separate"/></w:r><w:r><w:t>{}</w:t></w:r><w:r><w:fldChar '
        'w:fldCharType="end"/></w:r>'
    )
    body = (
        "<w:p>" + field.format("javascript:alert(1)", "bad") + field.format("https://example.org/", "good") + "</w:p>"
    )
    (paragraph,) = read_word(made(body), "a.docx").blocks
    assert isinstance(paragraph, SourceParagraph)
    assert [(span.text, span.link) for span in paragraph.spans if span.text] == [
        ("bad", ""),
        ("good", "https://example.org/"),
    ]


# --- broken and foreign files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "no .docx"),
        (b"PK\x03\x04 not a zip", "no .docx"),
        (b"\xd0\xcf\x11\xe0 old", "old .doc"),
        (packed({"xl/workbook.xml": "<workbook/>"}), "holds no document"),
        (packed({"word/document.xml": "<w:document"}), "no well-formed XML"),
        (
            made('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="many"/></w:tcPr></w:tc></w:tr></w:tbl>'),
            "makes no sense",
        ),
    ],
)
def test_a_file_that_is_no_sound_document_is_refused_in_three_lines(data: bytes, what: str) -> None:
    assert what in refusal(data).what


def test_a_locked_document_is_named_as_such() -> None:
    data = bytearray(made(text("x")))
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[start] |= 1
    assert "password" in refusal(bytes(data)).what


def test_a_picture_that_is_none_is_left_out_and_said() -> None:
    source = (DOCUMENTS / "pictures.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(source)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["word/media/image1.jpg"] = b"<script>"
    parts["word/media/image2.png"] = b"\x01\x00\x00\x00 EMF"
    document = read_word(packed(parts), "a.docx")
    said = " ".join(remark.text for remark in document.look_at)
    assert "image1.jpg) was left out. This file is no picture" in said
    assert "image2.png) was left out. This picture is a drawing (EMF)" in said
    assert len(document.pictures) == 3


@given(st.data())
def test_a_document_damaged_anywhere_raises_nothing_but_its_own_error(data: st.DataObject) -> None:
    source = (DOCUMENTS / data.draw(st.sampled_from(["footnotes.docx", "arabic.docx", "tracked.docx"]))).read_bytes()
    with zipfile.ZipFile(io.BytesIO(source)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = data.draw(st.sampled_from([name for name in parts if name.startswith("word/") or name.endswith(".rels")]))
    part = parts[name]
    start = data.draw(st.integers(0, max(0, len(part) - 1)))
    end = data.draw(st.integers(start, min(len(part), start + 60)))
    parts[name] = (
        part[:start] + data.draw(st.sampled_from([b"", b"0", b"<", b'"', b"-1", part[start:end] * 2])) + part[end:]
    )
    try:
        read_word(packed(parts), "a.docx")
    except DocumentError:
        return


@given(st.binary(max_size=40), st.integers(0, 6_000))
def test_a_zip_damaged_anywhere_raises_nothing_but_its_own_error(damage: bytes, at: int) -> None:
    source = (DOCUMENTS / "footnotes.docx").read_bytes()
    try:
        read_word(source[:at] + damage + source[at + len(damage) :], "a.docx")
    except DocumentError:
        return


# --- what Word writes that few think of -------------------------------------------------------------------------------


def test_what_stands_in_wrappers_is_read() -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:p><w:smartTag>{run.format('one ')}</w:smartTag><w:customXml>{run.format('two ')}</w:customXml>"
        f"<w:sdt><w:sdtPr/><w:sdtContent>{run.format('three ')}</w:sdtContent></w:sdt>"
        f'<w:fldSimple w:instr="SEQ Figure">{run.format("four ")}</w:fldSimple><w:bdo>{run.format("five ")}</w:bdo>'
        "<w:ruby><w:rubyPr/><w:rt><w:r><w:t>kana</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>kanji</w:t></w:r></w:rubyBase></w:ruby></w:p>"
    )
    document = read_word(made(body), "a.docx")
    (paragraph,) = document.blocks
    assert isinstance(paragraph, SourceParagraph)
    assert paragraph.text == "one two three four five kanji (kana)"


def test_a_formula_is_written_out_and_said() -> None:
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    body = f"<w:p><w:r><w:t>So </w:t></w:r><m:oMath {math}><m:r><m:t>E=mc</m:t></m:r></m:oMath></w:p>"
    document = read_word(made(body), "a.docx")
    assert "E=mc" in "".join(block.text for block in document.blocks if isinstance(block, SourceParagraph))
    assert any("formula" in remark.text for remark in document.look_at)


def test_a_table_that_only_places_things_is_opened() -> None:
    body = f"<w:tbl><w:tr><w:tc>{text('key point one')}{text('key point two')}</w:tc></w:tr></w:tbl>"
    blocks = read_word(made(body), "a.docx").blocks
    assert [block.text for block in blocks if isinstance(block, SourceParagraph)] == ["key point one", "key point two"]
    assert not any(isinstance(block, SourceTable) for block in blocks)


def test_the_words_of_a_chart_are_said_to_be_left_out() -> None:
    named = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    chart = f"<c:chartSpace {named}><c:v>Tons 2023</c:v></c:chartSpace>"
    relation = f'<Relationship Id="c1" Type="{OFFICE}/chart" Target="charts/chart1.xml"/>'
    rels = f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>'
    drawing = f'<c:chart {named} r:id="c1"/>'
    body = text("Before.") + f"<w:p><w:r><w:drawing>{drawing}</w:drawing></w:r></w:p>"
    parts = {"word/_rels/document.xml.rels": rels, "word/charts/chart1.xml": chart}
    document = read_word(made(body, parts=parts), "a.docx")
    assert [left.words for left in document.left_out] == ["Tons 2023"]
    assert "Tons 2023" in document.source


def test_hidden_and_deleted_words_belong_to_the_source() -> None:
    document = read_word((DOCUMENTS / "tracked.docx").read_bytes(), "a.docx")
    for words in ("two weeks", "Nobody should read this aside.", "Source for the number?", "not for circulation"):
        assert words in document.source
        assert any(words in left.words for left in document.left_out)


# --- time -------------------------------------------------------------------------------------------------------------


def thirty_pages() -> bytes:
    """About 15,000 words in 300 paragraphs with headings, lists, a table and emphasis."""
    document = docx.Document()
    document.add_paragraph("A Long Report", style="Title")
    for page in range(30):
        document.add_paragraph(f"Part {page + 1}", style="Heading 1")
        for number in range(9):
            paragraph = document.add_paragraph(
                f"Paragraph {number} of part {page}. " + "Words that fill the page go on. " * 7
            )
            paragraph.add_run("Some are bold").bold = True
            paragraph.add_run(" and some are not, as in any report that was written by several hands over a summer.")
        document.add_paragraph("An item", style="List Bullet")
        table = document.add_table(rows=3, cols=4)
        for cell in table._cells:
            cell.text = "4,000"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_document_of_thirty_pages_is_read(tmp_path: Path) -> None:

    from dispatch.authoring.import_document import import_document

    source = tmp_path / "long.docx"
    source.write_bytes(thirty_pages())
    taken = import_document(source, [], tmp_path / "briefs")
    assert len(re.findall(r"^## Part", taken.brief.read_text("utf-8"), re.MULTILINE)) == 30
