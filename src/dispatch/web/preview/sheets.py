"""Sheets: the values that each page of the preview shows, from one rendering."""

from collections import Counter
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from dispatch.compose.view import View, view
from dispatch.model.brand import Audience
from dispatch.model.edition import Edition
from dispatch.model.finding import Finding, Level
from dispatch.pipeline.prepare import Prepared
from dispatch.web.preview import mail
from dispatch.web.preview.choice import LIGHTS, PEOPLE, SHOWS, WIDTHS, Addresses, Choice
from dispatch.web.preview.live import Shown

#: Gmail shows a mail of more bytes of html cut, with a link to the rest (notes/rendering.md section 4)
GMAIL_BYTES = 102_000
#: how much of a mail inboxes show in their usual width: name, characters of the subject, of the preheader, and whether
#: both share one line, whose characters they then share
INBOXES = (
    ("Gmail, desktop", 70, 100, True),
    ("Outlook, desktop", 55, 60, False),
    ("Apple Mail, phone", 38, 84, False),
    ("Gmail, phone", 36, 42, False),
)
TABS = {
    "mail": "Email",
    "inbox": "Inbox",
    "differences": "Differences",
    "findings": "Findings",
    "links": "Links",
    "people": "Recipients",
    "words": "Text & captions",
    "proof": "Proof",
}


class Sheets:
    """Makes the values of pages, for one kind of addresses."""

    def __init__(self, addresses: Addresses, tabs: Sequence[str] = tuple(TABS)) -> None:
        self.addresses = addresses
        self.tabs = tabs

    def common(self, shown: Shown, here: str) -> dict[str, Any]:
        """What every page shows."""
        prepared = shown.prepared
        findings = prepared.findings if prepared else []
        weighty = sum(finding.level is not Level.NOTE for finding in findings)
        return {
            "at": self.addresses,
            "here": here,
            "tabs": [(key, TABS[key], weighty if key == "findings" else 0) for key in self.tabs],
            "banner": shown.bearings.banner,
            "version": shown.version,
            "heading": prepared.brief.title if prepared else "A brief that cannot be shown yet",
            "slug": prepared.brief.slug if prepared else "",
            "problem": shown.problem.lines() if shown.problem else [],
            "is_stale": shown.problem is not None and prepared is not None,
        }

    def mail(self, shown: Shown, choice: Choice, person: Mapping[str, str]) -> dict[str, Any]:
        """The mails side by side, or one, filled with a person's values."""
        prepared = _ready(shown)
        editions = []
        for audience in shown.bearings.audiences:
            if choice.audience in ("", audience.slug):
                edition = prepared.editions[audience.slug]
                subject, html, text = mail.filled(edition, person, "https://")
                entry = _edition(audience, edition) | {"subject": subject, "text": text, "source": html}
                editions.append(entry | {"frame": self.addresses.frame(audience.slug, choice)})
        return {"choice": choice, "editions": editions, "rows": self._rows(shown, choice)}

    def _rows(self, shown: Shown, choice: Choice) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """The rows of words that choose: (what, [(words, address, is chosen)])."""
        audiences = {"": "Both" if len(shown.bearings.audiences) == 2 else "All"}
        audiences |= {audience.slug: audience.name for audience in shown.bearings.audiences}
        people = PEOPLE if self.addresses.is_live else {}
        rows = (
            ("Edition", "audience", audiences),
            ("Show", "show", SHOWS),
            ("Width", "width", WIDTHS if choice.show not in ("text", "source") else {}),
            ("Colour scheme", "light", LIGHTS if choice.show not in ("text", "source") else {}),
            ("Recipient", "person", people),
        )
        return [
            (
                words,
                [
                    (each, self.addresses.page("mail", choice.but(**{name: key})), getattr(choice, name) == key)
                    for key, each in values.items()
                ],
            )
            for words, name, values in rows
            if len(values) > 1
        ]

    def inbox(self, shown: Shown, person: Mapping[str, str]) -> dict[str, Any]:
        """Subject and preheader, cut where inboxes cut them."""
        prepared = _ready(shown)
        lines = []
        for audience in shown.bearings.audiences:
            edition = prepared.editions[audience.slug]
            subject = mail.filled(edition, person, "https://")[0]
            lines.append(_edition(audience, edition) | {"subject": subject})
        inboxes = [
            {
                "name": name,
                "is_phone": "phone" in name,
                "one_line": one_line,
                "rows": [_inbox_row(line, most, rest, one_line) for line in lines],
            }
            for name, most, rest, one_line in INBOXES
        ]
        return {"inboxes": inboxes}

    def findings(self, shown: Shown) -> dict[str, Any]:
        """Everything that was found, each with its places; bytes and weights."""
        prepared = _ready(shown)
        counts = Counter(finding.level for finding in prepared.findings)
        return {
            "findings": [self._finding(shown, finding) for finding in prepared.findings],
            "counts": {level.value: counts[level] for level in Level},
            "sizes": [_edition(audience, prepared.editions[audience.slug]) for audience in shown.bearings.audiences],
            "limit": GMAIL_BYTES,
            "pictures": _weights(prepared),
        }

    def _finding(self, shown: Shown, finding: Finding) -> dict[str, Any]:
        prepared = _ready(shown)
        here = finding.place.file == prepared.brief.file
        where = [
            (audience.name, self.addresses.page("mail", Choice(audience=audience.slug, place=str(line))))
            for audience in shown.bearings.audiences
            if here and finding.audience in ("", audience.slug)
            for line in [_nearest(finding.place.line, places_of(shown, audience))]
            if line
        ]
        field = next((key for key, line in prepared.brief.lines.items() if here and line == finding.place.line), "")
        return {"finding": finding, "where": where, "field": field if field in ("subject", "preheader") else ""}


