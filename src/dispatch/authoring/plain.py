"""A .txt file becomes a Document: paragraphs between empty lines, lists and quotes by their first characters."""

import itertools
import re
from dataclasses import replace

from dispatch.authoring.document import Document, Remark, SourceBlock, SourceParagraph, SourceSpan, SourceTable, clean
from dispatch.errors import DocumentError

#: larger texts than this are no briefs
MAX_TEXT_BYTES = 2_000_000

_BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+•◦▪‣·–]|o(?=\t))\s+(?P<rest>\S.*)")
_NUMBER = re.compile(r"(?P<indent>\s*)(?P<number>\d{1,3})[.)]\s+(?P<rest>\S.*)")
#: "- 2 -" under a page is no list
_PAGE_NUMBER = re.compile(r"\s*[-–—]\s*\d{1,3}\s*[-–—]\s*")
_QUOTE = re.compile(r"\s*>\s?(?P<rest>.*)")
#: a hard-wrapped line is about this long; shorter ones were broken on purpose
_WRAPPED = 50
#: a line longer than this is a paragraph of its own, and so are those beside it
_PARAGRAPH = 120


def read_text(data: bytes, file: str) -> Document:
    """The Document in a .txt file. Raises DocumentError for what is no text or too much of it."""
    if len(data) > MAX_TEXT_BYTES:
        raise DocumentError(
            f"This text is too large for a brief: {len(data):,} bytes; the most is {MAX_TEXT_BYTES:,}.",
            where=file,
            todo="Check that it is the right file.",
        )
    text, remarks = _decode(data, file)
    text = clean(text)
    return Document(blocks=_blocks(text.split("\n")), counts="line", look_at=remarks, source=text)


def _decode(data: bytes, file: str) -> tuple[str, list[Remark]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    if b"\0" in data:
        raise DocumentError(
            "This is no text file.", where=file, todo="Save the document as .docx or as plain text (UTF-8)."
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        remark = "The file is not UTF-8; it was read as Western European (Windows-1252). Look at letters with accents."
        return data.decode("cp1252", errors="replace"), [Remark(remark)]


def _blocks(lines: list[str]) -> list[SourceBlock]:
    blocks: list[SourceBlock] = []
    at, has_gap = 0, False
    while at < len(lines):
        if not lines[at].strip():
            has_gap, at = True, at + 1
            continue
        end = at
        while end < len(lines) and lines[end].strip():
            end += 1
        for block in _group(lines[at:end], at + 1):
            blocks.append(replace(block, has_gap=has_gap) if isinstance(block, SourceParagraph) else block)
            has_gap = False
        at = end
    return blocks


def _group(lines: list[str], place: int) -> list[SourceBlock]:
    """What stands between two empty lines."""
    if len(lines) > 1 and all("\t" in line.strip() for line in lines):
        return [_table(lines, place)]
    if all(line.lstrip().startswith(">") for line in lines):
        texts = [match["rest"] for line in lines if (match := _QUOTE.match(line))]
        return [SourceParagraph(_spans(_join(texts)), place, is_quote=True)]
    parts: list[SourceParagraph] = []
    pending: list[str] = []
    for number, line in enumerate(lines, start=place):
        if item := _item(line, number):
            parts.extend(_text(pending, number - len(pending)))
            pending = []
            parts.append(item)
        elif parts and not pending and line[:1].isspace():
            parts[-1] = replace(parts[-1], spans=_spans(f"{parts[-1].text} {line.strip()}"))
        else:
            pending.append(line)
    parts.extend(_text(pending, place + len(lines) - len(pending)))
    return list(parts)


def _item(line: str, place: int) -> SourceParagraph | None:
    """The list item that a line is, if it is one."""
    match = _BULLET.fullmatch(line) or _NUMBER.fullmatch(line)
    if match is None or _PAGE_NUMBER.fullmatch(line):
        return None
    number = int(match["number"]) if "number" in match.re.groupindex else None
    level = min(len(match["indent"].expandtabs(4)) // 2, 5)
    return SourceParagraph(_spans(match["rest"].strip()), place, list_level=level, number=number)


def _text(lines: list[str], place: int) -> list[SourceParagraph]:
    """Lines of plain text as paragraphs; a note that starts a line starts one."""
    paragraphs: list[SourceParagraph] = []
    texts: list[str] = []
    each_is_one = any(len(line) > _PARAGRAPH for line in lines)
    for at, line in enumerate(lines):
        if texts and (each_is_one or starts_note(line)):
            paragraphs.append(SourceParagraph(_spans(_join(texts)), place + at - len(texts), step=1))
            texts = []
        texts.append(line)
    if texts:
        paragraphs.append(SourceParagraph(_spans(_join(texts)), place + len(lines) - len(texts), step=1))
    return paragraphs


def starts_note(line: str) -> bool:
    """Whether a line starts with a typed note number, as `¹` or `[1]`."""
    return re.match(r"\s*(?:[⁰¹²³⁴-⁹]+|\[\d{1,3}\])\s*\S", line) is not None


def _join(texts: list[str]) -> str:
    """Lines as one text: hard-wrapped ones joined by a space, those broken on purpose by a newline."""
    if starts_note(texts[0]):
        return " ".join(text.strip() for text in texts)
    joined = texts[0].strip()
    for before, text in itertools.pairwise(texts):
        joined += (" " if len(before.strip()) >= _WRAPPED else "\n") + text.strip()
    return joined


def _table(lines: list[str], place: int) -> SourceTable:
    rows = [
        tuple((SourceParagraph(_spans(cell.strip()), place + at),) for cell in line.strip().split("\t"))
        for at, line in enumerate(lines)
    ]
    return SourceTable(tuple(rows), place)


def _spans(text: str) -> tuple[SourceSpan, ...]:
    return (SourceSpan(text),)
