"""`dispatch members`: who is on the lists, and every way to change that."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, is_terminal, json_option, pass_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatch.audience.addresses import Mailbox
    from dispatch.errors import RosterError

yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")
address_argument = click.argument("address")


def list_option(*, required: bool) -> "Callable[[click.decorators.FC], click.decorators.FC]":
    """The option `--list`."""
    return click.option("--list", "member_list", metavar="LIST", required=required, help="The member list.")


@click.group("members", short_help="Who is on the lists: add, import, look, remove, export.")
def members_command() -> None:
    """Look at the member lists and change them.

    LIST is a list that an audience in dispatch.toml names. Who unsubscribed, or must not be mailed, never
    comes back by an import.
    """


@members_command.command("add")
@address_argument
@list_option(required=True)
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--resubscribe",
    "reason",
    metavar="REASON",
    default="",
    help="Why somebody who left, or must not be mailed, may be mailed again; it goes into the audit trail.",
)
@json_option
@pass_workspace
def add_command(context: Context, /, address: str, member_list: str, name: str, reason: str, *, as_json: bool) -> None:
    """Put one person on a list.

    ADDRESS is jane@example.com or "Jane Roe <jane@example.com>".
    """
    from dispatch.cli.members_change import add

    add(context, read_mailbox(address), check_list(context, member_list), name, reason.strip(), as_json=as_json)


@members_command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@list_option(required=True)
@yes_option
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@json_option
@pass_workspace
def import_command(
    context: Context, /, file: Path, member_list: str, *, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Take a CSV file into a list: show what would change, ask, apply all of it or nothing.

    The first row names the columns: email, name, and any others, which become attributes. Rows that cannot be
    used are listed and left out; the exit status is then 1.
    """
    from dispatch.cli.members_import import take_in

    check_list(context, member_list)
    raise SystemExit(take_in(context, file, member_list, yes=yes, dry_run=dry_run, as_json=as_json))


@members_command.command("list")
@list_option(required=False)
@click.option("--search", "text", default="", help="Only people whose name or address holds this text.")
@click.option("--page", type=click.IntRange(min=1), default=1, metavar="N", help="The page that a terminal shows.")
@click.option("--all", "shows_all", is_flag=True, help="Everybody, also on a terminal.")
@json_option
@pass_workspace
def list_command(
    context: Context, /, member_list: str | None, text: str, *, page: int, shows_all: bool, as_json: bool
) -> None:
    """Show who is on a list, or on all; on a terminal one page at a time."""
    from dispatch.cli.members_show import show_list

    show_list(context, member_list, text, page=page, shows_all=shows_all, as_json=as_json)


@members_command.command("show")
@address_argument
@json_option
@pass_workspace
def show_command(context: Context, /, address: str, *, as_json: bool) -> None:
    """Show all that is known of one person."""
    from dispatch.cli.members_show import show_member

    show_member(context, read_mailbox(address), as_json=as_json)


@members_command.command("remove")
@address_argument
@list_option(required=True)
@yes_option
@pass_workspace
def remove_command(context: Context, /, address: str, member_list: str, *, yes: bool) -> None:
    """Take a person off a list, as if they had never been on it.

    For somebody who asked to get no more mail, use `unsubscribe`: that is remembered.
    """
    from dispatch.cli.members_change import remove

    remove(context, read_mailbox(address), member_list, yes=yes)


@members_command.command("unsubscribe")
@address_argument
@list_option(required=False)
@yes_option
@pass_workspace
def unsubscribe_command(context: Context, /, address: str, member_list: str | None, *, yes: bool) -> None:
    """Note that a person wants no more mail of a list, or of any list. No import brings them back."""
    from dispatch.cli.members_change import unsubscribe

    unsubscribe(context, read_mailbox(address), member_list, yes=yes)


@members_command.command("erase")
@address_argument
@yes_option
@pass_workspace
def erase_command(context: Context, /, address: str, *, yes: bool) -> None:
    """Erase all that names a person, for good. The counts of past campaigns stay.

    Backups of the database are out of reach.
    """
    from dispatch.cli.members_change import erase_person

    erase_person(context, read_mailbox(address), yes=yes)


@members_command.command("export")
@list_option(required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; else the screen.")
@pass_workspace
def export_command(context: Context, /, member_list: str | None, out: Path | None) -> None:
    """Write a list, or all members, as CSV that a spreadsheet opens safely and `import` reads back."""
    from dispatch.cli.members_show import export

    export(context, member_list, out)


def known_lists(context: Context) -> list[str]:
    """The lists that the settings' audiences name."""
    return sorted({audience.member_list for audience in context.settings.audiences.values()})


def check_list(context: Context, member_list: str, *, also: "tuple[str, ...]" = ()) -> str:
    """The list itself, if an audience names it or it is among `also`.

    Raises RosterError that names the known ones.
    """
    import difflib

    from dispatch.errors import RosterError

    names = sorted({*known_lists(context), *also})
    if member_list in names:
        return member_list
    near = difflib.get_close_matches(member_list, names, n=1)
    lists = ", ".join(names) or "none"
    raise RosterError(
        f"There is no list {member_list!r}.",
        where=f"Lists that an audience in dispatch.toml names: {lists}.",
        todo=f"Did you mean --list {near[0]}?" if near else "Name one of them, or add an audience with that list.",
    )


def read_mailbox(address: str) -> "Mailbox":
    """An address given as an argument. Raises RosterError that says why it is none."""
    from dispatch.audience.addresses import BadAddress, read_mailbox
    from dispatch.audience.rows import printable
    from dispatch.errors import RosterError

    found = read_mailbox(address)
    if isinstance(found, BadAddress):
        raise RosterError(
            "That is not an address that can be mailed.",
            where=f"{printable(address)}: {found.reason}",
            todo="Check the spelling.",
        )
    return found


def unknown_member(address: str) -> "RosterError":
    """Nobody of that address is on any list."""
    from dispatch.errors import RosterError

    return RosterError(
        f"{address} is not a member.",
        where="on any list",
        todo="Look for them: dispatch members list --search TEXT",
    )


def confirm(question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes`, or a person's answer.

    Raises UsageError (exit 2) where there is nobody to ask.
    """
    if yes:
        return True
    if not is_terminal():
        raise click.UsageError(
            "There is no terminal to ask in; nothing was changed. Add --yes to do it without asking."
        )
    return click.confirm(question, err=True)
