"""The people of a plan, one by one: listed, searched, counted, and the values by which merge tokens are filled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select
from sqlalchemy.sql import Subquery
from sqlalchemy.sql.elements import ColumnElement

from dispatch.model.brand import Audience
from dispatch.store import members as members_store
from dispatch.store.plans import candidates
from dispatch.store.schema import members, subscriptions

#: people fetched at once
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """One person of a plan."""

    address: str
    name: str
    audience: str
    #: why left out, "" for people who get it
    reason: str
    #: subscribed to several of the lists
    on_several: bool


class Part(StrEnum):
    """Some of the people of a plan."""

    ALL = ""
    GETS = "gets"
    #: on several of the lists, and gets it once
    SEVERAL = "several"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """Which people are wanted."""

    audiences: tuple[Audience, ...]
    #: leaves out who has a Delivery of this Campaign already
    campaign_id: str | None = None
    part: Part = Part.ALL
    #: a part of a name or an address
    search: str = ""


def people(
    connection: Connection, query: PeopleQuery, *, limit: int | None = None, offset: int = 0
) -> Iterator[PlannedPerson]:
    """The people asked for, by address."""
    found = candidates(query.audiences, query.campaign_id).subquery("people")
    wanted = select(found).where(*_conditions(found, query)).order_by(found.c.key).limit(limit).offset(offset)
    for row in connection.execution_options(yield_per=_CHUNK).execute(wanted):
        yield PlannedPerson(row.address, row.name, row.audience, row.reason, row.is_on_several)


def how_many(connection: Connection, query: PeopleQuery) -> int:
    """How many people are asked for."""
    found = candidates(query.audiences, query.campaign_id).subquery("people")
    wanted = select(func.count()).select_from(found).where(*_conditions(found, query))
    return int(connection.execute(wanted).scalar_one())


def _conditions(found: Subquery, query: PeopleQuery) -> list[ColumnElement[bool]]:
    gets = found.c.reason == ""
    made = {
        Part.ALL: [],
        Part.GETS: [gets],
        Part.SEVERAL: [gets, found.c.is_on_several],
        Part.LEFT_OUT: [found.c.reason != ""],
    }[query.part]
    if query.search:
        made = [*made, members_store.is_found(found.c.folded, query.search)]
    return list(made)


def attribute_names(connection: Connection) -> set[str]:
    """The names that merge tokens can use: of all attributes that any Member has, `name` and `email`."""
    return {*members_store.attribute_names(connection), "name", "email"}


def extremes(connection: Connection, audiences: Sequence[Audience]) -> tuple[dict[str, str], dict[str, str]]:
    """The longest and the shortest value of each attribute on the lists; "" is shortest where someone has none."""
    lists = [audience.member_list for audience in audiences]
    on_lists = select(subscriptions.c.member_id).where(subscriptions.c.member_list.in_(lists))
    query = select(members.c.address, members.c.name, members.c.attributes).where(members.c.id.in_(on_lists))
    longest: dict[str, str] = {}
    shortest: dict[str, str] = {}
    had: dict[str, int] = {}
    count = 0
    for row in connection.execution_options(yield_per=_CHUNK).execute(query):
        count += 1
        for name, value in {**row.attributes, "name": row.name, "email": row.address}.items():
            longest[name] = max(longest.get(name, ""), value, key=len)
            shortest[name] = min(shortest.get(name, value), value, key=len)
            had[name] = had.get(name, 0) + 1
    return longest, {name: value if had[name] == count else "" for name, value in shortest.items()}
