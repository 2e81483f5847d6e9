"""A Sheet and what the store knows -> what taking it into a list would change.

Who unsubscribed from the list stays away, who is suppressed stays out, and an empty cell says nothing: it
never takes a known name or attribute away.
"""

from collections import Counter
from collections.abc import Mapping

from dispatch.model.member import Member, MemberKey, SubscriptionState
from dispatch.model.member_import import KEPT_AWAY, Change, ChangeKind, Changes, Difference, Entry, Known, Sheet

#: a change of more than this share of a list looks like a file for another one
WRONG_LIST_SHARE = 0.3
#: with fewer rows, no share means anything
FEW_ROWS = 10


def plan_changes(sheet: Sheet, member_list: str, known: Mapping[MemberKey, Known], list_size: int) -> Changes:
    """What becomes of every Entry of the Sheet on this list, in the order of the file.

    `known` holds the keys that the store knows; `list_size` is the number of people now on the list.
    """
    changes = tuple(_change(entry, member_list, known.get(entry.address.key)) for entry in sheet.entries)
    return Changes(member_list, sheet, changes, tuple(_warnings(changes, member_list, known, list_size)))


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


def _warnings(
    changes: tuple[Change, ...], member_list: str, known: Mapping[MemberKey, Known], list_size: int
) -> list[str]:
    found = []
    usable = [change for change in changes if change.kind not in KEPT_AWAY]
    joining = [change for change in usable if change.kind is ChangeKind.JOINS]
    adding = len(joining) + sum(change.kind is ChangeKind.NEW for change in usable)
    changing = sum(change.kind is ChangeKind.CHANGED for change in usable)
    if len(joining) >= FEW_ROWS and len(joining) > len(usable) / 2:
        other, count = _most_common_list(joining, known)
        if other:
            found.append(f"{count} of {len(usable)} people are on the list {other} and not on {member_list}.")
    if list_size >= FEW_ROWS and adding > len(usable) / 2 and adding > list_size * WRONG_LIST_SHARE:
        found.append(f"Most rows are new to {member_list}, which has {list_size} people already.")
    if list_size >= FEW_ROWS and changing > list_size * WRONG_LIST_SHARE:
        found.append(f"{changing} of the {list_size} people on {member_list} would change.")
    return [f"Is this the right list? {sentence}" for sentence in found]


def _most_common_list(joining: list[Change], known: Mapping[MemberKey, Known]) -> tuple[str, int]:
    lists: Counter[str] = Counter()
    for change in joining:
        member = known[change.key].member
        assert member is not None, "only a known Member joins"
        subscribed = (one for one in member.subscriptions if one.state is SubscriptionState.SUBSCRIBED)
        lists.update(one.member_list for one in subscribed)
    return lists.most_common(1)[0] if lists else ("", 0)
