"""What every command stands in: the workspace, the settings, the printing, and the errors for people.

Commands import nothing but click and this module at their top, so that `dispatch --help` stays quick.
"""

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from dispatch.errors import DispatchError
    from dispatch.sections import Settings
    from dispatch.store.database import Database

P = ParamSpec("P")
R = TypeVar("R")

#: exit statuses: done; refused, paused or something left open; wrong usage; interrupted
DONE, REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130

PRACTICE_LINE = "PRACTICE: NOTHING LEAVES THIS COMPUTER"
REAL_LINE = "REAL MAIL"


class Context:
    """The workspace that a command works in; found and read when first asked for."""

    def __init__(self, named: "Path | None" = None) -> None:
        #: what `--workspace` said, else None
        self.named = named

    @functools.cached_property
    def workspace(self) -> "Path":
        """The workspace's folder. Raises WorkspaceError where there is none."""
        import os
        from pathlib import Path

        from dispatch.settings import WORKSPACE_VARIABLE, find_workspace

        if self.named is not None:
            return find_exactly(self.named)
        if named := os.environ.get(WORKSPACE_VARIABLE):
            return find_exactly(Path(named))
        return find_workspace(here())

    @functools.cached_property
    def settings(self) -> "Settings":
        """The workspace's settings. Raises SettingsError."""
        import os

        from dispatch.settings import load

        return load(self.workspace, os.environ)

    @functools.cached_property
    def zone(self) -> "ZoneInfo":
        """The time zone of every time on the screen. Raise SettingsError."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.settings.timezone)

    @property
    def state_folder(self) -> "Path":
        """Where dispatch keeps its own files; made when first asked for. Raises WorkspaceError where it cannot be."""
        from dispatch.errors import WorkspaceError
        from dispatch.settings import STATE_FOLDER

        folder = self.workspace / STATE_FOLDER
        try:
            folder.mkdir(exist_ok=True)
        except OSError as err:
            raise WorkspaceError(
                f"dispatch cannot keep its own files: {err.strerror}.",
                where=str(folder),
                todo="That must be a folder that you may write; move what is there away.",
            ) from err
        return folder

    @property
    def is_practice(self) -> bool:
        """Whether nothing leaves this computer."""
        return self.settings.mail.transport == "practice"

    def open_lists(self) -> "Database":
        """The database of the member lists and of real mail, open. Raises StoreError, SettingsError."""
        from dispatch.store.database import Database

        url = self.settings.database_url
        return Database.open(url) if url else Database.in_file(self.state_folder / "dispatch.db")

    def open_database(self, *, needs_lists: bool = True) -> "Database":
        """The database of this transport's Campaigns: in practice one of its own, with a fresh copy of the lists.

        The copy is left as it is where a command does not read the lists.
        """
        from dispatch.store.database import Database

        if not self.is_practice:
            return self.open_lists()
        practice = Database.in_file(self.practice_database)
        if needs_lists:
            from dispatch.store.practice_copy import copy_lists

            with self.open_lists() as lists:
                copy_lists(lists, practice)
        return practice

    @property
    def practice_database(self) -> "Path":
        """Where practice keeps its Campaigns, apart from real ones."""
        return self.state_folder / "practice.db"

    @property
    def public_folder(self) -> "Path":
        """Where published pictures lie; practice has its own."""
        return self.state_folder / ("practice/public" if self.is_practice else "public")

    @property
    def banner(self) -> str:
        """The first line of every screen: practice or real mail."""
        return PRACTICE_LINE if self.is_practice else REAL_LINE


#: where the practice server notes its address and process, in the state folder
PRACTICE_NOTE = "practice.json"
#: where practice stands until it has said otherwise
PRACTICE_URL = "http://127.0.0.1:8425"


def public_url(context: Context) -> str:
    """Return the address at which readers reach our pages: the setting, in practice the server's own; "" for none."""
    if not context.is_practice or context.settings.web.public_url:
        return context.settings.web.public_url
    from dispatch.settings import STATE_FOLDER

    try:
        return f"http://127.0.0.1:{int(practice_note(context.workspace / STATE_FOLDER)['port'])}"
    except (ValueError, KeyError, TypeError):
        return PRACTICE_URL


