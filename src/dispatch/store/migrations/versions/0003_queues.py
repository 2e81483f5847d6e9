"""How far each queue of events has been read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.String(24)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "queues",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("empty_at", INSTANT, nullable=False),
        sa.Column("read_through", INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_queues"),
    )
