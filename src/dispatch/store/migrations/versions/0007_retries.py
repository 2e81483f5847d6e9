"""Retries: deliveries.retry_at and deferred_at, for recipients whose server asks to be tried again later."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the two moments; the index of what can be claimed leaves out what waits for its time."""
    op.add_column("deliveries", sa.Column("retry_at", sa.String(24)))
    op.add_column("deliveries", sa.Column("deferred_at", sa.String(24)))
    op.drop_index("ix_deliveries_queued", "deliveries")
    _index("ix_deliveries_queued", ["campaign_id", "state", "seq"], "state = 'queued' AND retry_at IS NULL")
    _index("ix_deliveries_retry_at", ["campaign_id", "retry_at"], "retry_at IS NOT NULL")


def _index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "deliveries", columns, postgresql_where=condition, sqlite_where=condition)
