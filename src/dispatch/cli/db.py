"""`dispatch db`: the database of lists and real mail: its version, and its move to PostgreSQL."""

from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from dispatch.store.database import Database


_FORM = "Write: dispatch db move --to postgresql://user:password@host/database"


@click.group("db", short_help="Show the database, or move it to PostgreSQL.")
def db_command() -> None:
    """The database of the lists and of real mail. Practice keeps one of its own."""


@db_command.command("status")
@json_option
@pass_workspace
def status_command(context: Context, /, *, as_json: bool) -> None:
    """Say which database is used, its version, and what is in it."""
    from dispatch.store.database import HEAD, safe_url
    from dispatch.store.move import counts

    with context.open_lists() as database:
        with database.reading() as connection:
            rows = counts(connection)
        version, url = database.version(), safe_url(database.engine.url)
    if as_json:
        print_json({"url": url, "version": version, "newest": HEAD, "rows": rows})
        return
    click.echo(f"{url}, version {version}")
    for name, count in rows.items():
        click.echo(f"  {name:<16} {count:>9}")


@db_command.command("migrate")
@json_option
@pass_workspace
def migrate_command(context: Context, /, *, as_json: bool) -> None:
    """Bring the database up to the newest version.

    Every command does this by itself when it opens the database; here it can be done before anything else runs.
    """
    from dispatch.store.database import HEAD, safe_url

    with context.open_lists() as database:
        url, version = safe_url(database.engine.url), database.version()
    if as_json:
        print_json({"url": url, "version": version, "newest": HEAD})
    else:
        click.echo(f"{url} is of version {version}, the newest.")


@db_command.command("move")
@click.option("--to", "url", required=True, metavar="URL", help="An empty PostgreSQL database.")
@json_option
@pass_workspace
def move_command(context: Context, /, *, url: str, as_json: bool) -> None:
    """Copy everything into an empty PostgreSQL database, and count it there.

    The old database stays as it was, and sends no real mail any more.
    """
    from dispatch.store.database import safe_url
    from dispatch.store.move import move

    with context.open_lists() as source, _open(url) as target:
        moved = move(source, target)
    if as_json:
        print_json({"to": safe_url(url), "rows": moved})
        return
    for name, count in moved.items():
        click.echo(f"  {name:<16} {count:>9}")
    click.echo("Everything arrived. Now name the new database, in dispatch.toml or in the environment:")
    click.echo(f'  database_url = "{safe_url(url)}"')
    click.echo("The first real mail makes it its home; the old one sends none any more.")


def _open(url: str) -> "Database":
    from dispatch.errors import SettingsError
    from dispatch.store.database import Database

    try:
        return Database.open(url)
    except SettingsError as err:
        # It was not the setting that was read; and the address may hold a password, so that it is not repeated.
        raise SettingsError("That is no address of a database.", where="--to", todo=_FORM) from err
