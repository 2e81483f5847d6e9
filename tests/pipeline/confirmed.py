"""A Brief as a `send` sees it, and the two steps of one: what a person confirms, and the lock that follows."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch.model.brand import Audience, Picture
from dispatch.model.brief import Brief
from dispatch.pipeline.freeze import Frozen, Terms, freeze
from dispatch.pipeline.plan import Proposal, propose
from dispatch.pipeline.prepare import Prepared
from dispatch.store.database import Database
from tests.store.samples import BOTH, edition

SLUG = "2026-a-brief"
#: what changes between the two
Act = Callable[[Database], object]


class NoPictures:
    """A Publisher for Briefs without pictures."""

    def publish(self, picture: Picture) -> None:
        raise AssertionError(picture.name)


def brief(text: str = "The text.", slug: str = SLUG, title: str = "A brief") -> Prepared:
    """A Brief, rendered for both Audiences."""
    made = Brief(slug=slug, file=f"briefs/{slug}/brief.md", title=title, date=dt.date(2026, 11, 24), blocks=())
    return Prepared(made, {each.slug: edition(each.slug, text) for each in BOTH}, {})


def see(
    database: Database, prepared: Prepared | None = None, audiences: Sequence[Audience] = BOTH, only: str | None = None
) -> Proposal:
    """What a person is shown."""
    shown = prepared or brief()
    chosen = {each.slug: shown.editions[each.slug] for each in audiences}
    return propose(database, replace(shown, editions=chosen), audiences, "practice", only)


def lock(
    database: Database, proposal: Proposal, not_before: datetime | None = None, *, allows_examples: bool = True
) -> Frozen:
    """What follows the confirmation."""
    terms = Terms(not_before=not_before, allows_examples=allows_examples)
    return freeze(database, proposal, NoPictures(), terms)


def send_to(database: Database, text: str = "The text.", not_before: datetime | None = None) -> Frozen:
    """Both steps."""
    return lock(database, see(database, brief(text)), not_before)


def in_days(database: Database, days: float) -> datetime:
    """A moment by the database's clock, as `--at` gives it."""
    return (database.now() + timedelta(days=days)).replace(microsecond=0)
