"""prepare: a brief.md, its pictures and the workspace's templates -> Editions, and all that is wrong."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import dispatch
from dispatch.compose.checks.all import check
from dispatch.compose.parse import parse
from dispatch.compose.render import render
from dispatch.errors import BriefError, DispatchError, PictureError, ProblemsFound, TemplateError
from dispatch.images.shelf import Shelf
from dispatch.input_files import read_input_file
from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief, Figure
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level, Place, errors_of

#: where prepared pictures are kept, below the workspace
PICTURES_FOLDER = ".dispatch/pictures"
TEMPLATES_FOLDER = "templates"
#: where a brief keeps its pictures
IMAGES_FOLDER = "images"
_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".bmp")
_MAX_BRIEF_BYTES = 2_000_000
_MAX_TEMPLATE_BYTES = 500_000
_MAX_PICTURE_BYTES = 100_000_000


@dataclass(frozen=True)
class Prepared:
    """A Brief ready to be shown, checked and planned."""

    brief: Brief
    #: by Audience
    editions: dict[str, Edition]
    #: by the file that the Brief or a Brand names
    pictures: dict[str, Picture]
    #: the text of brief.md
    source: str = ""
    #: everything that was seen, errors first, in the order of the file
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """The Findings that stop a `send`."""
        return errors_of(self.findings)


def prepare(
    workspace: Path,
    brief_file: Path,
    audiences: Sequence[Audience],
    *,
    public_url: str,
    known_names: Collection[str] | None = None,
    longest: Mapping[str, str] | None = None,
) -> Prepared:
    """Everything that can be made of a brief.md.

    `known_names` are the names that merge tokens can use, None where they are not known; `longest` the longest value of
    each. Raises BriefError, TemplateError, PictureError or ProblemsFound only where nothing can be rendered;
    Findings say the rest.
    """
    named = _named(workspace, brief_file)
    text = _text(brief_file, named)
    parsed = parse(text, slug=slug_of(brief_file), file=named)
    if parsed.brief is None:
        raise _unreadable(parsed.findings)
    pictures, about_pictures = _pictures(workspace, brief_file.parent, parsed.brief, audiences)
    templates = templates_of(workspace)
    editions = {
        audience.slug: render(parsed.brief, audience, pictures=pictures, templates=templates, public_url=public_url)
        for audience in audiences
    }
    about_editions = check(
        parsed.brief,
        editions,
        audiences=audiences,
        pictures=pictures,
        public_url=public_url,
        known_names=known_names,
        longest=longest,
        source=text,
    )
    about_pictures += _unused(brief_file.parent, parsed.brief)
    findings = [*parsed.findings, *about_pictures, *about_editions]
    return Prepared(parsed.brief, editions, pictures, text, in_order(findings))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Findings each once, errors first, then in the order of the file."""
    weights = list(Level)
    return sorted(
        dict.fromkeys(findings),
        key=lambda finding: (weights.index(finding.level), finding.place, finding.code),
    )


def slug_of(brief_file: Path) -> str:
    """What a Brief is known by: the folder's name where the file is brief.md, else the file's stem."""
    return brief_file.resolve().parent.name if brief_file.name == "brief.md" else brief_file.stem


def _named(workspace: Path, file: Path) -> str:
    try:
        return file.resolve().relative_to(workspace.resolve()).as_posix()
    except ValueError:
        return str(file)


def read_brief(file: Path, where: str = "") -> bytes:
    """Return the bytes of a brief.md. Raise BriefError where it is no file, or far too long for one."""
    todo = "Name a brief.md that is there."
    return read_input_file(file, _MAX_BRIEF_BYTES, BriefError, noun="The brief", where=where, todo=todo)


def _text(file: Path, named: str) -> str:
    data = read_brief(file, where=named)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        raise BriefError(
            "The brief is not saved as UTF-8 text.",
            where=f"{named}:{line}",
            todo="Save it again with the encoding UTF-8.",
        ) from err


def _unreadable(findings: Sequence[Finding]) -> DispatchError:
    """One error for all that keeps a text from being a Brief."""
    problems = [BriefError(found.message, where=str(found.place), todo=found.advice) for found in errors_of(findings)]
    if len(problems) == 1:
        return problems[0]
    return ProblemsFound("The brief cannot be read.", problems)


# --- templates ----------------------------------------------------------------------------------------------


