"""A brief.md with its pictures and templates becomes Editions; what is wrong is said, what cannot be is refused."""

from pathlib import Path

import pytest
from PIL import Image

from dispatch.errors import BriefError, ProblemsFound, TemplateError
from dispatch.model.brand import Audience
from dispatch.pipeline.prepare import Prepared, prepare, slug_of, templates_of
from dispatch.settings import load

WORDMARKS = ("center-light", "center-dark", "coalition-light", "coalition-dark")
FIGURE = "templates/blocks/figure.html.j2"
SEED = "briefs/2023-09-19-potential-arms-deals"


def audiences_of(workspace: Path) -> tuple[Audience, ...]:
    return load(workspace, {}).all_audiences()


def prepared(workspace: Path, body: str = "", front: str = 'title: "A"\ndate: 2024-01-02\n') -> Prepared:
    """The seed, or a brief of a few lines."""
    file = workspace / SEED / "brief.md"
    if body:
        folder = workspace / "briefs/2024-01-02-a"
        folder.mkdir(exist_ok=True)
        file = folder / "brief.md"
        file.write_text(f"---\n{front}---\n\n{body}", "utf-8")
    return prepare(workspace, file, audiences_of(workspace), public_url="https://briefs.example.org")


def codes(made: Prepared) -> list[str]:
    return [finding.code for finding in made.findings]


def test_the_seed_is_prepared_whole(own_workspace: Path) -> None:
    made = prepared(own_workspace)
    assert made.brief.slug == "2023-09-19-potential-arms-deals"
    assert list(made.editions) == ["coalition", "center"]
    assert made.errors == []
    assert set(made.pictures) == {
        "images/summit-handshake.png",
        "images/rocket-inspection.jpg",
        *(
            f"templates/wordmarks/{brand}-{light}.png"
            for brand in ("center", "coalition")
            for light in ("light", "dark")
        ),
    }
    for edition in made.editions.values():
        assert len(edition.pictures) == 4
        for name in edition.pictures:
            assert f"https://briefs.example.org/i/{name}" in edition.html


def test_findings_name_the_file_from_the_workspace(own_workspace: Path) -> None:
    assert {finding.place.file for finding in prepared(own_workspace).findings} == {f"{SEED}/brief.md", "dispatch.toml"}


def test_a_second_look_prepares_no_picture_again(own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepared(own_workspace)
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: pytest.fail("a picture was opened"))
    assert prepared(own_workspace).pictures == first.pictures


def test_an_edition_changes_with_its_picture(own_workspace: Path) -> None:
    before = prepared(own_workspace).editions["center"].fingerprint
    Image.new("RGB", (1000, 600), "#7a1f2b").save(own_workspace / SEED / "images/rocket-inspection.jpg")
    assert prepared(own_workspace).editions["center"].fingerprint != before


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("images/none.jpg", "picture-missing"),
        ("../2023-09-19-potential-arms-deals/images/rocket-inspection.jpg", "picture-outside"),
        ("/etc/passwd", "picture-outside"),
        ("https://example.org/x.jpg", "picture-outside"),
        ("images/..%2f..%2f..%2fdispatch.toml", "picture-missing"),
        ("images/link.jpg", "picture-missing"),
        ("images/folder", "picture-missing"),
        ("images/text.jpg", "picture-unusable"),
        ("images/%00.jpg", "picture-missing"),
    ],
)
def test_a_picture_that_cannot_be_used_is_told(own_workspace: Path, file: str, code: str) -> None:
    images = own_workspace / "briefs/2024-01-02-a/images"
    (images / "folder").mkdir(parents=True)
    (images / "text.jpg").write_text("no picture")
    (images / "link.jpg").symlink_to(own_workspace / SEED / "images/rocket-inspection.jpg")
    made = prepared(own_workspace, f'![Alt]({file} "c"){{credit="x"}}\n')
    assert code in codes(made)
    assert file not in made.pictures
    assert "Alt" in made.editions["center"].html


def test_a_picture_with_blanks_in_its_name_is_found(own_workspace: Path) -> None:
    images = own_workspace / "briefs/2024-01-02-a/images"
    images.mkdir(parents=True)
    Image.new("RGB", (1000, 600)).save(images / "a quay.png")
    made = prepared(own_workspace, '![Alt](<images/a quay.png> "c"){credit="x"}\n')
    assert "picture-missing" not in codes(made)
    assert "picture-unused" not in codes(made)
    assert len(made.editions["center"].pictures) == 3


