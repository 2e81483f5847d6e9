"""Words: subject, preheader, and the texts of each Figure in plain boxes, written back into brief.md."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dispatch.compose.edit import FigureWish, HeadWish, Wish, edited
from dispatch.errors import BriefError
from dispatch.model.brief import Brief
from dispatch.pipeline.prepare import read_brief, slug_of
from dispatch.web.preview.live import Live, Shown

HeadField = Literal["subject", "preheader"]
_HEAD: tuple[HeadField, ...] = ("subject", "preheader")
_FIGURE: tuple[Literal["alt", "caption", "credit"], ...] = ("alt", "caption", "credit")


@dataclass(frozen=True, slots=True)
class Box:
    """One text box."""

    #: name in the form
    name: str
    label: str
    #: what brief.md says now
    words: str
    #: what stands in the box
    typed: str
    hint: str = ""


def sheet(shown: Shown, names: Mapping[str, str], typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The values of the page of words; `names` says what Audiences are called, `typed` what a person typed before."""
    assert shown.prepared is not None
    brief, given = shown.prepared.brief, typed or {}
    heads = [Box(name, label, words, given.get(name, words), hint) for name, label, words, hint in _heads(brief, names)]
    figures = []
    for number, figure in enumerate(brief.figures):
        boxes = [_figure_box(number, field, getattr(figure, field), given) for field in _FIGURE]
        picture = shown.prepared.pictures.get(figure.file)
        figures.append({"figure": figure, "picture": picture, "boxes": boxes})
    return {"heads": heads, "figures": figures, "mark": shown.mark, "file": brief.file}


def _heads(brief: Brief, names: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """(name, label, words, hint) of the boxes of the front matter: one, or one for each Audience that has its own."""
    for field in _HEAD:
        written = brief.subjects if field == "subject" else brief.preheaders
        hint = "The title is used." if field == "subject" else "The first sentence is used."
        for audience in sorted(written) or [""]:
            label = field.capitalize() + (f", {names.get(audience, audience)}" if audience else "")
            words = written.get(audience, "")
            yield (
                f"{field}:{audience}" if audience else field,
                label,
                words,
                "" if words else f"Not written yet. {hint}",
            )


def _figure_box(number: int, field: str, words: str, given: Mapping[str, str]) -> Box:
    label = {
        "alt": "Alt text, read aloud to readers who cannot see the picture",
        "caption": "Caption",
        "credit": "Credit",
    }[field]
    name = f"figure:{number}:{field}"
    return Box(name, label, words, given.get(name, words))


def wishes(brief: Brief, typed: Mapping[str, str]) -> list[Wish]:
    """What differs between the boxes and the Brief."""
    made: list[Wish] = []
    for field in _HEAD:
        written = brief.subjects if field == "subject" else brief.preheaders
        for audience in sorted(written) or [""]:
            words = typed.get(f"{field}:{audience}" if audience else field)
            if words is not None and _plain(words) != written.get(audience, ""):
                made.append(HeadWish(field, words, audience))
    for number, figure in enumerate(brief.figures):
        for part in _FIGURE:
            words = typed.get(f"figure:{number}:{part}")
            if words is not None and _plain(words) != getattr(figure, part):
                made.append(FigureWish(part, words, number))
    return made


def _plain(words: str) -> str:
    return " ".join(words.split())


def write(live: Live, typed: Mapping[str, str]) -> int:
    """Write what was typed into brief.md; gives how many texts changed.

    Raises BriefError where the file changed since the form was made: the file wins. Raises BriefError or ProblemsFound
    for what cannot be written; then nothing is.
    """
    file = live.brief_file
    try:
        data = read_brief(file)
        source = data.decode("utf-8")
    except UnicodeDecodeError as err:
        raise BriefError("The brief is not UTF-8 text.", where=file.name, todo="Fix it in the file.") from err
    shown = live.refresh()
    if typed.get("mark") != hashlib.sha256(data).hexdigest() or typed.get("mark") != shown.mark or shown.problem:
        raise BriefError(
            "brief.md changed on disk after this page was opened. Nothing was saved.",
            where="Your text is still in the boxes. Below each is the text now in the file.",
            todo="Compare them and save again.",
        )
    assert shown.prepared is not None
    wanted = wishes(shown.prepared.brief, typed)
    if wanted:
        named = shown.prepared.brief.file
        _replace(file, edited(source, wanted, slug=slug_of(file), file=named).encode())
        live.refresh()
    return len(wanted)


def _replace(file: Path, data: bytes) -> None:
    """Put new bytes in a file's place, whole or not at all; it keeps its permissions."""
    target = file.resolve()
    draft = ""
    try:
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(draft).chmod(target.stat().st_mode & 0o7777)
        Path(draft).replace(target)
    except OSError as err:
        if draft:
            Path(draft).unlink(missing_ok=True)
        raise BriefError(
            f"brief.md cannot be written: {err.strerror}.", where=str(file), todo="Check that you may write there."
        ) from err
