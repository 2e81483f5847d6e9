"""The command `dispatch` and the order of its commands: the order of the day."""

import importlib
import sys
from typing import TYPE_CHECKING

import click

from dispatch import __version__
from dispatch.cli.context import INTERRUPTED, REFUSED, Context, complain

if TYPE_CHECKING:
    from dispatch.errors import DispatchError

#: command -> (module of dispatch.cli that defines it, what it does in a few words), in the order of the day;
#: the words stand here too, so that listing the commands loads none of their modules
COMMANDS = {
    "import": ("import_", "Turn the author's document (.docx, .txt or .md) into a brief."),
    "check": ("check", "Check a brief for problems."),
    "preview": ("preview", "Preview a brief in the browser."),
    "proof": ("proof", "Email a proof of every edition for approval."),
    "send": ("send", "Send a brief: shows the plan, asks, waits, sends."),
    "report": ("report", "Delivery, bounce, open and click figures."),
    "members": ("members", "Manage the member lists."),
    "campaigns": ("campaigns", "List all campaigns, the newest first."),
    "show": ("campaigns", "Show a campaign, or one recipient in it."),
    "pause": ("pause_resume_cancel", "Stop a campaign until you resume it."),
    "resume": ("pause_resume_cancel", "Continue a campaign that was paused."),
    "unschedule": ("pause_resume_cancel", "Take a campaign back before its first message leaves."),
    "cancel": ("pause_resume_cancel", "End a campaign; queued recipients are skipped."),
    "reconcile": ("reconcile", "Resolve deliveries whose outcome is unknown."),
    "events": ("events", "Fetch delivery events from the provider."),
    "render": ("render", "Write every edition of a brief as files."),
    "serve": ("serve", "Serve the pages that readers reach: unsubscribe, pictures, web copies."),
    "practice": ("practice", "Run the local mail server; nothing leaves this computer."),
    "home": ("home", "Show or change the machine that sends real email."),
    "db": ("db", "Show the database, or move it to PostgreSQL."),
    "worker": ("worker", "Run a sending worker."),
    "init": ("init", "Create a workspace in a folder."),
}
#: a word that people try -> the command that does it
INSTEAD = {
    "test": "dispatch proof --to ADDRESS",
    "schedule": 'dispatch send --at "tomorrow 09:00"',
    "status": "dispatch",
    "stats": "dispatch report",
    "stop": "dispatch pause",
}
#: an option that people try -> the command that does it
OPTION_INSTEAD = {"--test": INSTEAD["test"], "--schedule": INSTEAD["schedule"]}


class Commands(click.Group):
    """Loads a command's module when it is called, and lists them in the order of the day."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the day."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed; a mistyped one names the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as err:
            if err.command_name in INSTEAD:
                said = f"There is no command {err.command_name!r}. Use: {INSTEAD[err.command_name]}"
                raise click.UsageError(said, ctx=ctx) from None
            raise click.NoSuchCommand(err.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module loaded now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dispatch.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--workspace",
    type=click.Path(file_okay=False),
    help="The folder that holds dispatch.toml; else the nearest one upward from here.",
)
@click.version_option(__version__, prog_name="dispatch")
@click.pass_context
def dispatch(ctx: click.Context, workspace: str | None) -> None:
    """Mail a finished policy brief to the member lists: nobody twice, nobody lost.

    BRIEF is a path or a part of a brief's name; left out, the newest. Without a command, dispatch says where you stand
    and what comes next.
    """
    from pathlib import Path

    ctx.obj = Context(named=None if workspace is None else Path(workspace))
    if ctx.invoked_subcommand is None:
        from dispatch.cli.status import show_status

        show_status(ctx.obj)


def _explain(err: OSError) -> "DispatchError":
    """What the system refused, for people: a full disk, a folder in a file's place, a file that may not be written."""
    from dispatch.errors import WorkspaceError

    return WorkspaceError(
        f"The computer refused this: {err.strerror or err}.",
        where=str(err.filename or "this workspace"),
        todo="Check that it is there, that you may read and write it, and that the disk is not full.",
    )


def main() -> None:
    """The console script: runs the command line, and turns errors into their three lines."""
    from dispatch.errors import DispatchError

    try:
        status = dispatch.main(standalone_mode=False, prog_name="dispatch")
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as err:
        err.show()
        if isinstance(err, click.NoSuchOption) and err.option_name in OPTION_INSTEAD:
            click.echo(f"Use: {OPTION_INSTEAD[err.option_name]}", err=True)
        sys.exit(err.exit_code)
    except DispatchError as err:
        complain(err)
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.exit(REFUSED)
    except OSError as err:
        complain(_explain(err))
        sys.exit(REFUSED)
    sys.exit(status if isinstance(status, int) else 0)
