"""`dispatch members add | remove | unsubscribe | erase`: one person at a time."""

from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import REFUSED, Context, print_json
from dispatch.cli.member_arguments import check_list, confirm, on_screen, unknown_member

if TYPE_CHECKING:
    from dispatch.audience.addresses import Mailbox
    from dispatch.model.member import Address, Member
    from dispatch.model.member_import import Change, Changes, Entry
    from dispatch.store.database import Database
    from dispatch.store.erasure import Erased
    from dispatch.store.members import Transaction

#: where a Subscription comes from that a person of the staff made, and where an unsubscribing
BY_HAND = "added by hand"
UNSUBSCRIBED_BY_HAND = "unsubscribed by hand"


def add(context: Context, mailbox: "Mailbox", member_list: str, name: str, reason: str, *, as_json: bool) -> None:
    """Put one person on a list; with a reason, also somebody who left or must not be mailed.

    Raises RosterError for somebody who left, without one.
    """
    from dispatch.model.member_import import ChangeKind, Entry

    entry = Entry(0, mailbox.address, _checked_name(name or mailbox.name))
    with context.open_lists() as database:
        now = database.now()
        with database.writing() as connection:
            changes = _plan(connection, entry, member_list)
            change = changes.changes[0]
            if change.kind in (ChangeKind.UNSUBSCRIBED, ChangeKind.SUPPRESSED):
                if not reason:
                    raise _left(change, member_list)
                changes = _bring_back(connection, entry, member_list, reason, now)
            _apply(connection, changes, now)
    kind = changes.changes[0].kind if not reason else change.kind
    if as_json:
        print_json({"email": mailbox.address.typed, "list": member_list, "kind": kind.value})
    else:
        click.echo(f"{mailbox.address.typed} {_said(kind, member_list)}")


def remove(context: Context, mailbox: "Mailbox", member_list: str, *, yes: bool) -> None:
    """Take one person off a list. Raises RosterError for somebody who is not subscribed to it."""
    from dispatch.errors import RosterError
    from dispatch.model.member import SubscriptionState
    from dispatch.store import members

    with context.open_lists() as database:
        with database.reading() as connection:
            member = _find(connection, mailbox)
        check_list(context, member_list, also=tuple(one.member_list for one in member.subscriptions))
        states = {one.member_list: one.state for one in member.subscriptions}
        if member_list not in states:
            raise _not_on(member, member_list)
        if states[member_list] is SubscriptionState.UNSUBSCRIBED:
            raise RosterError(
                f"{member.address} has unsubscribed from {member_list} and gets nothing from it.",
                where="That is remembered, so that no import brings them back.",
                todo=f"To forget the person altogether: dispatch members erase {member.address}",
            )
        _ask(f"Take {_named(member)} off the list {member_list}?", yes=yes)
        with database.writing() as connection:
            members.remove(connection, member.key, member_list, database.now())
    click.echo(f"{member.address} is no longer on {member_list}.")


def unsubscribe(context: Context, mailbox: "Mailbox", member_list: str | None, *, yes: bool) -> None:
    """Unsubscribe one person from a list, or from all."""
    from dispatch.model.member import SubscriptionState
    from dispatch.store import members

    with context.open_lists() as database:
        with database.reading() as connection:
            member = _find(connection, mailbox)
        on = [one.member_list for one in member.subscriptions if one.state is SubscriptionState.SUBSCRIBED]
        if member_list is not None:
            check_list(context, member_list, also=tuple(one.member_list for one in member.subscriptions))
            if member_list not in {one.member_list for one in member.subscriptions}:
                raise _not_on(member, member_list)
            on = [name for name in on if name == member_list]
        if not on:
            click.echo(f"{member.address} has unsubscribed already; nothing was changed.")
            return
        _ask(f"Unsubscribe {_named(member)} from {', '.join(on)}?", yes=yes)
        with database.writing() as connection:
            left = members.unsubscribe(connection, member.key, on, UNSUBSCRIBED_BY_HAND, database.now())
    click.echo(f"{member.address} is unsubscribed from {', '.join(left)}.")


