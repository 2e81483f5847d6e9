"""What a line is, by its looks: a credit, a site, an organisation, a programme, a name, a role, prose."""

import re
from dataclasses import dataclass

_SITE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:/[^\s<>]*)?", re.IGNORECASE)
_EMAIL = re.compile(r"(?:e-?mail:\s*)?<?[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}>?", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(cent(?:er|re)|institut(?:e|ion|o)?|coalition|council|university|foundation|association|school|college|academy|"
    r"ministry|agency|society|chamber|committee|organi[sz]ation|network|forum|federation|union|think tank|bank|inc|llc|"
    r"ltd)\b|центр|институт|университет|фонд|совет|академия|коалиция|中心|研究所|大学|学院|委员会|协会|مركز|معهد|جامعة",
    re.IGNORECASE,
)
_PROGRAMME = re.compile(
    r"\b(programm?e?|initiative|project|desk|series|working group)\b|программа|项目|برنامج", re.IGNORECASE
)
_ROLE = re.compile(
    r"\b((?:co-)?director|assistant|fellow|analyst|professor|lecturer|researcher|research|intern|president|manager|"
    r"associate|editor|chair(?:man|woman|person)?|senior|junior|head|officer|scholar|advis[eo]r|ambassador|secretary|"
    r"coordinator|specialist|expert|student|candidate|founder|partner|attorney|correspondent|consultant|counsel|"
    r"economist|historian|journalist|colonel|general|ph\.?\s?d\.?|m\.?a\.?|j\.?d\.?|esq|jr|sr)(?![\w-])|директор|"
    r"научный сотрудник|аналитик|профессор|эксперт|主任|研究员|教授|分析师|مدير|باحث|أستاذ",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:written\s+by|by|authors?\s*[:：]|авторы?\s*[:：]|作者\s*[:：]|بقلم\s*[:：]?)\s*(?P<who>\S.*)", re.IGNORECASE
)
#: first words of headings that would pass for a name
_NO_NAME = re.compile(
    r"\b(executive|summary|introduction|background|conclusions?|overview|abstract|analysis|policy|brief|memo|report|"
    r"recommendations?|implications?|considerations?|future|history|context|findings|methods?|results|discussion|"
    r"references|notes|appendix|key|points?|outlook|next|steps|the|and|of|for|in|on|to|war|peace|security|economic|"
    r"strategic|regional|international|national|draft|final|confidential|embargoed)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    {"de", "del", "della", "der", "den", "van", "von", "zu", "al", "el", "la", "le", "bin", "ibn", "ben", "da", "di"}
    | {"dos", "du", "y", "e", "ter"}
)
_LABEL = re.compile(
    r"(?P<label>(?:photo(?:graph)?s?|images?|pictures?)(?:\s+(?:credits?|courtesy|source|by))*|credits?|source|"
    r"courtesy|фото|照片|图片来源|摄影|الصورة)\s*(?P<mark>[:：]|(?<=by)\s|\s+(?=courtesy of))\s*(?P<who>\S.*)",
    re.IGNORECASE,
)
_OWN_WORDS = re.compile(r"(?:courtesy of|©|\(c\)\s|ap photo\b|reuters\b|getty images\b)", re.IGNORECASE)
_AGENCY = re.compile(r"(?P<name>[^\d/:;!?<>@\[\]]{2,60}?)\s?/\s?(?P<agency>[^/:;!?<>@\[\]]{2,50})")
_TYPED_LABEL = re.compile(
    r"(?:fig(?:ure|\.)?|photo|chart|map|graph|diagram|illustration|рис(?:унок|\.)?|图|الشكل)\s*\d{1,3}\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?。！？؟…][\"'”’»)\]]*$")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture."""

    who: str
    #: the word before it that brief.md does not repeat, as "Photo:"
    label: str = ""


def read_credit(text: str) -> Credit | None:
    """The credit that a line is, or None: "Name / Agency", "Photo: …", "Credit: …", "© …"."""
    text = _bare(text)
    if not 3 <= len(text) <= 120 or "://" in text:
        return None
    if match := _LABEL.fullmatch(text):
        return Credit(match["who"].strip(), text[: match.start("who")].strip())
    if _OWN_WORDS.match(text) and len(text.split()) <= 10:
        return Credit(text)
    if (match := _AGENCY.fullmatch(text)) and all(_is_proper(match[part]) for part in ("name", "agency")):
        return Credit(text)
    return None


def names_photographer(text: str) -> bool:
    """Whether a credit speaks of a picture even where no picture stands (a "Source: …" may belong to a table)."""
    return read_credit(text) is not None and not re.match(r"\W*source", text, re.IGNORECASE)


def split_caption(text: str) -> tuple[str, Credit | None]:
    """A caption that ends in its credit, as "Words. (Photo: Name)", in two."""
    patterns = (
        r"(?P<caption>.*\S)\s*\((?P<credit>[^()]{3,100})\)",
        r"(?P<caption>.*[.!?»”\"])\s+(?P<credit>(?:photo|credit|image|picture|©|courtesy)[^.]{2,80}\.?)",
    )
    for pattern in patterns:
        match = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
        if match and names_photographer(match["credit"]):
            return match["caption"], read_credit(match["credit"].rstrip("."))
    return text, None


def has_typed_label(text: str) -> bool:
    """Whether a line starts as captions do: "Figure 3: …"."""
    return _TYPED_LABEL.match(text.strip()) is not None


def _bare(text: str) -> str:
    text = " ".join(text.split())
    return text[1:-1].strip() if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text


def _is_proper(text: str) -> bool:
    """Whether it may be a name: few words, the first with a capital or in a script without them."""
    words = text.split()
    first = text.lstrip("\"'“‘(")[:1]
    return 1 <= len(words) <= 6 and first.isalpha() and not first.islower()


def read_site(text: str) -> str:
    """The web address that a line is, as typed, "" for none."""
    text = text.strip().strip("<>")
    return text if _SITE.fullmatch(text) else ""


def is_email(text: str) -> bool:
    """Whether a line is an e-mail address."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_organisation(text: str) -> bool:
    """Whether a line names an organisation."""
    return bool(_ORGANISATION.search(text)) and len(text.split()) <= 12 and not is_sentence(text)


