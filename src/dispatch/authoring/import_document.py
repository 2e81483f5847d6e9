"""The verb of this folder: read a document, and leave a folder with brief.md and its pictures."""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dispatch.authoring import word_check
from dispatch.authoring.brief_writer import Written, write
from dispatch.authoring.diff import changes
from dispatch.authoring.document import Document, Draft, LeftOut, Remark, SourceFigure, SourcePicture, shortened
from dispatch.authoring.folder import BEFORE_FILE, BRIEF_FILE, update_folder, write_folder
from dispatch.authoring.line_kinds import fold
from dispatch.authoring.open_document import MAX_FILE_BYTES, read_document
from dispatch.authoring.pictures import read_photo
from dispatch.authoring.roles import Decision
from dispatch.authoring.understand import understand
from dispatch.authoring.update import Existing, carry_over, read_existing
from dispatch.errors import DispatchError, DocumentError, ProblemsFound
from dispatch.input_files import read_input_file

#: words of the title that a slug takes, and its length
_MAX_SLUG_WORDS, _MAX_SLUG = 8, 80


@dataclass
class ImportResult:
    """What was made of a document."""

    #: the brief.md that was written
    brief: Path
    slug: str
    #: what a place counts: `line` or `paragraph`
    counts: str
    understood: list[Remark]
    look_at: list[Remark]
    left_out: list[LeftOut]
    #: place in the source -> line in brief.md
    lines: dict[int, int]
    #: pictures that were written, as brief.md names them
    pictures: list[str] = field(default_factory=list)
    #: what an update changed, ready to show; None for a new brief
    changes: list[str] | None = None
    #: place, words and decision of each line that was weighed
    decisions: list[tuple[int, str, Decision]] = field(default_factory=list)


def import_document(file: Path, photos: Sequence[Path], folder: Path, *, update: bool = False) -> ImportResult:
    """Read a document and write `folder`/<slug>/brief.md with its pictures.

    `photos` are placed at the captions that wait for a picture, in order. With `update`, the document is a newer
    version of a brief in `folder`, whose alt texts, credits, subject, preheader and pictures stay.
    Raises DocumentError, PictureError, BriefError, or ProblemsFound with several; nothing is left behind then.
    """
    document, given = _read_all(file, photos)
    draft = understand(document)
    slug = slug_of(draft.title, draft.date)
    target = _find_existing(folder, draft, slug, file) if update else folder / slug
    existing = None
    if update:
        existing = read_existing(_text_of(target / BRIEF_FILE), str(target / BRIEF_FILE))
        carry_over(existing, draft, _files_in(target))
    elif (target / BRIEF_FILE).exists():
        raise DocumentError(
            "This brief is here already, and an import never overwrites one.",
            where=str(target / BRIEF_FILE),
            todo="Add --update to take a newer version of the document into it, or move that folder away.",
        )
    pictures = _place_pictures(draft, document, given, target)
    written = write(draft)
    _account_for(draft, document, written.text)
    word_check.require_no_loss(document.source, written.text, [left.words for left in draft.left_out], str(file))
    return _finish(target, draft, document, written, pictures, existing)


def _account_for(draft: Draft, document: Document, brief: str) -> None:
    """Say which pictures and addresses of the document found no place in the brief."""
    placed = {block.picture for block in draft.blocks if isinstance(block, SourceFigure)}
    for index, picture in enumerate(document.pictures):
        if index not in placed:
            shown = f" (“{shortened(picture.alt)}”)" if picture.alt else ""
            said = f"Picture {index + 1} of the document{shown} found no place and was left out: put it there yourself."
            draft.look_at.append(Remark(said))
    said_words = [left.words for left in draft.left_out]
    for address in word_check.lost_addresses(document.addresses, brief, said_words):
        draft.left_out.append(LeftOut(address, "the address of a link that found no place"))


def _finish(
    target: Path,
    draft: Draft,
    document: Document,
    written: Written,
    pictures: dict[str, bytes],
    existing: Existing | None,
) -> ImportResult:
    taken = ImportResult(
        brief=target / BRIEF_FILE,
        slug=target.name,
        counts=document.counts,
        understood=draft.understood,
        look_at=draft.look_at,
        left_out=draft.left_out,
        lines=written.lines,
        pictures=list(pictures),
        decisions=draft.decisions,
    )
    if existing is None:
        write_folder(target, written.text, pictures)
        return taken
    taken.changes = changes(existing.text, written.text)
    if written.text != existing.text or pictures:
        update_folder(target, written.text, pictures)
        taken.look_at.append(Remark(f"What brief.md was before is kept in {BEFORE_FILE}."))
    return taken


def _read_all(file: Path, photos: Sequence[Path]) -> tuple[Document, list[SourcePicture]]:
    """The document and the photos; raises what is wrong with any of them, all at once."""
    problems: list[DispatchError] = []
    document = None
    try:
        document = read_document(file)
    except DispatchError as err:
        problems.append(err)
    given = []
    for photo in photos:
        try:
            given.append(read_photo(photo))
        except DispatchError as err:
            problems.append(err)
    if len(problems) > 1:
        raise ProblemsFound("Nothing was imported.", problems)
    if problems:
        raise problems[0]
    assert document is not None
    return document, given