def templates_of(workspace: Path) -> dict[str, str]:
    """The templates by their path below templates/: dispatch's own, the workspace's in their place."""
    found: dict[str, str] = {}
    for folder in (_starter(), workspace / TEMPLATES_FOLDER):
        for file in sorted(folder.rglob("*.j2")):
            found[file.relative_to(folder).as_posix()] = _template(file)
    return found


def _starter() -> Path:
    """The templates that come with dispatch: inside the installed package, or beside src in a checkout."""
    package = Path(dispatch.__file__).parent
    installed = package / "starter" / TEMPLATES_FOLDER
    return installed if installed.is_dir() else package.parents[1] / TEMPLATES_FOLDER


def _template(file: Path) -> str:
    data = read_input_file(file, _MAX_TEMPLATE_BYTES, TemplateError, noun=f"The template {file.name}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise TemplateError(
            f"The template {file.name} cannot be read: {err}.", where=str(file), todo="Save it as UTF-8 text."
        ) from err


# --- pictures -----------------------------------------------------------------------------------------------


def _pictures(
    workspace: Path, folder: Path, brief: Brief, audiences: Sequence[Audience]
) -> tuple[dict[str, Picture], list[Finding]]:
    """The pictures of a Brief and of its Brands that can be used, and what is wrong with the others."""
    shelf = Shelf(workspace / PICTURES_FOLDER)
    made: dict[str, Picture] = {}
    findings: list[Finding] = []
    for figure in brief.figures:
        place = Place(brief.file, figure.line)
        _add(made, findings, shelf, folder, figure.file, place, _missing(figure, place))
    for brand in {audience.brand.slug: audience.brand for audience in audiences}.values():
        for file in filter(None, (brand.wordmark, brand.wordmark_dark)):
            place = Place("dispatch.toml")
            _add(made, findings, shelf, workspace, file, place, _no_wordmark(file, place))
    return made, findings


def _add(
    made: dict[str, Picture],
    findings: list[Finding],
    shelf: Shelf,
    folder: Path,
    file: str,
    place: Place,
    missing: Finding,
) -> None:
    if file in made:
        return
    path = _inside(folder, file)
    if path is None:
        findings.append(missing)
        return
    try:
        data = read_input_file(path, _MAX_PICTURE_BYTES, PictureError, noun=f"The picture {file[:80]!r}")
        made[file] = shelf.prepared(data, file=file)
    except PictureError as err:
        findings.append(Finding(Level.ERROR, "picture-unusable", err.what, place, err.todo))


def _inside(folder: Path, file: str) -> Path | None:
    """The file, if it is one and lies inside the folder; links that lead out of it do not count."""
    relative = PurePosixPath(unquote(file).replace("\\", "/").replace("\0", "/../"))
    if relative.is_absolute() or ".." in relative.parts or ":" in str(relative):
        return None
    path = (folder / relative).resolve()
    is_there = path.is_relative_to(folder.resolve()) and path.exists() and not path.is_dir()
    return path if is_there else None


def _missing(figure: Figure, place: Place) -> Finding:
    if "://" in figure.file or figure.file.startswith(("/", "..")):
        return Finding(
            Level.ERROR,
            "picture-outside",
            f"The picture {figure.file[:80]!r} does not lie in the brief's own folder.",
            place,
            "Put the file into images/ beside brief.md and name it from there.",
        )
    return Finding(
        Level.ERROR,
        "picture-missing",
        f"There is no picture {figure.file[:80]!r}.",
        place,
        "Put the file there, or correct its name.",
    )


def _unused(folder: Path, brief: Brief) -> list[Finding]:
    """Pictures beside the brief that it does not show."""
    used = {_inside(folder, figure.file) for figure in brief.figures}
    found = sorted(file for file in folder.glob(f"{IMAGES_FOLDER}/*") if file.suffix.lower() in _SUFFIXES)
    return [
        Finding(
            Level.NOTE,
            "picture-unused",
            f"The brief does not show {IMAGES_FOLDER}/{file.name}.",
            Place(brief.file),
            "Show it, or delete the file.",
        )
        for file in found
        if file.resolve() not in used
    ]


def _no_wordmark(file: str, place: Place) -> Finding:
    return Finding(
        Level.WARNING,
        "wordmark-missing",
        f"There is no wordmark {file!r}, so the organisation's name stands in its place.",
        place,
        "Put the picture there, or correct its name in dispatch.toml.",
    )


def sample_links(web_url: str) -> Mapping[str, str]:
    """Addresses that stand for a reader's own in samples."""
    return {"unsubscribe_url": f"{web_url}/u/sample"}
