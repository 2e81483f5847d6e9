"""A Sheet and what the store knows -> what taking it into a list would change.

Who unsubscribed from the list stays away, who is suppressed stays out, and an empty cell says nothing: it
never takes a known name or attribute away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from dispatch.model.member import Member, MemberKey, SubscriptionState
from dispatch.model.member_import import (
    KEPT_AWAY,
    WRITTEN,
    Change,
    ChangeKind,
    Changes,
    Difference,
    Entry,
    Known,
    Sheet,
)

#: a change of more than this share of a list looks like a file for another one
WRONG_LIST_SHARE = 0.3
#: with fewer rows, no share means anything
FEW_ROWS = 10


def plan_changes(sheet: Sheet, member_list: str, known: Mapping[MemberKey, Known], list_size: int) -> Changes:
    """The outcome of every Entry of the Sheet on this list, in the order of the file.

    `known` holds the keys that the store knows; `list_size` is the number of people now on the list.
    """
    changes = tuple(plan_part(sheet.entries, member_list, known))
    tally = Tally(member_list, list_size)
    tally.add(changes, known)
    return Changes(member_list, sheet, changes, tuple(tally.warnings()))


def plan_part(entries: Iterable[Entry], member_list: str, known: Mapping[MemberKey, Known]) -> list[Change]:
    """The outcome of some of the Entries."""
    return [_change(entry, member_list, known.get(entry.address.key)) for entry in entries]


class Tally:
    """What the Changes of a file come to, added up part by part."""

    def __init__(self, member_list: str, list_size: int) -> None:
        self.member_list = member_list
        self.list_size = list_size
        self.counts = dict.fromkeys(ChangeKind, 0)
        self._other_lists: Counter[str] = Counter()

    def add(self, changes: Iterable[Change], known: Mapping[MemberKey, Known]) -> None:
        """Add a part; `known` holds what the store knows of its keys."""
        for change in changes:
            self.counts[change.kind] += 1
            if change.kind is ChangeKind.JOINS:
                member = known[change.key].member
                assert member is not None, "only a known Member joins"
                subscribed = (one for one in member.subscriptions if one.state is SubscriptionState.SUBSCRIBED)
                self._other_lists.update(one.member_list for one in subscribed)

    @property
    def written(self) -> int:
        """Changes that write something."""
        return sum(self.counts[kind] for kind in WRITTEN)

    def warnings(self) -> list[str]:
        """Sentences that should make the person who imports it look twice."""
        found = []
        usable = sum(count for kind, count in self.counts.items() if kind not in KEPT_AWAY)
        joining, changing = self.counts[ChangeKind.JOINS], self.counts[ChangeKind.CHANGED]
        adding = joining + self.counts[ChangeKind.NEW]
        if joining >= FEW_ROWS and joining > usable / 2 and self._other_lists:
            ((other, count),) = self._other_lists.most_common(1)
            found.append(f"{count} of {usable} people are on the list {other} and not on {self.member_list}.")
        if self.list_size >= FEW_ROWS and adding > usable / 2 and adding > self.list_size * WRONG_LIST_SHARE:
            found.append(f"Most rows are new to {self.member_list}, which has {self.list_size} people already.")
        if self.list_size >= FEW_ROWS and changing > self.list_size * WRONG_LIST_SHARE:
            found.append(f"{changing} of the {self.list_size} people on {self.member_list} would change.")
        return [f"Is this the right list? {sentence}" for sentence in found]


def _change(entry: Entry, member_list: str, known: Known | None) -> Change:
    if known and known.suppression:
        return Change(entry, ChangeKind.SUPPRESSED, reason=f"suppressed ({known.suppression.reason.value})")
    if known is None or known.member is None:
        return Change(entry, ChangeKind.NEW, (), entry.name, dict(entry.attributes))
    member = known.member
    on_list = next((one for one in member.subscriptions if one.member_list == member_list), None)
    if on_list and on_list.state is SubscriptionState.UNSUBSCRIBED:
        reason = f"unsubscribed from this list on {on_list.since.date().isoformat()}"
        return Change(entry, ChangeKind.UNSUBSCRIBED, reason=reason)
    differences = tuple(_differences(entry, member))
    kind = ChangeKind.JOINS if on_list is None else ChangeKind.CHANGED if differences else ChangeKind.UNCHANGED
    return Change(entry, kind, differences, entry.name or member.name, {**member.attributes, **entry.attributes})


def _differences(entry: Entry, member: Member) -> list[Difference]:
    pairs = [("name", member.name, entry.name)]
    pairs += [(label, member.attributes.get(label, ""), value) for label, value in entry.attributes.items()]
    return [Difference(label, before, after) for label, before, after in pairs if after and after != before]
