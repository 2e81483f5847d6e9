"""What the commands about members share: the addresses and lists that are typed, a question, a line for the screen."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, is_terminal

if TYPE_CHECKING:
    from dispatch.audience.addresses import Mailbox
    from dispatch.errors import RosterError


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


def on_screen(text: str) -> str:
    """A line made safe for a terminal: what cannot be printed becomes a replacement character."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