def slug_of(title: str, date: dt.date | None) -> str:
    """Return the folder's name: the date, if there is one, and the first words of the title.

    The title counts up to its first `?`, `:`, `!`, `;` or dash. Latin letters lose their accents; other scripts stay as
    they are. At most eight words.
    """
    start = re.split(r"[?:!;？：！；。]|\s[–—-]\s", title, maxsplit=1)[0]
    words = _slug_words(start) or _slug_words(title) or ["untitled"]
    slug = "-".join([*([date.isoformat()] if date else []), *words[:_MAX_SLUG_WORDS]])
    return slug[:_MAX_SLUG].rstrip("-")


def _slug_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _plain_letters(re.sub(r"['’]", "", text)))


def _plain_letters(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    latin = "".join(letter for letter in split if not unicodedata.combining(letter))
    return latin if latin.isascii() else unicodedata.normalize("NFC", text.casefold())


def _find_existing(folder: Path, draft: Draft, slug: str, file: Path) -> Path:
    """The folder of the brief that a document is a newer version of: by its slug, else by title or date.

    Raises DocumentError where none or several fit.
    """
    if (folder / slug / BRIEF_FILE).is_file():
        return folder / slug
    briefs = sorted(folder.glob(f"*/{BRIEF_FILE}"))
    by_title = [brief.parent for brief in briefs if _title_of(brief) == fold(draft.title)]
    by_date = [brief.parent for brief in briefs if draft.date and _date_of(brief) == str(draft.date)]
    for found in (by_title, by_date):
        if len(found) == 1:
            return found[0]
    names = ", ".join(brief.parent.name for brief in briefs[-8:]) or "none"
    raise DocumentError(
        f"No brief here is an older version of this document (“{draft.title}”, {draft.date}).",
        where=f"{file}; briefs in {folder}: {names}",
        todo="Leave --update away to import it as a new brief, or give its brief.md the same title or date first.",
    )


def _title_of(brief: Path) -> str:
    return fold(str(read_existing(_text_of(brief), str(brief)).values.get("title", "")))


def _date_of(brief: Path) -> str:
    return str(read_existing(_text_of(brief), str(brief)).values.get("date", ""))


def _text_of(path: Path) -> str:
    try:
        return read_input_file(path, MAX_FILE_BYTES, DocumentError, noun="The existing brief").decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise DocumentError(
            f"The existing brief cannot be read: {err}.", where=str(path), todo="Save it as UTF-8 text."
        ) from err


def _files_in(target: Path) -> list[str]:
    return [path.relative_to(target).as_posix() for path in target.glob("images/*") if path.is_file()]


def _place_pictures(draft: Draft, document: Document, given: list[SourcePicture], target: Path) -> dict[str, bytes]:
    """Give each Figure its file, and gather the files to write: name below the folder -> bytes."""
    waiting = list(given)
    there = set(_files_in(target))
    files: dict[str, bytes] = {}
    for at, block in enumerate(draft.blocks):
        if not isinstance(block, SourceFigure) or (block.picture is None and block.file in there):
            continue
        picture = document.pictures[block.picture] if block.picture is not None else None
        if picture is None and waiting:
            picture = waiting.pop(0)
            draft.understood.append(
                Remark(f"Photo {picture.name}.{picture.kind} placed at “{shortened(block.caption)}”", block.place)
            )
        stem = (
            picture.name if picture else ""
        ) or f"picture-{1 + sum(isinstance(b, SourceFigure) for b in draft.blocks[:at])}"
        name = _free_name(stem, picture.kind if picture else "jpg", there | files.keys())
        if picture:
            files[name] = picture.data
        else:
            name = block.file or name
            draft.look_at.append(Remark(f"A picture is missing: put it there as {name}.", block.place))
        draft.blocks[at] = replace(block, file=name, alt=block.alt or (picture.alt if picture else ""))
    _say_about_pictures(draft, waiting)
    draft.look_at.sort(key=lambda remark: remark.place or 1_000_000)
    return files


def _free_name(stem: str, kind: str, used: set[str]) -> str:
    names = (f"images/{stem}{f'-{number}' if number else ''}.{kind}" for number in range(10_000))
    return next(name for name in names if name not in used)


def _say_about_pictures(draft: Draft, waiting: list[SourcePicture]) -> None:
    for block in draft.blocks:
        if isinstance(block, SourceFigure):
            missing = [word for word, value in (("caption", block.caption), ("credit", block.credit)) if not value]
            missing += [] if block.alt else ["alt text"]
            if missing:
                draft.look_at.append(Remark(f"{block.file} has no {', no '.join(missing)}: write it.", block.place))
    for picture in waiting:
        draft.look_at.append(
            Remark(f"The photo {picture.name}.{picture.kind} was not taken: no caption waits for a picture.")
        )
