"""Schedules, canaries, homes, probes and workers; on PostgreSQL the task engine's own tables too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from dispatch.store.jobs import install

revision = "0002"
down_revision = "0001"

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.String(24)
ID = sa.String(32)


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("campaigns", sa.Column("not_before", INSTANT))
    op.add_column("campaigns", sa.Column("goes_on_at", INSTANT))
    op.add_column("campaigns", sa.Column("canary", DOCUMENT))
    op.create_table(
        "homes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("instance", ID, nullable=False),
        sa.Column("sends", sa.Integer, server_default="0", nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("moved_to", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homes"),
    )
    op.create_table(
        "probes",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text, server_default="", nullable=False),
        sa.Column("seen_at", INSTANT),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="fk_probes_campaign_id_campaigns"),
        sa.PrimaryKeyConstraint("id", name="pk_probes"),
    )
    op.create_table(
        "workers",
        sa.Column("id", ID, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("campaign_id", sa.Text, server_default="", nullable=False),
        sa.Column("accepted", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    if op.get_bind().dialect.name == "postgresql":
        install(op.get_bind())
