"""`dispatch members`: who is on the lists, and every way to change that."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, json_option, pass_workspace
from dispatch.cli.member_arguments import check_list, read_mailbox

if TYPE_CHECKING:
    from collections.abc import Callable

yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")
address_argument = click.argument("address")


def list_option(*, required: bool) -> "Callable[[click.decorators.FC], click.decorators.FC]":
    """The option `--list`."""
    return click.option("--list", "member_list", metavar="LIST", required=required, help="The member list.")


@click.group("members", short_help="Manage the member lists.")
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
    help="Why someone who unsubscribed, or must not be emailed, may be emailed again; recorded in the audit trail.",
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

    For someone who asked for no more email, use `unsubscribe`: that is remembered.
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
    """Erase everything that names a person, permanently. The counts of past campaigns stay.

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
