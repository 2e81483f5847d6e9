"""What a line is, by its words: a credit, a site, an organisation, a programme, a name, a role, prose."""

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
    r"economist|historian|journalist|colonel|general|lawyer|minister|engineer|diplomat|envoy|governor|senator|judge|"
    r"teacher|writer|author|columnist|reporter|entrepreneur|banker|investor|strategist|planner|geographer|sociologist|"
    r"geologist|scientist|statistician|translator|photographer|lead|leader|principal|dean|rector|chief|deputy|vice|"
    r"executive|administrator|representative|member|reader|postdoctoral|postdoc|doctoral|visiting|independent|"
    r"freelance|former|retired|emeritus|emerita|fellows|analysts|researchers|directors|professors|assistants|experts|"
    r"scholars|editors|ph\.?\s?d\.?|m\.?a\.?|j\.?d\.?|esq|jr|sr)(?![\w-])|директор|"
    r"старший|младший|юрист|инженер|министр|советник|доцент|"
    r"научный сотрудник|аналитик|профессор|эксперт|主任|研究员|教授|分析师|مدير|باحث|أستاذ",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:(?:written|prepared|compiled|drafted|authored)\s+by\s*[:：]?|by\s*[:：]?(?=\s)|text\s*[:：]|authors?\s*[:：]|авторы?\s*[:：]|作者\s*[:：]|بقلم\s*[:：]?)\s*(?P<who>\S.*)",
    re.IGNORECASE,
)
#: first words of headings that would pass for a name
_NO_NAME = re.compile(
    r"\b(executive|summary|introduction|background|conclusions?|overview|abstract|analysis|policy|brief|memo|report|"
    r"recommendations?|implications?|considerations?|future|history|context|findings|methods?|results|discussion|"
    r"references|notes|appendix|key|points?|outlook|next|steps|the|and|of|for|in|on|to|war|peace|security|economic|"
    r"strategic|regional|international|national|draft|final|confidential|embargoed|foreign|affairs|studies|strategy|"
    r"relations|energy|trade|defen[cs]e|development|research|law|finance|climate|government|about|authors?|part|"
    r"section|chapter|figure|table|source|sources|contact|washington|london|brussels|is|are|was|not|what|why|how|"
    r"who|when|where|does|do|can|will|we|our|new|its|across|between|after|before|without|beyond|under|over|from|with)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    {"de", "del", "della", "der", "den", "van", "von", "zu", "al", "el", "la", "le", "bin", "ibn", "ben", "da", "di"}
    | {"dos", "du", "y", "e", "ter"}
)
_LABEL = re.compile(
    r"(?P<label>(?:photo(?:graph)?(?:s|y)?|images?|pictures?|graphics?|maps?|charts?|illustrations?)"
    r"(?:\s+(?:credits?|courtesy|source|by))*|credits?|sources?|courtesy|фото|источник|照片|图片来源|来源|摄影|الصورة|المصدر)"
    r"\s*(?P<mark>[:：]|\s[–—-]\s|(?<=by)\s|\s+(?=courtesy of))\s*(?P<who>\S.*)",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\W*(?:sources?|источник|来源|المصدر)\b", re.IGNORECASE)
_PHOTO = re.compile(r"\W*(?:photo|image|picture|фото|照片|图片|摄影|الصورة)", re.IGNORECASE)
_AGENCY_NAMES = (
    r"(?:reuters|ap|afp|associated press|getty(?: images)?|epa(?:-efe)?|sputnik|tass|xinhua|anadolu|aa|dpa|pa|"
    r"ria novosti|kyodo|yonhap|bloomberg|shutterstock|alamy|flickr|"
    r"wikimedia(?: commons)?|unsplash|nasa|kremlin\.ru|kcna|pool|zuma|"
    r"istock|dvids|u\.?s\.? (?:army|navy|air force|department of (?:defense|state))|state department)"
)
_OWN_WORDS = re.compile(
    rf"(?:photo |image )?courtesy of .+|(?:©|\(c\)\s).+|ap photo\b.*|{_AGENCY_NAMES}(?:\s?/\s?\S.*)?", re.IGNORECASE
)
_AGENCY = re.compile(r"(?P<name>[^\d/:;!?<>@\[\]]{2,60}?)\s?/\s?(?P<agency>[^/:;!?<>@\[\]]{2,50})")
_KNOWN_AGENCY = re.compile(_AGENCY_NAMES + r"(?:\b.*)?", re.IGNORECASE)
_RIGHTS = re.compile(r"all rights reserved|alle rechte|todos los derechos|все права|版权所有", re.IGNORECASE)
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
    #: what makes it a credit: `credit label`, `source label`, `copyright sign`, `name and agency`, …
    sign: str = "credit label"


def read_credit(text: str) -> Credit | None:
    """Return the credit that a line is, or None: "Name / Agency", "Photo: …", "Credit: …", "© …"."""
    text = _bare(text)
    if not 2 <= len(text) <= 120 or "://" in text or _RIGHTS.search(text):
        return None
    if match := _LABEL.fullmatch(text):
        sign = "source label" if _SOURCE.match(text) else "credit label"
        return Credit(match["who"].strip(), text[: match.start("who")].strip(), sign)
    if _OWN_WORDS.fullmatch(text) and len(text.split()) <= 10:
        owner = re.sub(r"^(?:©|\(c\))\s*(?:\d{4},?\s*)?", "", text, flags=re.IGNORECASE)
        names_owner = is_name(owner) or "/" in owner or _KNOWN_AGENCY.fullmatch(owner)
        return Credit(text, sign="name and agency" if names_owner else "copyright sign")
    match = _AGENCY.fullmatch(text)
    if (
        match is None
        or re.search(r"\w{3,}[.!?]\s", match["name"])
        or not all(_is_proper(match[part]) for part in ("name", "agency"))
    ):
        return None
    is_person = is_name(match["name"])
    is_agency = _KNOWN_AGENCY.fullmatch(match["agency"].strip()) is not None
    if is_person and is_agency:
        return Credit(text, sign="person and agency")
    return Credit(text, sign="name and agency") if is_person or is_agency else None


def speaks_of_photo(text: str) -> bool:
    """Return whether a line names a picture in words, as "Photo: …"."""
    return _PHOTO.match(text) is not None


def reserves_rights(text: str) -> bool:
    """Return whether a line reserves the rights to the whole document."""
    return _RIGHTS.search(text) is not None


_CREDIT_AT_END = (
    re.compile(r"(?P<caption>.*\S)\s*[(\[](?P<credit>[^()\[\]]{3,100})[)\]]\.?", re.DOTALL),
    re.compile(
        r"(?P<caption>.*[.!?»”\"])\s+(?P<credit>(?:photo|credit|image|picture|©|courtesy|source)[^.]{2,80}\.?)",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(r"(?P<caption>.*[.!?»”\"。])\s*(?P<credit>[^.!?。]{3,80}/[^.!?。]{2,50})", re.DOTALL),
    re.compile(r"(?P<caption>.*\S)\s*(?:\||\s[–—-])\s+(?P<credit>[^|–—]{3,80})", re.DOTALL),
)


_NAME_AT_END = (
    re.compile(r"(?P<caption>.*\S)\s*[(\[](?P<credit>[^()\[\]]{3,60})[)\]]\.?", re.DOTALL),
    re.compile(r"(?P<caption>.*[.!?»”\"。])\s+(?P<credit>[^.!?。]{3,60})", re.DOTALL),
)


def split_caption(text: str, *, has_picture: bool = False) -> tuple[str, Credit | None]:
    """Return a caption that ends in its credit, as "Words. (Photo: Name)", in two.

    Beside a picture, a bare name after the sentence is a credit too.
    """
    for pattern in _CREDIT_AT_END:
        if match := pattern.fullmatch(text):
            inside = match["credit"].strip()
            credit = read_credit(inside) or read_credit(inside.rstrip("."))
            if credit:
                return match["caption"], credit
    for pattern in _NAME_AT_END if has_picture else ():
        if (match := pattern.fullmatch(text)) and len(match["credit"].split()) <= 5 and is_name(match["credit"]):
            return match["caption"], Credit(match["credit"], sign="name and agency")
    return text, None


def has_typed_label(text: str) -> bool:
    """Whether a line starts as captions do: "Figure 3: …"."""
    return _TYPED_LABEL.match(text.strip()) is not None


def is_table_caption(text: str) -> bool:
    """Return whether a line is the caption of a table, as "Table 2: …"."""
    return re.match(r"(?:table|таблица|tabelle|tableau|表|جدول)\s*\d", text.strip(), re.IGNORECASE) is not None


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
    """Whether a text may be a person's name: two to six words, each with a capital or in a script without them."""
    text = text.strip()
    if not 2 <= len(text) <= 60 or re.search(r"[\d_@/\\:;!?\"“”<>|#]", text) or _NO_NAME.search(text):
        return False
    if _ORGANISATION.search(text) or _PROGRAMME.search(text):
        return False
    words = text.split()
    if len(words) == 1:
        return _HAN.search(text) is not None and len(text) <= 5
    own = [word for word in words if word.casefold() not in _PARTICLES]
    return 0 < len(own) <= 6 and all(not word[0].islower() and word[0].isalpha() for word in own)


def is_han(text: str) -> bool:
    """Return whether a text is mostly in a script that needs no blanks."""
    return len(_HAN.findall(text)) * 2 > len(text.replace(" ", ""))


def ends_sentence(text: str) -> bool:
    """Return whether a line ends as sentences do."""
    return _SENTENCE_END.search(text.strip()) is not None


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
