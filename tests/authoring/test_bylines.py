"""Who signs: fifty-five bylines as people type them under a title; at least fifty are read in full."""

from dispatch.authoring.document import Draft
from dispatch.authoring.plain import read_text
from dispatch.authoring.understand import understand

PROSE = (
    "The agreement was signed on Friday after eleven months of talks, and it took most observers by surprise, "
    "because nobody had expected the ports to open before the spring."
)
A, B = "Aigerim Sadykova", "Tomasz Wolski"
ROLE, FORUM, OSLO = "Senior Fellow", "Caspian Policy Forum", "University of Oslo"
Author = tuple[str, str, str]
BYLINES: tuple[tuple[str, tuple[Author, ...]], ...] = (
    (A, ((A, "", ""),)),
    (f"{A} and {B}", ((A, "", ""), (B, "", ""))),
    (f"{A} & {B}", ((A, "", ""), (B, "", ""))),
    (f"{A}, {B}", ((A, "", ""), (B, "", ""))),
    (f"{A}, {B} and Li Wei", ((A, "", ""), (B, "", ""), ("Li Wei", "", ""))),
    (f"By {A}", ((A, "", ""),)),
    (f"by {A}", ((A, "", ""),)),
    (f"BY {A.upper()}", ((A.upper(), "", ""),)),
    (f"By: {A}", ((A, "", ""),)),
    (f"Written by {A}", ((A, "", ""),)),
    (f"Prepared by: {A}", ((A, "", ""),)),
    (f"Author: {A}", ((A, "", ""),)),
    (f"Authors: {A}, {B}", ((A, "", ""), (B, "", ""))),
    (f"By {A} | 1 May 2023", ((A, "", ""),)),
    (f"{A}, 1 May 2023", ((A, "", ""),)),
    (f"{A}, {ROLE}", ((A, ROLE, ""),)),
    (f"{A}, {ROLE}, {FORUM}", ((A, ROLE, FORUM),)),
    (f"{A} ({FORUM})", ((A, "", FORUM),)),
    (f"{A} ({ROLE}, {FORUM})", ((A, ROLE, FORUM),)),
    (f"{A} ({FORUM}) and {B} ({OSLO})", ((A, "", FORUM), (B, "", OSLO))),
    (f"{A}, {ROLE}; {B}, Analyst", ((A, ROLE, ""), (B, "Analyst", ""))),
    (f"{A}, {ROLE}, and {B}, Analyst", ((A, ROLE, ""), (B, "Analyst", ""))),
    (f"{A} | {ROLE} | {FORUM}", ((A, ROLE, FORUM),)),
    (f"{A} – {ROLE} – {FORUM}", ((A, ROLE, FORUM),)),
    (f"{A} — {FORUM}", ((A, "", FORUM),)),
    (f"{A}\n{ROLE}", ((A, ROLE, ""),)),
    (f"{A}\n{ROLE}\n{FORUM}", ((A, ROLE, FORUM),)),
    (f"{A}\n{ROLE}, {FORUM}", ((A, ROLE, FORUM),)),
    (f"{A}\n{FORUM}", ((A, "", FORUM),)),
    (f"{A}\n{ROLE}\n\n{B}\nAnalyst", ((A, ROLE, ""), (B, "Analyst", ""))),
    (f"By {A} and {B}\nVisiting Researchers", ((A, "Visiting Researchers", ""), (B, "Visiting Researchers", ""))),
    (f"By {A} and {B}\n{ROLE}\nVisiting Researcher", ((A, ROLE, ""), (B, "Visiting Researcher", ""))),
    (f"By {A} and {B}\n{FORUM}", ((A, "", FORUM), (B, "", FORUM))),
    (f"{A}\n{ROLE}\naigerim@example.org", ((A, ROLE, ""),)),
    (f"Dr. {A}, {OSLO}", ((f"Dr. {A}", "", OSLO),)),
    (f"Prof. {A}", ((f"Prof. {A}", "", ""),)),
    (f"Amb. (ret.) {A}", ((f"Amb. (ret.) {A}", "", ""),)),
    ("Col. (Ret.) John Smith, Military Analyst", (("Col. (Ret.) John Smith", "Military Analyst", ""),)),
    (f"{A}, Ph.D.", ((A, "Ph.D.", ""),)),
    (f"{A}, PhD, {ROLE}", ((A, f"PhD, {ROLE}", ""),)),
    ("Kim Ji-won (김지원), Research Assistant", (("Kim Ji-won (김지원)", "Research Assistant", ""),)),
    ("Maria del Carmen de la Cruz Fernández", (("Maria del Carmen de la Cruz Fernández", "", ""),)),
    ("Ludwig van der Berg, Jr.", (("Ludwig van der Berg, Jr.", "", ""),)),
    ("J. R. O'Neill, Economist", (("J. R. O'Neill", "Economist", ""),)),
    (f"{A}, lawyer", ((A, "lawyer", ""),)),
    (f"{A}\nFormer Minister of Energy", ((A, "Former Minister of Energy", ""),)),
    (f"{A}, Engineer, Arctic Futures Project", ((A, "Engineer", "Arctic Futures Project"),)),
    (f"{A}\nDirector, Arctic Futures Project", ((A, "Director", "Arctic Futures Project"),)),
    (f"{A}, Director of Research and Policy", ((A, "Director of Research and Policy", ""),)),
    (f"{A}, Center for Peace and Security", ((A, "", "Center for Peace and Security"),)),
    (f"{A}*", ((A, "", ""),)),
    ("Нурлан Бекенов, старший научный сотрудник", (("Нурлан Бекенов", "старший научный сотрудник", ""),)),
    ("Автор: Нурлан Бекенов", (("Нурлан Бекенов", "", ""),)),
    ("王伟，研究员", (("王伟", "研究员", ""),)),
    ("بقلم: أحمد منصور", (("أحمد منصور", "", ""),)),
)


def authors_of(byline: str) -> list[Author]:
    text = f"Rails Across the Steppe\n\n{byline}\n\n19 September 2023\n\n{PROSE}\n\n{PROSE}\n"
    draft: Draft = understand(read_text(text.encode(), "a.txt"))
    return [(author.name, author.role, author.organisation) for author in draft.authors]


def test_nearly_all_bylines_are_read_in_full() -> None:
    wrong = {byline: authors_of(byline) for byline, meant in BYLINES if authors_of(byline) != list(meant)}
    assert len(BYLINES) == 55
    assert len(BYLINES) - len(wrong) >= 50, wrong
