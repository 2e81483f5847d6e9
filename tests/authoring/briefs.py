"""Eight briefs of 700 to 830 words, written from one store of sentences; what a person would find in each is known."""

import datetime as dt
import random
from dataclasses import dataclass

#: words that the sentences take: place, river or sea, good, ministry, rival, treaty, year, figure
TOPICS = (
    (
        "Aktau",
        "the Caspian",
        "grain",
        "the transport ministry",
        "Baku",
        "the ferry accord",
        "2021",
        "4.2 million tonnes",
    ),
    (
        "Khorgos",
        "the Ili",
        "machinery",
        "the customs service",
        "Urumqi",
        "the transit protocol",
        "2019",
        "310,000 wagons",
    ),
    (
        "Batumi",
        "the Black Sea",
        "manganese",
        "the port authority",
        "Trabzon",
        "the harbour lease",
        "2018",
        "$640 million",
    ),
    (
        "Termez",
        "the Amu Darya",
        "cement",
        "the water committee",
        "Mazar",
        "the canal treaty",
        "2022",
        "ten cubic kilometres",
    ),
    (
        "Vardø",
        "the Barents Sea",
        "cod",
        "the coast guard",
        "Murmansk",
        "the fisheries agreement",
        "2016",
        "23 per cent",
    ),
    ("Van", "the Araxes", "copper", "the energy regulator", "Tabriz", "the grid contract", "2020", "1,800 megawatts"),
    ("Tiraspol", "the Dniester", "steel", "the finance ministry", "Odesa", "the gas settlement", "2017", "€95 million"),
    ("Rason", "the Tumen", "coal", "the sanctions panel", "Hunchun", "the bridge memorandum", "2023", "68 shipments"),
)
_SENTENCES = (
    "Traders in {place} had waited since {year} for {treaty}, and few believed that it would be kept.",
    "By the end of {year} the volume of {good} that crossed {water} had reached {figure}, according to {office}.",
    "That number hides more than it shows, because {rival} counts the same cargo twice.",
    "Officials at {office} – who asked not to be named – say that the tariff was never meant to last.",
    "Insurance costs rose in the same months, and the smaller shippers left the market.",
    "The route through {place} is shorter by six days, yet it closes whenever {water} freezes or runs low.",
    "In {year}. the argument went, nobody would have asked who pays for the dredging.",
    "Local firms answered with contracts of three months instead of a year, which banks do not like.",
    "A second terminal would help, but its concession has been before the courts since {year}.",
    "Neither side has published the annex of {treaty} that sets the quotas.",
    "What is known comes from two audits, a leaked timetable and the memory of those who loaded the ships.",
    "They agree on one point: the trade in {good} pays for almost everything else in {place}.",
    "Since then {rival} has offered credits on easier terms, and {place} has taken them.",
    "The credits must be repaid in {good}, at a price that {office} fixes once a year.",
    "Engineers warn that the works along {water} need ten years, not four.",
    "Nothing in {treaty} says what happens when one of the parties stops measuring.",
    "For the towns on the far bank the difference is small; for those on this one it decides who stays.",
    "A pilot project of {year} cut waiting times by half before its funding ended.",
    "Its lessons were written down, translated twice and forgotten.",
    "The next round of talks is due in spring, when {office} will have a new head.",
    "Until then the practical questions are settled by telephone, between people who know each other for decades.",
    "That works well enough as long as none of them retires.",
    "Critics call it a relic; its defenders answer that every alternative was tried in {year} and failed.",
    "Both are right, and both leave out the cost of doing nothing, which grew to {figure}.",
    "The figures of {rival} point the same way, although they are published a year late.",
    "It would be cheap to publish the tables, and dear to go on guessing.",
    "Drivers wait two nights at the gate, and some of the {good} spoils before a stamp is found.",
    "An observer from a neutral state could sit in {place} within a month.",
    "The bank that holds the guarantee has twice asked for its release.",
    "So far nobody has told the public, and the public has not asked.",
)
_HEADINGS = (
    ("A Quiet Agreement", "Who Pays for the Delay", "What Can Still Be Done"),
    ("Background", "Numbers That Do Not Add Up", "Recommendations"),
    ("How the Line Was Drawn", "The Price of Waiting", "Outlook"),
    ("Three Bad Years", "Winners and Losers", "Steps Before the Spring"),
    ("Introduction", "Sanctions / Export Controls", "Conclusion"),
    ("The Bargain", "Does the Money Arrive?", "Next Steps"),
    ("Old Habits", "A Market Without Prices", "Policy Options"),
    ("Summary", "Risks: Floods and Lawsuits", "What Comes Next"),
)
_TITLES = (
    "Across the Caspian and Back: Why the Ferries Stand Still",
    "A Dry Port Far From Any Sea",
    "Reforming the Black Sea Harbour Council",
    "Who Owns the Amu Darya?",
    "Cod, Quotas and the Coast Guard",
    "The Grid That Ends at the Border",
    "Paying Twice for the Same Gas",
    "Counting Coal on the Tumen: Sixty-Eight Ships Nobody Saw",
)
_STANDFIRSTS = (
    "What an accord without an annex does to a port",
    "Lessons from a railway yard in the desert",
    "How a lease outlived three governments",
    "A canal, a treaty and a river that shrinks",
    "Why neighbours still share what they no longer discuss",
    "Copper needs power, and power needs a contract",
    "The settlement of 2017 in the light of its bills",
    "Satellites, manifests and a bridge",
)
_POINTS = (
    "Publish the quotas of the annex",
    "Place one neutral observer at the gate",
    "Fund the second terminal for five years",
    "Release the guarantee in two steps",
)
_CAPTIONS = (
    ("Cranes at the old quay on a windless morning.", "Nurlan Bekov / Reuters"),
    ("Wagons wait for a change of gauge.", "Ivan Petrov / Sputnik"),
    ("The pumping station before it was flooded.", "Leyla Demir / Anadolu"),
    ("Fishermen fix their nets next to the breakwater.", "Marte Solberg"),
)
_NOTES = (
    "Statistical yearbook, table 14, p. 210.",
    "Interview with a former harbour master, 3 May 2023.",
    "Ibid., p. 212.",
    "See the audit of the regional court, https://audit.example.org/reports/17.",
)
AUTHORS = (
    (("Maja Lindqvist", "Senior Fellow", "Institute for Northern Trade"),),
    (("Daniyar Omarov", "Research Fellow", "Steppe Policy Forum"),),
    (
        ("Ketevan Lomidze", "Director", "Center for Harbour Studies"),
        ("Paul Okafor", "Director", "Center for Harbour Studies"),
    ),
    (("Shirin Rahmani", "Visiting Scholar", "University of Tashkent"),),
    (("Erik van der Meer", "Analyst", ""),),
    (("Hasan Yıldız", "Lawyer", "Bosphorus Energy Council"),),
    (
        ("Ana-Maria Popescu", "Economist", "Danube Foundation"),
        ("Igor Melnyk", "Senior Researcher", "Kyiv School of Transport"),
    ),
    (("Kim Ji-won", "Research Assistant", ""),),
)


