"""`dispatch preview`: a local page on which one sees everything that a send would do."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, pass_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.model.message import Account
    from dispatch.pipeline.preflight.setup import Setup
    from dispatch.web.preview.live import Bearings
    from dispatch.web.preview.outside import Outside


@click.command("preview", short_help="Preview a brief in the browser.")
@click.argument("brief", required=False)
@click.option("--no-open", is_flag=True, help="Print the address and open no browser.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to use; else a free one.")
@click.option(
    "--export",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the preview into DIR as files that open without a server, and end.",
)
@pass_workspace
def preview_command(context: Context, brief: str | None, no_open: bool, port: int, folder: Path | None) -> None:
    """Open a page that shows everything BRIEF's mails will be, and follows every save.

    It listens on this computer only. Ctrl-C stops it.
    """
    from dispatch.cli.context import find_brief

    file = find_brief(context.workspace, brief)
    if folder is None:
        open_preview(context, file, port=port, opens=not no_open)
        return
    count = write_files(context, file, folder)
    click.echo(f"{context.banner}\n{count} files are in {folder}. Open {folder / 'index.html'}")


def open_preview(context: Context, brief_file: Path, *, port: int = 0, opens: bool = True) -> None:
    """Serve the preview of a brief until Ctrl-C; its address is the first line on standard output."""
    from contextlib import suppress

    from dispatch.web.server import listen

    # Ctrl-C is how one ends it, also while it is still starting.
    with suppress(KeyboardInterrupt), listen("127.0.0.1", port) as sock:
        address = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        click.echo(address)
        sys.stdout.flush()
        if opens and _has_screen():
            click.launch(address)
        from dispatch.web.preview.app import Preview
        from dispatch.web.preview.live import Live
        from dispatch.web.server import run

        live = Live(context.workspace, brief_file, lambda: look(context.workspace, brief_file), _banner(context))
        preview = Preview(live, outside(context.workspace), sock.getsockname()[1])
        run(preview.application(), sock, on_stop=live.close)


def write_files(context: Context, brief_file: Path, folder: Path) -> int:
    """Write the preview into a folder; gives the number of files. Raises DispatchError."""
    from contextlib import closing

    from dispatch.web.preview.export import export
    from dispatch.web.preview.live import Live
    from dispatch.web.preview.people import People

    shown = Live(context.workspace, brief_file, lambda: look(context.workspace, brief_file), _banner(context)).refresh()
    with closing(People(outside(context.workspace))) as people:
        return export(shown, people, folder)


def outside(workspace: Path) -> "Outside":
    """How the preview reaches the database and the provider; every call reads the settings again."""
    from contextlib import contextmanager

    from dispatch.web.preview.outside import Outside

    @contextmanager
    def setup() -> "Iterator[Setup]":
        from dispatch.cli.transport import open_transport, setup_of

        context = Context(named=workspace)
        with open_transport(context) as transport:
            yield setup_of(context, transport)

    return Outside(
        open_database=lambda: Context(named=workspace).open_database(),
        lists_mark=lambda: _lists_mark(Context(named=workspace)),
        account=lambda: _account(Context(named=workspace)),
        setup=setup,
    )


def _lists_mark(context: Context) -> object:
    """Differs once a member list may have changed: by its file, or every half minute where there is none."""
    import time

    if context.settings.database_url:
        return time.monotonic() // 30
    file = context.state_folder / "dispatch.db"
    marks = [(each.stat().st_mtime_ns, each.stat().st_size) for each in _with_log(file) if each.exists()]
    return context.settings.mail.transport, *marks


def _with_log(file: Path) -> "list[Path]":
    """A SQLite database and its write-ahead log, if that holds anything."""
    log = file.with_name(file.name + "-wal")
    return [file, log] if log.exists() and log.stat().st_size else [file]


def _account(context: Context) -> "Account":
    """What the provider grants; asks the practice server only if it runs already."""
    from dispatch.cli.practice import find_running
    from dispatch.cli.transport import open_transport
    from dispatch.errors import ProviderError

    if context.is_practice and find_running(context) is None:
        raise ProviderError("The practice server does not run yet; dispatch send starts it.")
    with open_transport(context) as transport:
        return transport.mailer.account()


def look(workspace: Path, brief_file: Path) -> "Bearings":
    """What the settings say now. Raises SettingsError, ProblemsFound."""
    from dispatch.cli.context import public_url
    from dispatch.cli.scheduled import scheduled_text
    from dispatch.pipeline.prepare import slug_of
    from dispatch.web.preview.live import Bearings

    context = Context(named=workspace)
    return Bearings(
        audiences=context.settings.all_audiences(),
        public_url=public_url(context),
        transport=context.settings.mail.transport,
        banner=context.banner,
        rate_share=context.settings.send.rate_share,
        scheduled=scheduled_text(context, slug_of(brief_file)),
    )


def _banner(context: Context) -> str:
    """The first line while the settings cannot be read: what they said last is not known, so the careful word."""
    from dispatch.cli.context import REAL_LINE
    from dispatch.errors import DispatchError

    try:
        return context.banner
    except DispatchError:
        return REAL_LINE


def _has_screen() -> bool:
    """Whether a browser would have a screen to appear on; without one, a text browser would take the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
