"""`dispatch serve`: the pages that readers reach."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, pass_workspace

if TYPE_CHECKING:
    from starlette.applications import Starlette

PAGES = {"/u/…": "unsubscribing", "/i/…": "pictures", "/b/…": "web copies", "/approve/…": "proofs"}


@click.command("serve", short_help="Serve the pages that readers reach: unsubscribe, pictures, web copies.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8425, show_default=True, help="0 takes a free one.")
@pass_workspace
def serve_command(context: Context, host: str, port: int) -> None:
    """Serve the pages that readers reach, until Ctrl-C.

    Mails lead here: unsubscribing, pictures, web copies, and the approval of a proof. Real mail needs it under the
    https address of the setting web.public_url, behind a web server that does the https.
    """
    from contextlib import suppress

    from dispatch.web.server import listen, run

    settings = context.settings
    with suppress(KeyboardInterrupt), listen(host, port) as sock, context.open_database() as database:
        click.echo(context.banner)
        click.echo(f"Serving at http://{_shown(host)}:{sock.getsockname()[1]}/")
        click.echo(
            "  /u/…        unsubscribing\n  /i/…        pictures\n  /b/…        web copies\n  /approve/…  proofs"
        )
        click.echo(f"Readers reach it as: {settings.web.public_url or 'not set yet; set web.public_url'}")
        click.echo("Ctrl-C stops it.")
        run(_application(context, database), sock)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _application(context: Context, database: object) -> "Starlette":
    from starlette.applications import Starlette

    from dispatch.store.database import Database
    from dispatch.web.readers import list_names, routes

    assert isinstance(database, Database)
    return Starlette(
        routes=routes(
            database,
            public_folder=context.public_folder,
            banner=context.banner if context.is_practice else "",
            public_url=context.settings.web.public_url,
            list_names=list_names(context.settings.all_audiences()),
        )
    )
