"""A Brief prepared with what the member lists say: the names that merge tokens can use, the longest values."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.model.brand import Audience
    from dispatch.pipeline.prepare import Prepared


def prepare_brief(context: Context, brief_file: Path, audiences: "Sequence[Audience]", public_url: str) -> "Prepared":
    """Everything that can be made of a brief.md. Raises DispatchError where nothing can be rendered."""
    from dispatch.pipeline.prepare import prepare

    prepared = prepare(context.workspace, brief_file, audiences, public_url=public_url)
    if not _asks_for_members(prepared):
        return prepared
    names, longest = _members_values(context, audiences)
    return prepare(context.workspace, brief_file, audiences, public_url=public_url, known_names=names, longest=longest)


def _asks_for_members(prepared: "Prepared") -> bool:
    """Whether an Edition has merge tokens that members' values fill; only then are the lists looked at."""
    from dispatch.model.edition import LINK_TOKENS, LITERALS

    named = {field.name for edition in prepared.editions.values() for field in edition.fields()}
    return bool(named - LINK_TOKENS - LITERALS.keys())


def _members_values(context: Context, audiences: "Sequence[Audience]") -> tuple[set[str], dict[str, str]]:
    """The names that members have values for, and the longest value of each."""
    from dispatch.store.plan_people import attribute_names, extremes

    with context.open_lists() as lists, lists.reading() as connection:
        return attribute_names(connection), extremes(connection, audiences)[0]
