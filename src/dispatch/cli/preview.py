"""`dispatch preview`: a local page on which one sees everything that a send would do."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.frame import Frame, pass_frame

if TYPE_CHECKING:
    from dispatch.web.preview.live import Bearings


@click.command("preview", short_help="Look at a brief in the browser, as its readers will see it.")
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
@pass_frame
def preview_command(frame: Frame, brief: str | None, no_open: bool, port: int, folder: Path | None) -> None:
    """Open a page that shows everything BRIEF's mails will be, and follows every save.

    It listens on this computer only. Ctrl-C stops it.
    """
    from dispatch.cli.frame import find_brief

    show(frame, find_brief(frame.workspace, brief), port=port, opens=not no_open)


def show(frame: Frame, brief_file: Path, *, port: int = 0, opens: bool = True) -> None:
    """Serve the preview of a brief until Ctrl-C; its address is the first line on standard output."""
    from dispatch.web.server import listen

    with listen("127.0.0.1", port) as sock:
        address = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        click.echo(address)
        sys.stdout.flush()
        if opens and _has_screen():
            click.launch(address)
        from dispatch.web.preview.app import Preview
        from dispatch.web.preview.live import Live
        from dispatch.web.server import run

        live = Live(frame.workspace, brief_file, lambda: look(frame.workspace), _banner(frame))
        run(Preview(live, sock.getsockname()[1]).application(), sock, on_stop=live.close)


def look(workspace: Path) -> "Bearings":
    """What the settings say now. Raises SettingsError, ProblemsFound."""
    from dispatch.cli.frame import public_url
    from dispatch.web.preview.live import Bearings

    frame = Frame(named=workspace)
    return Bearings(
        audiences=frame.settings.all_audiences(),
        public_url=public_url(frame),
        way=frame.settings.mail.via,
        banner=frame.banner,
        rate_share=frame.settings.send.rate_share,
    )


def _banner(frame: Frame) -> str:
    """The first line while the settings cannot be read: what they said last is not known, so the careful word."""
    from dispatch.cli.frame import REAL_LINE
    from dispatch.errors import DispatchError

    try:
        return frame.banner
    except DispatchError:
        return REAL_LINE


def _has_screen() -> bool:
    """Whether a browser would have a screen to appear on; without one, a text browser would take the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