def erase_person(context: Context, mailbox: "Mailbox", *, yes: bool) -> None:
    """Erase all that names one person, from the real database and from that of practice."""
    from dispatch.store.database import Database

    address = mailbox.address
    _ask(f"Erase all that names {address.typed}? This cannot be taken back.", yes=yes)
    with context.open_lists() as database:
        erased = _erase(database, address)
    if context.practice_database.exists():
        with Database.in_file(context.practice_database) as practice:
            _erase(practice, address)
    found = "The member is gone" if erased.member else "There was no such member"
    click.echo(
        f"{found}. {erased.skipped} queued mails will not leave, {erased.notifications} notifications are deleted."
    )
    click.echo(f"{erased.deliveries} entries of past campaigns and {erased.trail} of the trail name a hash now.")
    click.echo("The address stays suppressed, by its keyed hash. Backups of the database are out of reach.")


def _erase(database: "Database", address: "Address") -> "Erased":
    from dispatch.store.erasure import erase

    now = database.now()
    with database.writing() as connection:
        return erase(connection, address, now)


def _checked_name(name: str) -> str:
    from dispatch.audience.rows import MAX_NAME, clean, problem_with
    from dispatch.errors import RosterError

    if problem := problem_with("name", name, MAX_NAME):
        raise RosterError("That name cannot be kept.", where=problem, todo="Type it again.")
    return clean(name)


def _plan(connection: "Transaction", entry: "Entry", member_list: str) -> "Changes":
    from dispatch.audience.changes import plan_changes
    from dispatch.model.member_import import Sheet
    from dispatch.store.members import known

    sheet = Sheet("UTF-8", "comma", (), (entry,))
    return plan_changes(sheet, member_list, known(connection, [entry.address.key]), 0)


def _apply(connection: "Transaction", changes: "Changes", now: Any) -> None:
    from dispatch.model.member_import import WRITTEN
    from dispatch.store.member_import import apply

    if changes.of(*WRITTEN):
        apply(connection, changes, source=BY_HAND, now=now, act="member added")


def _bring_back(connection: "Transaction", entry: "Entry", member_list: str, reason: str, now: Any) -> "Changes":
    """Lift what keeps the person away; gives what is left to do."""
    from dispatch.store.members import lift, resubscribe

    lift(connection, entry.address.key, reason, now)
    resubscribe(connection, entry.address.key, [member_list], BY_HAND, now, reason)
    return _plan(connection, entry, member_list)


def _left(change: "Change", member_list: str) -> Exception:
    from dispatch.errors import RosterError

    return RosterError(
        f"{change.entry.address.typed} was not added to {member_list}: the address is {change.reason}.",
        where="Nobody who left, or whose mail comes back, is mailed again without a reason.",
        todo='If the person asked for it, say so, and it is recorded: --resubscribe "asked by telephone"',
    )


def _said(kind: Any, member_list: str) -> str:
    return {
        "new": f"is a new member, on {member_list}.",
        "joins": f"is on {member_list} now.",
        "changed": f"was on {member_list} already; the name is changed.",
        "unchanged": f"was on {member_list} already; nothing was changed.",
        "unsubscribed": f"is back on {member_list}; the reason is in the audit trail.",
        "suppressed": f"may be mailed again and is on {member_list}; the reason is in the audit trail.",
    }[kind.value]


def _find(connection: "Transaction", mailbox: "Mailbox") -> "Member":
    from dispatch.store.members import find

    member = find(connection, mailbox.address.key)
    if member is None:
        raise unknown_member(mailbox.address.typed)
    return member


def _not_on(member: "Member", member_list: str) -> Exception:
    from dispatch.errors import RosterError

    lists = ", ".join(one.member_list for one in member.subscriptions) or "none"
    return RosterError(
        f"{member.address} is not on the list {member_list}.",
        where=f"Their lists: {lists}.",
        todo=f"See all: dispatch members show {member.address}",
    )


def _named(member: "Member") -> str:

    return on_screen(f"{member.name} <{member.address}>" if member.name else member.address)


def _ask(question: str, *, yes: bool) -> None:

    if not confirm(question, yes=yes):
        click.echo("Nothing was changed.", err=True)
        raise SystemExit(REFUSED)
