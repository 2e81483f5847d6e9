"""The plan as the preview shows it: how many, who, who is left out and why; and whose values fill the mail."""

import csv
import io
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from dispatch.audience.addresses import BadAddress, read_address
from dispatch.audience.export import guard
from dispatch.errors import DispatchError
from dispatch.model.brand import Audience
from dispatch.model.campaign import AudiencePlan
from dispatch.model.delivery import SkipReason
from dispatch.pipeline.plan import Proposal, propose
from dispatch.store import members
from dispatch.store.database import Database
from dispatch.store.plan_people import (
    Part,
    PeopleQuery,
    PlannedPerson,
    attribute_names,
    extremes,
    how_many,
    people,
)
from dispatch.web.preview.live import Shown
from dispatch.web.preview.outside import Outside

#: people on one page of the list
PAGE_PEOPLE = 100
#: people offered when one is looked for
OFFERED = 12
PARTS = {
    Part.ALL: "All",
    Part.GETS: "Included",
    Part.SEVERAL: "On several lists",
    Part.LEFT_OUT: "Skipped",
}

T = TypeVar("T")


class People:
    """The people of the lists as they are now; keeps one database open."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._mark: object = None
        self._kept: dict[object, Any] = {}

    def database(self) -> Database:
        """The database, opened again once the lists may have changed. Raises DispatchError."""
        with self._lock:
            mark = self._outside.lists_mark()
            if self._database is None or mark != self._mark:
                opened = self._outside.open_database()
                if self._database is not None:
                    self._database.close()
                self._database, self._mark = opened, self._outside.lists_mark()
                self._kept.clear()
            return self._database

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._database is not None:
                self._database.close()

    def _keep(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        made: T = self._kept[key]
        return made

    # --- the plan -------------------------------------------------------------------------------------------

    def proposal(self, shown: Shown) -> Proposal:
        """What a send would do now. Raises DispatchError."""
        assert shown.prepared is not None
        return propose(self.database(), shown.prepared, shown.bearings.audiences, shown.bearings.transport)

    def plan(self, shown: Shown) -> dict[str, Any]:
        """The counts of the plan as a table that adds up; or why there is none."""
        try:
            proposal = self.proposal(shown)
        except DispatchError as err:
            return {"plan": None, "plan_problem": err.lines()}
        names = {audience.slug: audience.name for audience in shown.bearings.audiences}
        plans = proposal.plan.audiences
        return {
            "plan": proposal.plan,
            "plan_problem": [],
            "remarks": proposal.remarks(),
            "columns": [names[each.audience] for each in plans],
            "rows": list(_rows(plans)),
            "several": [(names[each.audience], each.also_elsewhere) for each in plans if each.also_elsewhere],
        }

    def listing(self, shown: Shown, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of the list of people, as a query asks for it."""
        part = Part(query["part"]) if query.get("part") in set(Part) else Part.ALL
        search = query.get("search", "").strip()[:200]
        start = int(query["start"]) if query.get("start", "").isascii() and query.get("start", "").isdigit() else 0
        start = min(start, 10**9)
        try:
            wanted = self._query(shown, part, search)
            with self.database().reading() as connection:
                found = list(people(connection, wanted, limit=PAGE_PEOPLE, offset=start))
                count = how_many(connection, wanted)
        except DispatchError:
            found, count, start = [], 0, 0
        names = {audience.slug: audience.name for audience in shown.bearings.audiences}
        return {
            "parts": [(key.value, words, key is part) for key, words in PARTS.items()],
            "part": part.value,
            "search": search,
            "found": [(person, names[person.audience], _remark(person)) for person in found],
            "count": count,
            "start": start,
            "before": max(0, start - PAGE_PEOPLE) if start else None,
            "after": start + PAGE_PEOPLE if start + PAGE_PEOPLE < count else None,
        }

    def as_csv(self, shown: Shown, query: Mapping[str, str]) -> Iterator[str]:
        """The list as CSV, safe to open in a spreadsheet. Raises DispatchError before the first line."""
        part = Part(query["part"]) if query.get("part") in set(Part) else Part.ALL
        wanted = self._query(shown, part, query.get("search", "").strip()[:200])
        database = self.database()

        def lines() -> Iterator[str]:
            yield "\ufeff" + _line(["email", "name", "edition", "included", "skipped because", "on several lists"])
            with database.reading() as connection:
                for person in people(connection, wanted):
                    flags = ["no" if person.reason else "yes", person.reason, "yes" if person.on_several else "no"]
                    yield _line([guard(person.address), guard(person.name), person.audience, *flags])

        return lines()

    def _query(self, shown: Shown, part: Part, search: str) -> PeopleQuery:
        campaign = self.proposal(shown).campaign
        return PeopleQuery(shown.bearings.audiences, campaign.id if campaign else None, part, search)

    # --- whose values fill the mail -----------------------------------------------------------------------------

    def names(self) -> set[str]:
        """The names that merge tokens can use."""
        with self.database().reading() as connection:
            return attribute_names(connection)

    def look_for(self, audiences: Sequence[Audience], search: str) -> list[PlannedPerson]:
        """The first people of the lists whose name or address holds the words."""
        with self.database().reading() as connection:
            return list(people(connection, PeopleQuery(tuple(audiences), search=search), limit=OFFERED))

    def values(self, audiences: Sequence[Audience], person: str) -> dict[str, str]:
        """What fills the mail for an address, or for `longest` and `emptiest`; nothing for people who are not there."""
        if person in ("longest", "emptiest"):
            database = self.database()
            with database.reading() as connection:
                both = self._keep(
                    ("extremes", *(each.member_list for each in audiences)), lambda: extremes(connection, audiences)
                )
            return both[0] if person == "longest" else both[1]
        return self._values_of(person) if person else {}

    def _values_of(self, address: str) -> dict[str, str]:
        found = read_address(address)
        if isinstance(found, BadAddress):
            return {}
        with self.database().reading() as connection:
            member = members.find(connection, found.key)
        return member.values() if member else {}


def _rows(plans: Sequence[AudiencePlan]) -> Iterator[tuple[str, list[int], str]]:
    """(what, count per Audience, kind) of each row; the first rows add up to the one of kind `sum`."""
    yield "Get this edition", [plan.people for plan in plans], "gets"
    for reason in (SkipReason.UNSUBSCRIBED, SkipReason.SUPPRESSED, SkipReason.INVALID):
        yield f"Skipped: {reason.value}", [plan.left_out.get(reason.value, 0) for plan in plans], "out"
    known = {SkipReason.UNSUBSCRIBED.value, SkipReason.SUPPRESSED.value, SkipReason.INVALID.value}
    for other in sorted({reason for plan in plans for reason in plan.left_out} - known):
        yield f"Skipped: {other}", [plan.left_out.get(other, 0) for plan in plans], "out"
    yield "Total", [plan.people + sum(plan.left_out.values()) for plan in plans], "sum"
    if any(plan.given_elsewhere for plan in plans):
        yield "Also on this list, get the other edition", [plan.given_elsewhere for plan in plans], "aside"


def _remark(person: PlannedPerson) -> str:
    if person.reason:
        return f"Skipped: {person.reason}"
    return "On several lists, gets one copy" if person.on_several else ""


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