def is_programme(text: str) -> bool:
    """Whether a line names a programme."""
    return bool(_PROGRAMME.search(text)) and len(text.split()) <= 10 and not is_sentence(text)


def is_role(text: str) -> bool:
    """Whether a line says what someone is."""
    return bool(_ROLE.search(text)) and len(text.split()) <= 14 and not is_sentence(text)


def read_by(text: str) -> str:
    """Who stands after "By", "Author:" and the like, "" where the line does not start so."""
    match = _BY.fullmatch(text.strip())
    return match["who"].strip() if match else ""


def is_name(text: str) -> bool:
    """Whether a text may be a person's name: two to five words, each with a capital or in a script without them."""
    text = text.strip()
    if not 2 <= len(text) <= 60 or re.search(r"[\d_@/\\:;!?\"“”<>|#]", text) or _NO_NAME.search(text):
        return False
    if _ORGANISATION.search(text) or _PROGRAMME.search(text):
        return False
    words = text.split()
    if len(words) == 1:
        return _HAN.search(text) is not None and len(text) <= 5
    return len(words) <= 5 and all(
        word.casefold() in _PARTICLES or (not word[0].islower() and word[0].isalpha()) for word in words
    )


def is_sentence(text: str) -> bool:
    """Whether a line ends as sentences do and is long enough to be one."""
    return _SENTENCE_END.search(text.strip()) is not None and (len(text.split()) >= 6 or len(_HAN.findall(text)) >= 12)


def is_prose(text: str) -> bool:
    """Whether a text is a paragraph of running words and not a line of the head."""
    if len(text) > 140 or len(_HAN.findall(text)) > 45:
        return True
    return is_sentence(text) and (len(text.split()) >= 12 or len(_HAN.findall(text)) >= 25)


def is_heading_line(text: str) -> bool:
    """Whether a line of its own can be a heading: short, without the end of a sentence, with a letter."""
    text = text.strip()
    if not text or len(text) > 90 or len(_HAN.findall(text)) > 30 or len(text.split()) > 14:
        return False
    first = next((letter for letter in text if letter.isalnum()), "")
    return bool(first) and not first.islower() and re.search(r"[.!;,:。！；，：،؛…]$", text) is None


def fold(text: str) -> str:
    """The text as two lines are held against each other: without case, punctuation and a leading "the"."""
    folded = " ".join(re.findall(r"\w+", text.casefold()))
    return folded.removeprefix("the ")
