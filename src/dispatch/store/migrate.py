"""Brings a database up to the newest version, by Alembic."""

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from dispatch.errors import StoreError

if TYPE_CHECKING:
    from dispatch.store.database import Database


def migrate(database: "Database", version: str | None) -> None:
    """Run the migrations after `version` (None for an empty database), all in one transaction.

    Raises StoreError where the database was made by a newer dispatch.
    """
    config = Config()
    # A path may hold "%", which stands for something in these options.
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"The database is of version {version}, which this dispatch does not know.",
            where=database.engine.url.render_as_string(hide_password=True),
            todo="Use the newer dispatch that made it, or name another database.",
        )
    with database.writing() as connection:
        if not database.is_sqlite:
            # Two processes that open a new database at once: the second waits here and then finds it done.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('dispatch migrations'))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