def places_of(shown: Shown, audience: Audience) -> dict[int, str]:
    """Line of brief.md -> what its block is known by in the Audience's mail."""
    prepared = _ready(shown)
    names = {file: picture.name for file, picture in prepared.pictures.items()}
    return mail.places(view_of(prepared, audience), names)


def view_of(prepared: Prepared, audience: Audience) -> View:
    """The Brief as the Audience sees it."""
    return view(prepared.brief, audience)


def _inbox_row(line: dict[str, Any], most: int, rest: int, one_line: bool) -> dict[str, Any]:
    """One mail in an inbox: what shows, and what is cut off."""
    subject, lost = cut(line["subject"], most)
    room = rest - len(subject) if one_line else rest
    preheader, lost_preheader = cut(line["preheader"], max(0, room))
    return line | {"subject": subject, "lost": lost, "preheader": preheader, "lost_preheader": lost_preheader}


def cut(text: str, characters: int) -> tuple[str, str]:
    """What shows where so many characters fit, with its sign of omission, and what does not."""
    if len(text) <= characters:
        return text, ""
    kept = max(0, characters - 1)
    return text[:kept].rstrip() + "…", text[kept:].strip()


def _ready(shown: Shown) -> Prepared:
    assert shown.prepared is not None, "pages of a mail need one"
    return shown.prepared


def _edition(audience: Audience, edition: Edition) -> dict[str, Any]:
    return {
        "slug": audience.slug,
        "name": audience.name,
        "sender": audience.sender,
        "from": parseaddr(audience.sender)[0] or audience.sender,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "bytes": edition.html_bytes,
    }


def _weights(prepared: Prepared) -> list[dict[str, Any]]:
    shown = {name for edition in prepared.editions.values() for name in edition.pictures}
    made = [
        {"file": file, "picture": picture, "is_shown": picture.name in shown}
        for file, picture in prepared.pictures.items()
    ]
    return sorted(made, key=lambda entry: -entry["picture"].data_bytes)


def _nearest(line: int, places: Mapping[int, str]) -> int:
    """The line of the block that a line belongs to; 0 for none."""
    return max((start for start in places if start <= line), default=0) if line else 0
