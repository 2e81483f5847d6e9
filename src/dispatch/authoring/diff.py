"""What an update changed, block by block, with the words that went and came."""

import difflib
import re
from collections.abc import Iterator

from dispatch.markup.characters import with_plain_line_ends
from dispatch.markup.front_matter import split

#: unchanged words shown on either side of a change
_CONTEXT = 4
#: a block that is gone or new is shown up to this length
_SHOWN = 160


def changes(before: str, after: str) -> list[str]:
    """The changes from one brief.md to the next, each ready to show with its line in the new one.

    Words that went stand in [-…-], words that came in {+…+}.
    """
    old, new = _blocks(before), _blocks(after)
    matcher = difflib.SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False)
    shown: list[str] = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            shown.extend(_change(old[i1:i2], new[j1:j2]))
    return shown


def _blocks(text: str) -> list[tuple[int, str]]:
    """Blocks with their first lines; the front matter counts line by line."""
    blocks: list[tuple[int, str]] = []
    text = with_plain_line_ends(text)
    parts = split(text)
    front = text.count("\n", 0, parts.end) if parts else -1
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        goes_on = number > front + 2 and number > 1 and lines[number - 2].strip() and not line.startswith("[^")
        if line.strip() and goes_on:
            start, before = blocks[-1]
            blocks[-1] = (start, f"{before}\n{line}")
        elif line.strip():
            blocks.append((number, line))
    return blocks


def _change(old: list[tuple[int, str]], new: list[tuple[int, str]]) -> Iterator[str]:
    """The changes where some blocks gave way to others; like ones are paired."""
    left = list(old)
    line = new[0][0] if new else 0
    for line, text in new:
        pair = next((block for block in left if _likeness(block[1], text) > 0.5), None)
        if pair is None:
            yield f"line {line}, new: {{+{_short(text)}+}}"
            continue
        for gone in left[: left.index(pair)]:
            yield f"before line {line}, gone: [-{_short(gone[1])}-]"
        left = left[left.index(pair) + 1 :]
        yield f"line {line}: {_words_changed(pair[1], text)}"
    for gone in left:
        yield f"{f'after line {line}' if line else 'here'}, gone: [-{_short(gone[1])}-]"


def _likeness(one: str, other: str) -> float:
    """How alike two blocks are, 0 to 1: by words, short ones by letters."""
    if len(one) + len(other) < 200:
        return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    return difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN].rsplit(" ", 1)[0] + " …"


def _words_changed(old: str, new: str) -> str:
    before, after = re.findall(r"\S+", old), re.findall(r"\S+", new)
    out: list[str] = []
    opcodes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for at, (kind, i1, i2, j1, j2) in enumerate(opcodes):
        if kind == "equal":
            out.extend(_context(before[i1:i2], is_first=at == 0, is_last=at == len(opcodes) - 1))
            continue
        if i2 > i1:
            out.append(f"[-{' '.join(before[i1:i2])}-]")
        if j2 > j1:
            out.append(f"{{+{' '.join(after[j1:j2])}+}}")
    return " ".join(out)


def _context(words: list[str], *, is_first: bool, is_last: bool) -> list[str]:
    head = [] if is_first else words[:_CONTEXT]
    tail = [] if is_last else words[-_CONTEXT:]
    if len(words) <= len(head) + len(tail):
        return words
    return [*head, "…", *tail]
