"""`dispatch members list | show | export`: looking, without changing anything."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import Context, is_terminal, print_json, print_long_json
from dispatch.cli.member_arguments import check_list, on_screen, unknown_member

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dispatch.audience.addresses import Mailbox
    from dispatch.model.member import Member, Suppression
    from dispatch.store.members import Transaction

#: people on one page of a terminal
PAGE = 50
#: rows of a table that are measured together
_MEASURED = 1_000


def show_list(
    context: Context, member_list: str | None, text: str, *, page: int, shows_all: bool, as_json: bool
) -> None:
    """Show the people of a list, or of all: a page of them on a terminal, everybody elsewhere."""
    from dispatch.store.members import counts, how_many, members_of, suppressed_members

    is_page = is_terminal() and not shows_all and not as_json
    limit, offset = (PAGE, (page - 1) * PAGE) if is_page else (None, 0)
    with context.open_lists() as database, database.reading() as connection:
        _check(connection, context, member_list)
        suppressed = suppressed_members(connection)
        counted = counts(connection)
        people = members_of(connection, member_list, search=text, limit=limit, offset=offset)
        if as_json:
            documents = (_document(member, suppressed.get(member.key)) for member in people)
            print_long_json({"members": documents}, {"lists": {name: _counted(each) for name, each in counted.items()}})
            return
        _table(
            ["email", "name", "lists"],
            ([member.address, member.name, _states(member, suppressed.get(member.key))] for member in people),
        )
        count = how_many(connection, member_list, search=text)
    last = max(1, -(-count // PAGE))
    click.echo(f"{count:,} {'person' if count == 1 else 'people'}.")
    if is_page and last > 1:
        click.echo(f"Page {page} of {last}. Others: --page N; everybody: --all; a few: --search TEXT.")
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
    from dispatch.audience.export import export_lines
    from dispatch.store.members import attribute_names, members_of, suppressed_members

    with context.open_lists() as database, database.reading() as connection:
        _check(connection, context, member_list)
        reasons = {key: suppression.reason for key, suppression in suppressed_members(connection).items()}
        lines = export_lines(members_of(connection, member_list), attribute_names(connection, member_list), reasons)
        if out is None:
            stream = sys.stdout.buffer
            for line in lines:
                stream.write(line.encode())
            stream.flush()
            return
        count = _write(out, lines)
    # The first line names the columns.
    click.echo(f"{count - 1:,} people are in {out}.", err=True)


def _write(out: Path, lines: "Iterable[str]") -> int:
    """Write the lines into a new file; return how many there were. A file that is not finished is removed."""
    from dispatch.errors import RosterError

    count = 0
    try:
        # With a byte order mark, without which Excel takes UTF-8 for the old code page.
        with out.open("x", encoding="utf-8-sig", newline="") as stream:
            try:
                for count, line in enumerate(lines, start=1):  # noqa: B007 - read after the loop
                    stream.write(line)
            except BaseException:
                out.unlink()
                raise
    except OSError as err:
        what = (
            "The file is there already."
            if isinstance(err, FileExistsError)
            else f"It cannot be written: {err.strerror}."
        )
        raise RosterError(what, where=str(out), todo="Name another file, or move that one away.") from err
    return count


def _check(connection: "Transaction", context: Context, member_list: str | None) -> None:
    from dispatch.store.members import counts

    if member_list is not None:
        check_list(context, member_list, also=tuple(counts(connection)))


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


def _table(headings: "Sequence[str]", rows: "Iterable[Sequence[str]]") -> None:
    """Columns side by side, as wide as their cells; nothing is cut, so that it can be piped on.

    A long table is measured and printed in parts, so that it is never held whole.
    """
    from itertools import chain, islice

    from rich.cells import cell_len

    left = iter(chain([headings], rows) if any(headings) else rows)
    widths = [0] * len(headings)
    while part := [[on_screen(cell) for cell in row] for row in islice(left, _MEASURED)]:
        widths = [max(width, *(cell_len(row[n]) for row in part)) for n, width in enumerate(widths)]
        lines = []
        for row in part:
            padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join(padded).rstrip())
        click.echo("\n".join(lines))