def test_pictures_that_the_brief_does_not_show_are_told(own_workspace: Path) -> None:
    Image.new("RGB", (10, 10)).save(own_workspace / SEED / "images/old.png")
    [finding] = [finding for finding in prepared(own_workspace).findings if finding.code == "picture-unused"]
    assert "images/old.png" in finding.message


def test_a_missing_wordmark_leaves_the_name(own_workspace: Path) -> None:
    (own_workspace / "templates/wordmarks/center-light.png").unlink()
    made = prepared(own_workspace)
    assert "wordmark-missing" in codes(made)
    assert 'class="wordmark"' in made.editions["center"].html
    assert ">The America-Eurasia Center</a>" in made.editions["center"].html


def test_errors_come_before_warnings_and_notes(own_workspace: Path) -> None:
    made = prepared(own_workspace, "TK [here](http://example.org) {{x}}")
    levels = [finding.level for finding in made.findings]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert {"error", "warning", "note"} == set(levels)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_text_without_title_and_date_is_refused_with_all_that_is_wrong(own_workspace: Path) -> None:
    with pytest.raises(ProblemsFound) as caught:
        prepared(own_workspace, "x", front='titel: "A"\n')
    assert len(caught.value.problems) == 3
    assert "Did you mean 'title'?" in "\n".join(caught.value.lines())


def test_a_file_that_is_not_there_is_refused(own_workspace: Path) -> None:
    with pytest.raises(BriefError, match="cannot be read"):
        prepare(own_workspace, own_workspace / "none.md", audiences_of(own_workspace), public_url="")


def test_a_file_in_another_encoding_is_refused_with_its_line(own_workspace: Path) -> None:
    file = own_workspace / "latin.md"
    file.write_bytes(b"---\ntitle: x\ndate: 2024-01-02\n---\n\nCaf\xe9")
    with pytest.raises(BriefError) as caught:
        prepare(own_workspace, file, audiences_of(own_workspace), public_url="")
    assert caught.value.where == "latin.md:6"


def test_a_picture_named_as_a_brief_is_refused(own_workspace: Path) -> None:
    with pytest.raises(BriefError):
        prepare(
            own_workspace,
            own_workspace / SEED / "images/rocket-inspection.jpg",
            audiences_of(own_workspace),
            public_url="",
        )


@pytest.mark.parametrize(
    ("name", "template", "where"),
    [
        (
            "blocks/figure.html.j2",
            "<p>\n{{ captoin }}</p>",
            f"{FIGURE}, line 2, for the Figure in",
        ),
        (
            "blocks/figure.html.j2",
            "<p>\n{{ caption.no.such }}</p>",
            f"{FIGURE}, line 2, for the Figure in",
        ),
        ("blocks/figure.html.j2", "<p>\n{% if %}</p>", "templates/blocks/figure.html.j2, line 2"),
        ("blocks/figure.html.j2", "<p>\n<b></p>", "templates/blocks/figure.html.j2, line 2"),
        ("blocks/figure.html.j2", '{% include "none.j2" %}', "templates/blocks/figure.html.j2, line 1"),
        ("masthead.mjml.j2", "<mj-hero>\n</mj-hero>", "templates/masthead.mjml.j2, line 1"),
        ("footer.mjml.j2", "{{ 1 / 0 }}", "templates/footer.mjml.j2, line 1"),
        ("footer.mjml.j2", "{{ ''.__class__.__mro__ }}", "templates/footer.mjml.j2, line 1"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_template_line_and_block(
    own_workspace: Path, name: str, template: str, where: str
) -> None:
    (own_workspace / "templates" / name).write_text(template)
    with pytest.raises(TemplateError) as caught:
        prepared(own_workspace)
    assert caught.value.where.startswith(where), caught.value.where
    assert caught.value.todo


def test_a_workspace_may_override_one_template(own_workspace: Path) -> None:
    for file in (own_workspace / "templates").rglob("*.j2"):
        file.unlink()
    (own_workspace / "templates/blocks/rule.html.j2").write_text("<p>* * *</p>")
    made = prepared(own_workspace, "a\n\n---\n\nb")
    assert "<p>* * *</p>" in made.editions["center"].html
    assert templates_of(own_workspace)["base.mjml.j2"]


def test_the_slug_is_the_folders_name_or_the_files_stem(tmp_path: Path) -> None:
    assert slug_of(tmp_path / "briefs/2024-a/brief.md") == "2024-a"
    assert slug_of(tmp_path / "2024-b.md") == "2024-b"


def test_what_is_prepared_is_the_same_in_every_workspace(own_workspace: Path, shared_workspace: Path) -> None:
    one, two = prepared(own_workspace), prepared(shared_workspace)
    assert one.editions == two.editions
