"""`dispatch members list | show | export`: looking, without changing anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import Context, is_terminal, print_json
from dispatch.cli.member_arguments import check_list, on_screen, unknown_member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.audience.addresses import Mailbox
    from dispatch.model.member import Member, Suppression
    from dispatch.store.members import Transaction

#: people shown on a screen
SHOWN = 200


def show_list(context: Context, member_list: str | None, text: str, *, as_json: bool) -> None:
    """Show the people of a list, or of all."""
    from dispatch.store.members import counts, members_of, suppressed_members

    with context.open_lists() as database, database.reading() as connection:
        _check(connection, context, member_list)
        wanted = _folded(text)
        people = [member for member in members_of(connection, member_list) if _holds(member, wanted)]
        suppressed = suppressed_members(connection)
        counted = counts(connection)
    if as_json:
        documents = [_document(member, suppressed.get(member.key)) for member in people]
        lists = {name: {**_counted(of_list)} for name, of_list in counted.items()}
        print_json({"members": documents, "lists": lists})
        return
    shown = people[:SHOWN] if is_terminal() else people
    rows = [[member.address, member.name, _states(member, suppressed.get(member.key))] for member in shown]
    _table(["email", "name", "lists"], rows)
    if len(people) > len(shown):
        click.echo(f"and {len(people) - len(shown):,} more; use --search, or dispatch members export.")
    click.echo(f"{len(people):,} {'person' if len(people) == 1 else 'people'}.")
    for name, of_list in counted.items():
        told = ", ".join(
            f"{count:,} {word}" for word, count in _counted(of_list).items() if count or word == "subscribed"
        )
        click.echo(f"List {name}: {told}.")


def show_member(context: Context, mailbox: "Mailbox", *, as_json: bool) -> None:
    """Show all that is known of one person."""
    from dispatch.store.members import find, suppression_of

    with context.open_lists() as database, database.reading() as connection:
        member = find(connection, mailbox.address.key)
        suppression = suppression_of(connection, mailbox.address.key)
    if member is None and suppression is None:
        raise unknown_member(mailbox.address.typed)
    if as_json:
        print_json(_document(member, suppression, email=mailbox.address.typed))
        return
    _table(["", ""], [[label, value] for label, value in _facts(mailbox, member, suppression)])


def export(context: Context, member_list: str | None, out: Path | None) -> None:
    """Write the people of a list, or all, as CSV.

    Raises RosterError where the file is there already or cannot be written.
    """
    from dispatch.audience.export import write_rows
    from dispatch.errors import RosterError
    from dispatch.store.members import members_of, suppressed_members

    with context.open_lists() as database, database.reading() as connection:
        _check(connection, context, member_list)
        people = list(members_of(connection, member_list))
        reasons = {key: suppression.reason for key, suppression in suppressed_members(connection).items()}
    text = write_rows(people, reasons)
    if out is None:
        click.echo(text.encode(), nl=False)
        return
    try:
        # With a byte order mark, without which Excel takes UTF-8 for the old code page.
        with out.open("x", encoding="utf-8-sig", newline="") as stream:
            stream.write(text)
    except OSError as err:
        what = (
            "The file is there already."
            if isinstance(err, FileExistsError)
            else f"It cannot be written: {err.strerror}."
        )
        raise RosterError(what, where=str(out), todo="Name another file, or move that one away.") from err
    click.echo(f"{len(people):,} people are in {out}.", err=True)


def _check(connection: "Transaction", context: Context, member_list: str | None) -> None:
    from dispatch.store.members import counts

    if member_list is not None:
        check_list(context, member_list, also=tuple(counts(connection)))


def _folded(text: str) -> str:
    """A text for searching: without accents and case."""
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def _holds(member: "Member", wanted: str) -> bool:
    return not wanted or wanted in _folded(f"{member.name}\n{member.address}")


def _counted(of_list: Any) -> dict[str, int]:
    from dataclasses import asdict

    return asdict(of_list)


def _states(member: "Member", suppression: "Suppression | None") -> str:
    from dispatch.model.member import SubscriptionState

    told = [
        one.member_list if one.state is SubscriptionState.SUBSCRIBED else f"{one.member_list} (unsubscribed)"
        for one in member.subscriptions
    ]
    return ", ".join([*told, *([f"SUPPRESSED: {suppression.reason.value}"] if suppression else [])])


def _facts(mailbox: "Mailbox", member: "Member | None", suppression: "Suppression | None") -> "list[tuple[str, str]]":
    facts = [("email", member.address if member else mailbox.address.typed)]
    if member is None:
        facts.append(("member", "no; only the keyed hash of the address is known"))
    else:
        facts.append(("name", member.name or "-"))
        facts.extend(sorted(member.attributes.items()))
        facts.extend(
            (
                f"list {one.member_list}",
                f"{one.state.value} since {one.since:%Y-%m-%d %H:%M} UTC, {one.source}",
            )
            for one in member.subscriptions
        )
    if suppression:
        detail = f" ({suppression.detail})" if suppression.detail else ""
        since = f"{suppression.since:%Y-%m-%d %H:%M} UTC"
        facts.append(("SUPPRESSED", f"{suppression.reason.value} since {since}{detail}: gets no mail"))
    return facts


def _document(member: "Member | None", suppression: "Suppression | None", *, email: str = "") -> dict[str, Any]:
    return {
        "email": member.address if member else email,
        "name": member.name if member else "",
        "attributes": dict(member.attributes) if member else {},
        "lists": [
            {
                "list": one.member_list,
                "state": one.state.value,
                "since": one.since.isoformat(),
                "source": one.source,
            }
            for one in (member.subscriptions if member else ())
        ],
        "suppressed": {
            "reason": suppression.reason.value,
            "since": suppression.since.isoformat(),
            "detail": suppression.detail,
        }
        if suppression
        else None,
    }


def _table(headings: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:
    """Columns side by side, as wide as their cells; nothing is cut, so that it can be piped on."""
    from rich.cells import cell_len

    cells = [[on_screen(cell) for cell in row] for row in ([headings, *rows] if any(headings) else rows)]
    widths = [max((cell_len(row[n]) for row in cells), default=0) for n in range(len(headings))]
    for row in cells:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())
