"""A .txt file becomes a Document: paragraphs between empty lines, lists and quotes by their first characters."""

import itertools
import re
from dataclasses import replace

from dispatch.authoring.dates import read_date
from dispatch.authoring.document import Document, Remark, SourceBlock, SourceParagraph, SourceSpan, SourceTable, clean
from dispatch.errors import DocumentError

#: larger texts than this are no briefs
MAX_TEXT_BYTES = 2_000_000

#: byte order marks; the longer ones first
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_BULLET = re.compile(r"(?P<indent>\s*)(?:[-*+•◦▪‣·–]|o(?=\t))\s+(?P<rest>\S.*)")
_NUMBER = re.compile(r"(?P<indent>\s*)(?P<number>\d{1,3})[.)]\s+(?P<rest>\S.*)")
#: "- 2 -" under a page is no list
_PAGE_NUMBER = re.compile(r"\s*[-–—]\s*\d{1,3}\s*[-–—]\s*")
_QUOTE = re.compile(r"\s*>\s?(?P<rest>.*)")
#: a file in which more than a few lines are longer is not hard-wrapped
_MAX_WIDTH = 120
#: share of the lines that may be longer, as long addresses are
_FEW = 0.02
#: a line as long as this that goes on with a small letter was wrapped, however uneven the lines are
_LONG = 40
#: an editor may leave this much of a line free
_RAGGED = 3


def read_text(data: bytes, file: str) -> Document:
    """The Document in a .txt file. Raises DocumentError for what is no text or too much of it."""
    if len(data) > MAX_TEXT_BYTES:
        raise DocumentError(
            f"This text is too large for a brief: {len(data):,} bytes; the most is {MAX_TEXT_BYTES:,}.",
            where=file,
            todo="Check that it is the right file.",
        )
    text, remarks = decode(data, file)
    text = clean(text)
    lines = text.split("\n")
    return Document(blocks=_blocks(lines, _width(lines)), counts="line", look_at=remarks, source=text)


