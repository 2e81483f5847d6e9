"""A newer version of a document keeps what a person has put into brief.md."""

import datetime as dt
from pathlib import Path

import pytest

from dispatch.authoring.import_document import import_document

NOW = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
DOCUMENT = "The Corridor Opens\n\n19 September 2023\n\nBy Ann Lee\n\n{}\n\nThe quay at dawn.\n\nPhoto: Reuters\n"
PROSE = "The first trains of the season left the port on Monday, and the second ones on Tuesday of the same week."


@pytest.mark.parametrize(
    "written",
    [
        '![Cranes](<images/the quay.jpg> "The quay at dawn."){{credit={credit}}}',
        "![Cranes](<images/the quay.jpg> 'The quay at dawn.'){{credit={credit}}}",
        '::: audience center\n![Cranes](<images/the quay.jpg> "The quay at dawn."){{credit={credit}}}\n:::',
        '![Other](images/other.jpg "Other."){{.half}}\n'
        '![Cranes](<images/the quay.jpg> "The quay at dawn."){{.half credit={credit}}}',
    ],
)
@pytest.mark.parametrize("credit", ["Reuters", '"Ann \\"A\\" Lee"'])
def test_a_figure_keeps_its_file_alt_text_and_credit_however_it_is_written(
    written: str, credit: str, tmp_path: Path
) -> None:
    document = tmp_path / "a.txt"
    document.write_text(DOCUMENT.format(PROSE))
    brief = import_document(document, [], tmp_path).brief
    (brief.parent / "images" / "the quay.jpg").write_bytes(b"")
    front, _ = brief.read_text().split("![", 1)
    brief.write_text(front + written.format(credit=credit) + "\n")
    document.write_text(DOCUMENT.format(PROSE + " More came later."))
    after = import_document(document, [], tmp_path, update=True).brief.read_text()
    assert "More came later." in after
    kept = credit.strip('"').replace('\\"', '"')
    quoted = kept.replace('"', '\\"')
    half = ".half " if ".half" in written else ""
    line = f'![Cranes](<images/the quay.jpg> "The quay at dawn."){{{half}credit="{quoted}"}}'
    assert after.count(line) == 1
    assert (f"::: audience center\n{line}\n:::" in after) == ("audience" in written)
    assert ("images/other.jpg" in after) == ("other" in written)
