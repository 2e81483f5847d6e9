"""Schedules, canaries, homes, probes and workers; on PostgreSQL the task engine's own tables too."""

import sqlalchemy as sa
from alembic import op

from dispatch.store.jobs import install
from dispatch.store.schema import campaigns, homes, metadata, probes, workers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what the first migration, which makes every table of the day, has not made already."""
    connection = op.get_bind()
    present = {column["name"] for column in sa.inspect(connection).get_columns("campaigns")}
    for name in ("not_before", "goes_on_at", "canary"):
        if name not in present:
            op.add_column("campaigns", sa.Column(name, campaigns.c[name].type))
    metadata.create_all(connection, tables=[homes, probes, workers])
    if connection.dialect.name == "postgresql":
        install(connection)
