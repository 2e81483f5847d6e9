"""A file from outside is opened: only a regular file of a kind that can be read; others are refused by name."""

import re
from pathlib import Path

from dispatch.authoring.document import Document
from dispatch.authoring.docx.read import read_word
from dispatch.authoring.markdown_source import read_markdown
from dispatch.authoring.plain import read_text
from dispatch.errors import DocumentError
from dispatch.input_files import read_input_file

#: larger files are not read
MAX_FILE_BYTES = 100_000_000
#: longest document, and longest paragraph of one
MAX_CHARACTERS, MAX_PARAGRAPH = 300_000, 15_000
_WORD, _TEXT, _MARKDOWN = (".docx", ".docm"), (".txt", ".text"), (".md", ".markdown")
_SAVE = "Open it in Word or LibreOffice, choose Save As, and take “Word Document (.docx)”."
#: kind -> what it is, and how to make a .docx of it
_REFUSED = {
    ".odt": ("an OpenDocument text (.odt)", _SAVE),
    ".ott": ("an OpenDocument template (.ott)", _SAVE),
    ".rtf": ("Rich Text (.rtf)", _SAVE),
    ".doc": ("an old Word file (.doc), or one locked by a password", f"{_SAVE} Take the password away, if it has one."),
    ".pages": ("an Apple Pages file", "In Pages, choose File > Export To > Word."),
    ".pdf": (
        "a PDF, which holds pages and no paragraphs",
        "Ask the author for the Word file; or open the PDF in Word.",
    ),
    ".gdoc": ("a link to a Google Doc", "In Google Docs, choose File > Download > Microsoft Word (.docx)."),
    ".html": ("a web page", _SAVE),
    ".htm": ("a web page", _SAVE),
}
#: how files begin whose names say something else
_BEGINNINGS = ((b"{\\rtf", ".rtf"), (b"%PDF-", ".pdf"), (b"\xd0\xcf\x11\xe0", ".doc"))
_INSIDE = ((b"mimetypeapplication/vnd.oasis.opendocument.text", ".odt"), (b"Index/Document.iwa", ".pages"))


def read_document(file: Path) -> Document:
    """Return the Document in a .docx, .txt or .md file. Raise DocumentError."""
    kind = file.suffix.casefold()
    _require_known(kind, file)
    data = read_input_file(file, MAX_FILE_BYTES, DocumentError, noun="The document")
    if found := _true_kind(data, kind):
        raise _refused(found, file)
    if kind in _TEXT:
        document = read_text(data, str(file))
    else:
        document = read_markdown(data, file) if kind in _MARKDOWN else read_word(data, str(file))
    _require_bounds(document, file)
    if not re.search(r"\w", document.source) or not document.blocks:
        raise DocumentError(
            "There are no words in this document.", where=str(file), todo="Check that it is the right file."
        )
    return document


def _require_known(kind: str, file: Path) -> None:
    if kind in _REFUSED:
        raise _refused(kind, file)
    if kind not in (*_WORD, *_TEXT, *_MARKDOWN):
        raise DocumentError(
            f"dispatch imports .docx, .txt and .md, not {kind or 'a file without an ending'}.",
            where=str(file),
            todo=_SAVE,
        )


def _true_kind(data: bytes, kind: str) -> str:
    """The refused kind that a file is, whatever its name says; "" for none."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, found in _BEGINNINGS:
        if start.startswith(beginning):
            return found
    if kind in _WORD or start.startswith(b"PK"):
        return next((found for inside, found in _INSIDE if inside in data[:200] or inside in data[-20_000:]), "")
    return ""


def _refused(kind: str, file: Path) -> DocumentError:
    what, todo = _REFUSED[kind]
    return DocumentError(f"This is {what}; dispatch imports .docx, .txt and .md.", where=str(file), todo=todo)


def _require_bounds(document: Document, file: Path) -> None:
    """Raise DocumentError where there is more text than a brief can have, which would take minutes to look through."""
    size = len(document.source)
    longest = max((len(p.text) for p in document.paragraphs()), default=0)
    place = next((p.place for p in document.paragraphs() if len(p.text) == longest), 0)
    if size > MAX_CHARACTERS:
        raise DocumentError(
            f"This document has {size:,} characters; the most is {MAX_CHARACTERS:,} (a brief has about 12,000).",
            where=str(file),
            todo="Check that it is the right file, or cut it.",
        )
    if longest > MAX_PARAGRAPH:
        raise DocumentError(
            f"One paragraph has {longest:,} characters; the most is {MAX_PARAGRAPH:,}.",
            where=f"{file}, {document.counts} {place}",
            todo="Break it into paragraphs, with an empty line between them.",
        )