@dataclass(frozen=True)
class Written:
    """One brief as its author meant it."""

    title: str
    standfirst: str
    date: dt.date
    #: name, role, organisation
    authors: tuple[tuple[str, str, str], ...]
    #: heading -> paragraphs
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    points: tuple[str, ...]
    quote: str
    #: caption and credit
    figures: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    biography: str

    @property
    def words(self) -> int:
        """The words of its text."""
        texts = [text for _, paragraphs in self.sections for text in paragraphs]
        return sum(len(text.split()) for text in (*texts, *self.points, self.quote, *self.notes, self.biography))


def briefs() -> list[Written]:
    """The eight briefs, always the same."""
    return [_brief(number) for number in range(8)]


def _brief(number: int) -> Written:
    choose = random.Random(number)
    names = ("place", "water", "good", "office", "rival", "treaty", "year", "figure")
    fill = dict(zip(names, TOPICS[number], strict=True))
    sentences = [sentence.format(**fill) for sentence in choose.sample(_SENTENCES, len(_SENTENCES))]
    sentences += [sentence.format(**fill) for sentence in choose.sample(_SENTENCES, 14)]
    paragraphs = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    cuts = ((0, 4), (4, 8), (8, 11))
    sections = tuple((h, tuple(paragraphs[a:b])) for h, (a, b) in zip(_HEADINGS[number], cuts, strict=True))
    name, role, organisation = AUTHORS[number][0]
    where = f" at the {organisation}" if organisation else ""
    return Written(
        title=_TITLES[number],
        standfirst=_STANDFIRSTS[number],
        date=dt.date(2023, 1 + number, 11 + number),
        authors=AUTHORS[number],
        sections=sections,
        points=tuple(choose.sample(_POINTS, 3)),
        quote="We sign what we can measure, and we measure what we are paid to see.",
        figures=tuple(choose.sample(_CAPTIONS, 2)),
        notes=_NOTES,
        biography=f"{name} is a {role.lower()}{where} and has written on trade and rivers for twelve years.",
    )
