"""Bring a database up to the newest version, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text


def _config() -> Config:
    config = Config()
    # A path may hold "%", which stands for something in these options.
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def is_known(version: str) -> bool:
    """Return whether this dispatch has a migration of that name."""
    return version in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def migrate(connection: Connection) -> None:
    """Run all migrations that are missing, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        # Two processes that open a new database at once: the second waits here and then finds it done.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('dispatch migrations'))"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
