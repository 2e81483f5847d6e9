"""`dispatch import` as a programme assistant runs it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dispatch.cli.main import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "tests" / "fixtures" / "documents"
SLUG = "2023-09-19-potential-arms-deals"


@dataclass
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `dispatch import …` in a workspace."""
    (tmp_path / "dispatch.toml").write_bytes((ROOT / "dispatch.toml").read_bytes())
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dispatch", "import", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


def photo(path: Path, kind: str = "JPEG") -> Path:
    Image.new("RGB", (900, 600), "#33506e").save(path, kind)
    return path


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- a new brief ------------------------------------------------------------------------------------------------------


def test_the_seed_becomes_a_brief_in_the_workspace_and_the_places_are_said(imports: Run, tmp_path: Path) -> None:
    ran = imports(DOCUMENTS / "seed.txt")
    assert (ran.status, ran.err) == (0, "")
    assert (tmp_path / "briefs" / SLUG / "brief.md").is_file()
    assert "line 7: Title: Potential Arms Deals?" in ran.out
    assert "line 57: “America-Eurasia Center” (the name of an organisation, which stands" in ran.out
    assert "line 11, brief.md:16: images/picture-1.jpg has no alt text: write it." in ran.out
    assert ran.out.rstrip().endswith(f"Next: dispatch check {SLUG}")
    assert max(len(line) for line in ran.out.splitlines()[2:]) <= 80


def test_the_lines_that_are_said_are_those_of_brief_md(imports: Run, tmp_path: Path) -> None:
    document = imports(DOCUMENTS / "seed.txt", "--json").document
    lines = Path(document["brief"]).read_text("utf-8").splitlines()
    source = (DOCUMENTS / "seed.txt").read_text("utf-8").splitlines()
    headings = [row for row in document["understood"] if row["what"].startswith("Heading")]
    assert [lines[row["brief_line"] - 1] for row in headings] == ["## Aftermath and Future Considerations"]
    assert [source[row["line"] - 1] for row in headings] == ["Aftermath and Future Considerations"]


def test_out_writes_outside_a_workspace_too(imports: Run, tmp_path: Path) -> None:
    (tmp_path / "dispatch.toml").unlink()
    ran = imports(DOCUMENTS / "footnotes.docx", "--out", tmp_path / "made" / "here", "--json")
    assert ran.document["slug"] == "2023-05-12-the-price-of-distance"
    assert (tmp_path / "made" / "here" / ran.document["slug"] / "brief.md").is_file()


def test_photos_are_placed_at_the_captions_that_wait_in_their_order(imports: Run, tmp_path: Path) -> None:
    one, two = photo(tmp_path / "IMG 0001.JPG"), photo(tmp_path / "Rocket.png", "PNG")
    document = imports(DOCUMENTS / "seed.txt", one, two, "--json").document
    assert document["pictures"] == ["images/img-0001.jpg", "images/rocket.png"]
    folder = Path(document["brief"]).parent
    assert (folder / "images" / "img-0001.jpg").read_bytes() == one.read_bytes()
    assert '(images/rocket.png "Russian and North Korean officials' in (folder / "brief.md").read_text("utf-8")
    assert not any("missing" in row["what"] for row in document["look_at"])


def test_a_photo_too_many_is_said_and_not_copied(imports: Run, tmp_path: Path) -> None:
    photos = [photo(tmp_path / f"p{n}.jpg") for n in range(3)]
    document = imports(DOCUMENTS / "seed.txt", *photos, "--json").document
    assert len(document["pictures"]) == 2
    assert any("p2.jpg was not taken" in row["what"] for row in document["look_at"])


