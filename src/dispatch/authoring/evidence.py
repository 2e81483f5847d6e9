"""The evidence about a line: what its style, type, words and place in the document say, each as a sign with a name.

Nothing is decided here; `roles` says how much each sign speaks for each role.
"""

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatch.authoring import line_kinds
from dispatch.authoring.dates import find_date, read_date
from dispatch.authoring.document import SourceBlock, SourceParagraph, SourceTable
from dispatch.authoring.names import read_signers

_LABEL = re.compile(
    r"(policy|issue|research|briefing|working|discussion|position)? ?(brief|memo|memorandum|paper|report|analysis|"
    r"commentary|note|backgrounder|briefing|insight|explainer|op ed|factsheet)( (no |number )?\d+)?$|(vol|issue|no) \d"
)
_NOTICE = re.compile(
    r"\s*(?:embargo|first published|not for (?:quotation|circulation|distribution)|draft\b|confidential|jel\b|doi\b|"
    r"issn\b|isbn\b|contact\b|keywords?\b|key words\b|citation\b|cite as|suggested citation|tel\b|phone\b|"
    r"corresponding author|for (?:immediate )?release|word count|reading time)",
    re.IGNORECASE,
)
_KNOWN_HEADING = re.compile(
    r"(?:\d+\.?\s*)?(?:executive summary|summary|introduction|background|conclusions?|overview|abstract|outlook|"
    r"(?:policy )?recommendations?|implications|next steps|key (?:points|findings|takeaways)|discussion|context|"
    r"what (?:to|comes) .{0,30}|about the authors?|notes|references|sources|введение|выводы|заключение|итоги|结论|引言|"
    r"建议|背景|مقدمة|الخلاصة|خاتمة|giriş|sonuç)\W*",
    re.IGNORECASE,
)
_BEGINS_A_TITLE = re.compile(
    r"(?:\w{3,}ing|why|how|what|who|whose|when|where|is|are|can|does|do|should|will|towards?|beyond|after|before|between|"
    r"from|against|on|in|an?|no|not|if|почему|как|зачем|что|为什么|如何|لماذا|كيف)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)?, ?(?:[A-Z]{2}|[A-Z]\.[A-Z]\.|[A-Z]\w+(?: [A-Z]\w+)?)")
#: longest caption without a style that says it is one
_MAX_CAPTION = 320


@dataclass(frozen=True)
class Facts:
    """What is true of the whole document, against which each line is seen."""

    #: the size of most of its text in points, 0 where the file says nothing
    size: float = 0
    #: words that stand somewhere in small letters inside a sentence
    small_words: frozenset[str] = frozenset()
    #: folded line -> the indexes of the blocks that hold it
    lines: dict[str, list[int]] = field(default_factory=dict)
    #: folded lines of headers and footers
    headers: frozenset[str] = frozenset()
    #: words in a usual paragraph of prose
    paragraph_words: float = 60
    blocks: int = 0
    #: the look of its headings: `style`, `bold`, `larger`, in the order in which they count
    headings: frozenset[str] = frozenset()
    #: the sizes that two or more headings have
    heading_sizes: frozenset[float] = frozenset()


def facts_of(blocks: list[SourceBlock], headers: list[str]) -> Facts:
    """Return what is true of the whole document."""
    paragraphs = [block for block in blocks if isinstance(block, SourceParagraph) and block.words]
    sizes: Counter[float] = Counter()
    lines: dict[str, list[int]] = {}
    small: set[str] = set()
    lengths = []
    for at, block in enumerate(blocks):
        if not isinstance(block, SourceParagraph):
            continue
        sizes[block.size] += len(block.words)
        for line in block.lines():
            if folded := line_kinds.fold(line.words):
                lines.setdefault(folded, []).append(at)
        if line_kinds.is_prose(block.words):
            lengths.append(len(block.words.split()))
            small.update(word for word in re.findall(r"[^\W\d_]+", block.words) if word.islower())
    size = sizes.most_common(1)[0][0] if sizes else 0
    bold, looks_like = _looks_before_prose(paragraphs, size)
    looks = {"style"} if any(paragraph.heading for paragraph in paragraphs) else set()
    looks |= {"bold"} if bold >= 2 else set()
    looks |= {"larger"} if any(count >= 2 for count in looks_like.values()) else set()
    return Facts(
        size,
        frozenset(small),
        lines,
        frozenset(filter(None, map(line_kinds.fold, headers))),
        statistics.median(lengths) if lengths else 60,
        len(blocks),
        frozenset(looks),
        frozenset(larger for larger, count in looks_like.items() if count >= 2),
    )


def _looks_before_prose(paragraphs: list[SourceParagraph], size: float) -> tuple[int, Counter[float]]:
    """How many short lines before prose are bold, and how many have each larger size: so headings look here."""
    bold, larger = 0, Counter[float]()
    for line, following in itertools.pairwise(paragraphs):
        if len(line.words) <= 100 and line_kinds.is_prose(following.words) and not line_kinds.is_prose(line.words):
            bold += line.is_strong
            larger[line.size] += bool(size and line.size > size + 0.4)
    return bold, larger


def signs_of(line: SourceParagraph, facts: Facts) -> set[str]:
    """Return the signs that a line bears by itself; what stands around it is added by those who look there."""
    return {*_signs_of_look(line, facts), *_signs_of_length(line.words, facts), *_signs_of_words(line, facts)}


