"""Choice: what of the mail is looked at, and how; and the addresses of the pages that show it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from dispatch.model.brand import Audience
from dispatch.web.preview.mail import Look

#: width of the frame in pixels -> how it is called; "" fits the window
WIDTHS = {"": "Full width", "640": "Desktop 640", "375": "Phone 375", "320": "Narrow 320"}
LIGHTS = {"light": "Light", "dark": "Dark"}
SHOWS = {
    "mail": "Email",
    "blocked": "Images blocked",
    "stripped": "Styles stripped",
    "text": "Plain text",
    "source": "Source",
}
#: stand-ins for a person: what a stranger gets, and the extremes of the lists
PEOPLE = {"": "Sample recipient", "longest": "Longest values", "emptiest": "Shortest values"}

_LINE = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at."""

    #: slug of one Audience, "" for all
    audience: str = ""
    width: str = ""
    light: str = "light"
    show: str = "mail"
    #: an address, a key of PEOPLE
    person: str = ""
    #: a line of brief.md whose place in the mail is to be shown, "" for none
    place: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], audiences: Sequence[Audience]) -> "Choice":
        """The choice in a query; what is not known is left at its default."""
        known = {"audience": {each.slug: "" for each in audiences}, "width": WIDTHS, "light": LIGHTS, "show": SHOWS}
        taken = {name: query[name] for name, values in known.items() if query.get(name) in values}
        place = query.get("place", "")
        return cls(**taken, person=query.get("person", "")[:320], place=place if _LINE.fullmatch(place) else "")

    def query(self) -> dict[str, str]:
        """The query that reads as this choice."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name) != each.default
        }

    def but(self, **changed: Any) -> "Choice":
        """The choice with something else chosen."""
        return replace(self, **changed)

    @property
    def look(self) -> Look:
        """How the frames look at the mail."""
        return Look(self.light == "dark", self.show != "blocked", self.show != "stripped")


class Addresses(Protocol):
    """Where the pages stand: on the server, or as files."""

    #: whether a server answers
    is_live: bool

    def asset(self, name: str) -> str:
        """The style sheet or the script."""
        ...

    def page(self, key: str, choice: Choice | None = None) -> str:
        """A page."""
        ...

    def frame(self, audience: str, choice: Choice) -> str:
        """A mail, as a frame shows it."""
        ...

    def picture(self, name: str) -> str:
        """A picture of the mail."""
        ...


class ServerAddresses:
    """Addresses on the running server."""

    is_live = True

    def asset(self, name: str) -> str:
        """The style sheet or the script."""
        from dispatch.web.page import asset

        return asset(name)

    def page(self, key: str, choice: Choice | None = None) -> str:
        """A page; `mail` is the first."""
        path = "/" if key == "mail" else f"/{key}"
        return path + _query(choice.query() if choice else {})

    def frame(self, audience: str, choice: Choice) -> str:
        """A mail, as a frame shows it."""
        shown = choice.but(audience="", width="", place="").query()
        return f"/mail/{quote(audience)}{_query(shown)}" + (f"#line-{choice.place}" if choice.place else "")

    def picture(self, name: str) -> str:
        """A picture of the mail."""
        return f"/i/{name}"


def _query(values: Mapping[str, str]) -> str:
    return "?" + urlencode(values) if values else ""