def test_the_pictures_of_a_document_lie_beside_its_brief_byte_for_byte(imports: Run) -> None:
    import zipfile

    document = imports(DOCUMENTS / "pictures.docx", "--json").document
    folder = Path(document["brief"]).parent
    with zipfile.ZipFile(DOCUMENTS / "pictures.docx") as archive:
        inside = [archive.read(name) for name in archive.namelist() if "/media/" in name]
    written = [(folder / name).read_bytes() for name in document["pictures"]]
    assert len(written) == 5
    assert all(data in inside for data in written)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_an_existing_brief_is_never_overwritten(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    before = everything_in(tmp_path)
    ran = imports(DOCUMENTS / "seed.docx")
    assert (ran.status, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 3
    assert "--update" in ran.err
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", b"no zip"),
        ("a.docx", b"\xd0\xcf\x11\xe0"),
        ("a.pdf", b"%PDF"),
        ("a.txt", b"\0\1\2"),
        ("a.txt", b" \n\n"),
        ("a.txt", b"x" * 20_000),
        ("a.txt", b"word word word\n\n" * 30_000),
    ],
)
def test_what_cannot_be_taken_in_is_three_lines_and_leaves_nothing(
    imports: Run, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    before = everything_in(tmp_path)
    ran = imports(name)
    assert (ran.status, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 3
    assert "Traceback" not in ran.err
    assert everything_in(tmp_path) == before
    assert not (tmp_path / "briefs").exists()


def test_all_that_is_wrong_with_the_files_is_said_at_once(imports: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    ran = imports("absent.docx", "bad.jpg", "absent.png")
    assert ran.status == 1
    assert all(name in ran.err for name in ("absent.docx", "bad.jpg", "absent.png"))
    assert not (tmp_path / "briefs").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_error(imports: Run, tmp_path: Path) -> None:
    (tmp_path / "briefs").write_text("a file stands where the folder should be")
    ran = imports(DOCUMENTS / "seed.txt")
    assert ran.status == 1
    assert "cannot be written" in ran.err


# --- a newer version --------------------------------------------------------------------------------------------------


def fixed(tmp_path: Path) -> Path:
    """The imported seed as a person finishes it; gives its brief.md."""
    folder = tmp_path / "briefs" / SLUG
    photo(folder / "images" / "handshake.jpg")
    brief = folder / "brief.md"
    text = brief.read_text("utf-8")
    text = text.replace("![](images/picture-1.jpg", "![Two men shake hands.](images/handshake.jpg")
    text = text.replace('{credit="Vladimir Smirnov / Sputnik"}', '{.half credit="V. Smirnov"}')
    text = text.replace(
        "date: 2023-09-19\n", 'date: 2023-09-19\nsubject: "Arms?"  # the director’s\npreheader: "What they said."\n'
    )
    text = text.replace("\nNorth Korean leader", '\n![A map.](images/map.png "A map")\n\nNorth Korean leader')
    brief.write_text(text, "utf-8")
    return brief


def test_an_update_keeps_what_a_person_wrote_and_shows_what_changed(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    brief = fixed(tmp_path)
    before = brief.read_text("utf-8")
    newer = (DOCUMENTS / "seed.txt").read_text("utf-8").replace("six-day tour", "five-day tour")
    (tmp_path / "v2.txt").write_text(newer.replace("\n⁷ Ibid\n", "\n⁷ Ibid., p. 3\n"), "utf-8")
    ran = imports("v2.txt", "--update")
    text = brief.read_text("utf-8")
    assert ran.status == 0
    assert '![Two men shake hands.](images/handshake.jpg "The two leaders' in text
    assert '{.half credit="V. Smirnov"}' in text
    assert 'subject: "Arms?"  # the director’s\npreheader: "What they said."\n' in text
    assert '![A map.](images/map.png "A map")\n\nNorth Korean leader' in text
    assert "a comprehensive [-six-day-] {+five-day+} tour of space" in " ".join(ran.out.split())
    assert "[-Ibid-] {+Ibid., p. 3+}" in " ".join(ran.out.split())
    assert text.replace("five-day", "six-day").replace("[^7]: Ibid., p. 3", "[^7]: Ibid") == before
    assert (brief.parent / "brief.before-update.md").read_text("utf-8") == before


def test_an_update_without_changes_writes_nothing(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    before = everything_in(tmp_path)
    ran = imports(DOCUMENTS / "seed.docx", "--update", "--json")
    assert ran.document["changes"] == []
    assert everything_in(tmp_path) == before


def test_an_update_finds_its_brief_under_a_new_title(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    newer = (DOCUMENTS / "seed.txt").read_text("utf-8").replace("Potential Arms Deals?", "Arms for Grain?")
    (tmp_path / "v3.txt").write_text(newer, "utf-8")
    ran = imports("v3.txt", "--update", "--json")
    assert ran.document["slug"] == SLUG
    assert 'title: "Arms for Grain? Russia-North Korea' in Path(ran.document["brief"]).read_text("utf-8")


def test_an_update_with_photos_fills_the_figures_that_wait(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    fixed(tmp_path)
    ran = imports(DOCUMENTS / "seed.txt", photo(tmp_path / "rocket.jpg"), "--update", "--json")
    text = Path(ran.document["brief"]).read_text("utf-8")
    assert ran.document["pictures"] == ["images/rocket.jpg"]
    assert '(images/rocket.jpg "Russian and North Korean officials' in text
    assert "images/handshake.jpg" in text


def test_a_document_that_updates_nothing_is_refused_with_the_briefs_that_are_here(imports: Run, tmp_path: Path) -> None:
    imports(DOCUMENTS / "seed.txt")
    before = everything_in(tmp_path)
    ran = imports(DOCUMENTS / "footnotes.docx", "--update")
    assert ran.status == 1
    assert SLUG in ran.err
    assert everything_in(tmp_path) == before