def _signs_of_look(line: SourceParagraph, facts: Facts) -> Iterator[str]:
    bears = {
        "caption style": "caption" in line.style or line.style in ("figure", "illustration", "drawing"),
        "heading style": line.heading > 0,
        "bold": line.is_strong,
        "slanted": line.is_slanted,
        "centred": line.align == "center",
        "larger type": facts.size > 0 and line.size > facts.size + 0.4,
        "smaller type": 0 < line.size < facts.size - 0.4,
        "list item": line.list_level >= 0,
        "quote": line.is_quote,
        "in a box": line.is_boxed,
        "gap before": line.has_gap,
        "calls a note": bool(line.notes),
        "same look as headings": _looks_like_headings(line, facts),
    }
    yield from (sign for sign, is_borne in bears.items() if is_borne)
    if line.style in ("title", "subtitle", "date"):
        yield f"{line.style} style"
    elif line.style == "author" and read_signers(line_kinds.read_by(line.words) or line.words):
        yield "author style"


def _looks_like_headings(line: SourceParagraph, facts: Facts) -> bool:
    return (
        (line.heading > 0 and "style" in facts.headings)
        or (line.is_strong and "bold" in facts.headings and "style" not in facts.headings)
        or line.size in facts.heading_sizes
    )


def _signs_of_length(text: str, facts: Facts) -> Iterator[str]:
    words = len(text.split())
    if line_kinds.is_han(text):
        words = len(text) // 2
    if words <= 1:
        yield "one word"
    elif words <= 3:
        yield "2 or 3 words"
    elif words <= 16:
        yield "4 to 16 words"
    elif words <= 25:
        yield "over 16 words"
    else:
        yield "over 25 words"
    if words <= 30 and line_kinds.ends_sentence(text) and words * 2 <= facts.paragraph_words:
        yield "short sentence"
    if words * 2 <= facts.paragraph_words:
        yield "shorter than prose"
    elif words >= 35:
        yield "a paragraph"
    if len(text) > _MAX_CAPTION:
        yield "too long for a caption"


def _signs_of_words(line: SourceParagraph, facts: Facts) -> Iterator[str]:
    text = line.words
    if line_kinds.is_prose(text):
        yield from ("prose", "ends a sentence")
        return
    if line_kinds.ends_sentence(text) and (len(text.split()) > 3 or text.endswith((".", "。"))):
        yield "ends a sentence" if not re.search(r"[?？؟!]$", text) else "colon or question"
    folded = line_kinds.fold(text)
    is_date = read_date(text) is not None
    bears = {
        "a date": is_date,
        "holds a date": not is_date and find_date(text) is not None,
        "a site": bool(line_kinds.read_site(text)),
        "an e-mail": line_kinds.is_email(text),
        "label": _LABEL.match(folded) is not None,
        "notice": _NOTICE.match(text) is not None,
        "picture label": line_kinds.has_typed_label(text),
        "table label": line_kinds.is_table_caption(text),
        "credit": line_kinds.read_credit(text) is not None,
        "in the header": folded in facts.headers,
        "a place": _PLACE.fullmatch(text) is not None,
        "known heading": _KNOWN_HEADING.fullmatch(text) is not None,
    }
    yield from (sign for sign, is_borne in bears.items() if is_borne)
    yield from _signs_of_ends(text, line)
    yield from _signs_of_people(text, facts)


def _signs_of_ends(text: str, line: SourceParagraph) -> Iterator[str]:
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return
    bears = {
        "capitals": len(letters) > 3 and all(letter.isupper() for letter in letters),
        "begins small": letters[0].islower(),
        "begins as titles do": _BEGINS_A_TITLE.match(text) is not None,
        "ends with a colon": text.endswith((":", "：")),
        "colon or question": re.search(r"[:：?？](?!$)|[?？]$", text) is not None,
        "ends with a comma": text.endswith((",", ";", "，", "；", "،", "؛")),
        "numbered": re.match(r"(?:\d{1,2}|[IVX]{1,4})[.)]?\s", text) is not None,
        "tabs": "\t" in line.text.strip(),
        "several lines": len([part for part in line.text.split("\n") if part.strip()]) > 1,
    }
    yield from (sign for sign, is_borne in bears.items() if is_borne)


def _signs_of_people(text: str, facts: Facts) -> Iterator[str]:
    who = line_kinds.read_by(text)
    signers = read_signers(who or text)
    if who and signers:
        yield "begins with By"
    elif any(signer.role or signer.organisation for signer in signers):
        yield "names with roles"
    elif signers:
        yield "names"
        if not re.search(r"[^\W\d_]", text) or text.upper() == text.lower():
            yield "no capitals in its script"
    if not signers:
        yield "no name in it"
    if line_kinds.is_role(text):
        yield "a role"
    if line_kinds.is_organisation(text):
        yield "an organisation"
    if line_kinds.is_programme(text):
        yield "a programme"
    words = [word.casefold() for word in re.findall(r"[^\W\d_]{3,}", text)]
    if words and all(word in facts.small_words for word in words):
        yield "words stand small in the text"


def paragraphs_of(blocks: list[SourceBlock]) -> Iterator[tuple[int, SourceParagraph]]:
    """Yield the paragraphs with words, each with its index."""
    for at, block in enumerate(blocks):
        if isinstance(block, SourceParagraph) and block.words:
            yield at, block


def is_table(block: SourceBlock | None) -> bool:
    """Return whether a block is a table."""
    return isinstance(block, SourceTable)
