"""The command `dispatch` and the order of its commands: the order of the day."""

import importlib
import sys
from pathlib import Path

import click

from dispatch import __version__
from dispatch.cli.frame import INTERRUPTED, REFUSED, Frame, complain

#: command name -> module of dispatch.cli that defines it under the same name (hyphens as underscores)
COMMANDS = {
    "import": "import_",
    "check": "check",
    "preview": "preview",
    "proof": "proof",
    "send": "send",
    "report": "report",
    "campaigns": "campaigns",
    "show": "campaigns",
    "pause": "campaigns",
    "resume": "resume",
    "cancel": "campaigns",
    "reconcile": "reconcile",
    "members": "members",
    "events": "events",
    "render": "render",
    "serve": "serve",
    "practice": "practice",
    "home": "home",
    "db": "db",
    "worker": "worker",
    "init": "init",
}


class Commands(click.Group):
    """Loads a command's module when it is called, and lists them in the order of the day."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the day."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed; a mistyped one names the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as err:
            raise click.NoSuchCommand(err.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module loaded now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dispatch.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds dispatch.toml; else the nearest one upward from here.",
)
@click.version_option(__version__, prog_name="dispatch")
@click.pass_context
def dispatch(ctx: click.Context, workspace: Path | None) -> None:
    """Mail a finished policy brief to the member lists: nobody twice, nobody lost.

    BRIEF is a path or a part of a brief's name; left out, the newest. Without a command, dispatch says where you stand
    and what comes next.
    """
    ctx.obj = Frame(named=workspace)
    if ctx.invoked_subcommand is None:
        from dispatch.cli.standing import show_standing

        show_standing(ctx.obj)


def main() -> None:
    """The console script: runs the command line, and turns errors into their three lines."""
    from dispatch.errors import DispatchError

    try:
        status = dispatch.main(standalone_mode=False, prog_name="dispatch")
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as err:
        err.show()
        sys.exit(err.exit_code)
    except DispatchError as err:
        complain(err)
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.exit(REFUSED)
    sys.exit(status if isinstance(status, int) else 0)
