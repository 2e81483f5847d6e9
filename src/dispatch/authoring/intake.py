"""The verb of this folder: take a file in, and leave a folder with brief.md and its pictures."""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dispatch.authoring import ledger
from dispatch.authoring.document import Document, Draft, Figure, LeftOut, Picture, Remark
from dispatch.authoring.markdown import Written, write
from dispatch.authoring.plain import read_text
from dispatch.authoring.understand import understand
from dispatch.errors import DocumentError

#: larger files are not read
MAX_FILE_BYTES = 100_000_000
#: words of the title that a slug takes
_MAX_SLUG_WORDS = 8


@dataclass
class Taken:
    """What became of a document."""

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
    #: for an update: what changed, ready to show
    changes: list[str] = field(default_factory=list)


def slug_of(title: str, date: dt.date) -> str:
    """The folder's name: the date and the first words of the title, up to its first `?`, `:`, `!` or dash.

    Letters lose their accents; other scripts stay as they are. At most eight words.
    """
    start = re.split(r"[?:!;？：！；。]|\s[–—-]\s", title, maxsplit=1)[0]
    words = re.findall(r"[^\W_]+", _plain_letters(re.sub(r"['’]", "", start if re.search(r"\w", start) else title)))
    return "-".join([date.isoformat(), *words[:_MAX_SLUG_WORDS]])[:80].rstrip("-")


def _plain_letters(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    latin = "".join(c for c in split if not unicodedata.combining(c))
    return latin if latin.isascii() else unicodedata.normalize("NFC", text.casefold())


def take_in(file: Path, photos: Sequence[Path], folder: Path, now: dt.datetime) -> Taken:
    """Read a document and write `folder`/<slug>/brief.md with its pictures.

    Raises DocumentError or PictureError; nothing is left behind then.
    """
    document = read(file)
    draft = understand(document, now.date())
    assert draft.date is not None
    slug = slug_of(draft.title, draft.date)
    draft.blocks = [replace(b, file=f"images/picture-{n}.jpg") if isinstance(b, Figure) else b for n, b in enumerate(draft.blocks, 1)]
    written = write(draft)
    ledger.hold(document.source, written.text, [left.words for left in draft.left_out], str(file))
    target = folder / slug
    target.mkdir(parents=True)
    (target / "brief.md").write_text(written.text, encoding="utf-8")
    return Taken(target / "brief.md", slug, document.counts, draft.understood, draft.look_at, draft.left_out, written.lines)


def read(file: Path) -> Document:
    """The Document in a file, by the end of its name."""
    data = file.read_bytes()
    return read_text(data, str(file))