def decode(data: bytes, file: str) -> tuple[str, list[Remark]]:
    """Return the text in the bytes of a file, and what is uncertain about it. Raise DocumentError where it is none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), []
    if b"\0" in data:
        raise DocumentError(
            "This is no text file.", where=file, todo="Save the document as .docx or as plain text (UTF-8)."
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as err:
        return _guessed(data, data[: err.start].count(b"\n") + 1)


def _guessed(data: bytes, line: int) -> tuple[str, list[Remark]]:
    """The text of a file that is not UTF-8: nearly so, or in an older encoding, by what its bytes look like."""
    high = sum(byte > 127 for byte in data)
    text = data.decode("utf-8", errors="replace")
    if text.count("\ufffd") * 20 < high:
        said = "A character here is not UTF-8 and was replaced by a sign. Look for “\ufffd”."
        return text, [Remark(said, line)]
    encoding, name = "cp1252", "Western European (Windows-1252)"
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data)]
    if sum(runs) >= 3 * len(runs):  # letters with accents stand alone; whole words of such bytes are another script
        hanzi = [pair[0] for run in re.findall(rb"(?:[\xa1-\xfe][\xa1-\xfe])+", data) for pair in _pairs(run)]
        usual = sum(0xB0 <= lead <= 0xD7 or lead <= 0xA9 for lead in hanzi)
        is_chinese = hanzi and usual > 0.8 * len(hanzi) and all(length % 2 == 0 for length in runs)
        encoding, name = ("gb18030", "Chinese (GB18030)") if is_chinese else ("cp1251", "Cyrillic (Windows-1251)")
    said = f"The file is not UTF-8; it was read as {name}. Look at the letters, and save it as UTF-8 if they are wrong."
    return data.decode(encoding, errors="replace"), [Remark(said)]


def _pairs(run: bytes) -> list[bytes]:
    return [run[at : at + 2] for at in range(0, len(run) - 1, 2)]


def _width(lines: list[str]) -> int:
    """The columns at which the lines of a file were wrapped, 0 where each line is a paragraph."""
    lengths = [len(line.rstrip()) for line in lines if len(line.split()) > 1]
    if sum(length > _MAX_WIDTH for length in lengths) > _FEW * len(lengths):
        return 0
    inner = (
        len(line.rstrip())
        for before, line, after in zip(["", *lines], lines, lines[1:], strict=False)
        if len(line) <= _MAX_WIDTH and _goes_on(before, line, after)
    )
    return max(inner, default=0)


def _goes_on(before: str, line: str, after: str) -> bool:
    """Whether a line certainly goes on in the next: in the middle of a paragraph, or before a small letter."""
    if not after.strip() or starts_note(line) or _item(line, 0) or _item(after, 0):
        return False
    return bool(before.strip()) or (bool(line.strip()) and after.lstrip()[:1].islower())


def _blocks(lines: list[str], width: int) -> list[SourceBlock]:
    blocks: list[SourceBlock] = []
    at, has_gap = 0, False
    while at < len(lines):
        if not lines[at].strip():
            has_gap, at = True, at + 1
            continue
        end = at
        while end < len(lines) and lines[end].strip():
            end += 1
        for block in _group(lines[at:end], at + 1, width):
            blocks.append(replace(block, has_gap=has_gap) if isinstance(block, SourceParagraph) else block)
            has_gap = False
        at = end
    return blocks


def _group(lines: list[str], place: int, width: int) -> list[SourceBlock]:
    """What stands between two empty lines."""
    if len(lines) > 1 and all("\t" in line.strip() and not _item(line, 0) for line in lines):
        return [_table(lines, place)]
    if all(line.lstrip().startswith(">") for line in lines):
        texts = [match["rest"] for line in lines if (match := _QUOTE.match(line))]
        return [SourceParagraph(_spans(_join(texts, width - 2 if width else 0)), place, is_quote=True)]
    parts: list[SourceParagraph] = []
    pending: list[str] = []
    for number, line in enumerate(lines, start=place):
        item = None if pending and _is_wrapped(pending[-1], line, width) else _item(line, number)
        if item is not None:
            parts.extend(_text(pending, number - len(pending), width))
            pending = []
            parts.append(item)
        elif parts and not pending and line[:1].isspace():
            parts[-1] = replace(parts[-1], spans=_spans(f"{parts[-1].text} {line.strip()}"))
        else:
            pending.append(line)
    parts.extend(_text(pending, place + len(lines) - len(pending), width))
    return list(parts)


def _item(line: str, place: int) -> SourceParagraph | None:
    """The list item that a line is, if it is one."""
    match = _BULLET.fullmatch(line) or _NUMBER.fullmatch(line)
    if match is None or _PAGE_NUMBER.fullmatch(line):
        return None
    number = int(match["number"]) if "number" in match.re.groupindex else None
    level = min(len(match["indent"].expandtabs(4)) // 2, 5)
    return SourceParagraph(_spans(match["rest"].strip()), place, list_level=level, number=number)


def _text(lines: list[str], place: int, width: int) -> list[SourceParagraph]:
    """Lines of plain text as paragraphs; a note that starts a line starts one."""
    paragraphs: list[SourceParagraph] = []
    texts: list[str] = []
    each_is_one = any(len(line) > _MAX_WIDTH for line in lines)
    for at, line in enumerate(lines):
        if texts and (each_is_one or starts_note(line)):
            paragraphs.append(SourceParagraph(_spans(_join(texts, width)), place + at - len(texts), step=1))
            texts = []
        texts.append(line)
    if texts:
        paragraphs.append(SourceParagraph(_spans(_join(texts, width)), place + len(lines) - len(texts), step=1))
    return paragraphs


def starts_note(line: str) -> bool:
    """Whether a line starts with a typed note number, as `¹` or `[1]`."""
    return re.match(r"\s*(?:[⁰¹²³⁴-⁹]+|\[\d{1,3}\])\s*\S", line) is not None


def _join(texts: list[str], width: int) -> str:
    """Lines as one text: a newline where the next word would still have fitted, so that the break was meant."""
    if starts_note(texts[0]):
        return " ".join(text.strip() for text in texts)
    joined = texts[0].strip()
    for before, text in itertools.pairwise(texts):
        joined += (" " if _is_wrapped(before, text, width) else "\n") + text.strip()
    return joined


def _is_wrapped(before: str, text: str, width: int) -> bool:
    """Whether a line was broken only because the next word did not fit."""
    if read_date(text):
        return False
    first, length = next(iter(text.split()), ""), len(before.rstrip())
    is_full = length <= width + _RAGGED and length + 1 + len(first) > width - _RAGGED
    return width > 0 and (is_full or (length >= _LONG and first[:1].islower()))


def _table(lines: list[str], place: int) -> SourceTable:
    rows = [
        tuple((SourceParagraph(_spans(cell.strip()), place + at),) for cell in line.strip().split("\t"))
        for at, line in enumerate(lines)
    ]
    return SourceTable(tuple(rows), place)


def _spans(text: str) -> tuple[SourceSpan, ...]:
    return (SourceSpan(text),)