def practice_note(state_folder: "Path") -> dict[str, Any]:
    """Return what the practice server of a workspace wrote down when it started; nothing where that cannot be read."""
    import json

    from dispatch.errors import WorkspaceError
    from dispatch.input_files import read_input_file

    try:
        data = read_input_file(state_folder / PRACTICE_NOTE, 10_000, WorkspaceError, noun="The note")
        found = json.loads(data)
    except (WorkspaceError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def here() -> "Path":
    """The folder that the command was called in. Raises WorkspaceError where it has been deleted meanwhile."""
    from pathlib import Path

    from dispatch.errors import WorkspaceError

    try:
        return Path.cwd()
    except FileNotFoundError as err:
        raise WorkspaceError(
            "The folder that you are in is not there any more.",
            todo="Go into your workspace (cd …), or name it: dispatch --workspace DIR …",
        ) from err


def find_exactly(folder: "Path") -> "Path":
    """The folder itself, if it is a workspace. Raises WorkspaceError."""
    from dispatch.errors import WorkspaceError
    from dispatch.settings import SETTINGS_FILE

    if not (folder / SETTINGS_FILE).is_file():
        raise WorkspaceError(
            "That folder is not a dispatch workspace.",
            where=f"There is no {SETTINGS_FILE} in {folder}.",
            todo=f"Name the folder that holds {SETTINGS_FILE}, or make one: dispatch init {folder}",
        )
    return folder.resolve()


pass_workspace = click.make_pass_decorator(Context, ensure=True)


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """The option `--json`: one document on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")(command)


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    import json

    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_long_json(lists: Mapping[str, Iterable[Any]], rest: Mapping[str, Any]) -> None:
    """One JSON document on standard output, as by `print_json`; the items of `lists` are made as they are printed."""
    import json

    out = sys.stdout
    out.write("{")
    for number, (name, items) in enumerate(lists.items()):
        out.write(f"{',' if number else ''}\n  {json.dumps(name)}: [")
        is_empty = True
        for item in items:
            text = json.dumps(item, ensure_ascii=False, indent=2).replace("\n", "\n    ")
            out.write(f"{'' if is_empty else ','}\n    {text}")
            is_empty = False
        out.write("]" if is_empty else "\n  ]")
    ending = json.dumps(dict(rest), ensure_ascii=False, indent=2).removeprefix("{")
    out.write(f"{',' if rest else ''}{ending}\n")
    out.flush()


def complain(error: "DispatchError") -> None:
    """An error as people read it: what, where, what to do; on standard error."""
    # What an environment holds need not be text that can be printed.
    first, *rest = (line.encode("utf-8", "replace").decode() for line in error.lines())
    click.echo(f"Error: {first}", err=True)
    for line in rest:
        click.echo(f"  {line}", err=True)


def stop(error: "DispatchError") -> NoReturn:
    """Show an error and end with status 1."""
    complain(error)
    sys.exit(REFUSED)


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def refuse_without_yes(*, yes: bool, as_json: bool, instead: str = "") -> None:
    """End with wrong usage where no person can confirm and `--yes` was not given; `instead` is another way out."""
    if not yes and (as_json or not is_terminal()):
        click.echo("Error: there is nobody here to confirm.", err=True)
        click.echo(f"  To do it without being asked, add --yes{instead}.", err=True)
        sys.exit(USAGE)


def find_brief(workspace: "Path", named: str | None) -> "Path":
    """The brief.md that BRIEF means: a path, or a part of its name; left out, the newest.

    Raises BriefError where none or several fit.
    """
    from pathlib import Path

    from dispatch.errors import BriefError

    known = sorted(workspace.glob("briefs/*/brief.md"))
    if named is None:
        if not known:
            raise BriefError(
                "There is no brief yet.",
                where=f"{workspace / 'briefs'} holds no folder with a brief.md.",
                todo='Bring one in: dispatch import "Brief.docx"',
            )
        return max(known, key=lambda path: (path.parent.name[:10], path.stat().st_mtime, path.parent.name))
    for path in (Path(named), Path(named) / "brief.md", workspace / named, workspace / named / "brief.md"):
        if path.is_file():
            return path.resolve()
        if path.exists() and not path.is_dir():
            raise BriefError(
                "That is no file.", where=str(path), todo="Name a brief.md, its folder, or part of its name."
            )
    fits = [path for path in known if named.casefold() in path.parent.name.casefold()]
    exact = [path for path in fits if path.parent.name.casefold() == named.casefold()]
    if len(exact or fits) == 1:
        return (exact or fits)[0]
    names = ", ".join(path.parent.name for path in (fits or known)) or "none"
    raise BriefError(
        f"Several briefs fit {named!r}." if fits else f"There is no brief {named!r}.",
        where=f"Briefs here: {names}.",
        todo="Name the file, its folder, or a part of its name that fits only one.",
    )
