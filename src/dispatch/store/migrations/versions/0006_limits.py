"""Limits: campaigns.limited_to, may_send and limit_number, which every process that sends counts down."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; a Campaign under way has no limit."""
    op.add_column("campaigns", sa.Column("limited_to", sa.Integer))
    op.add_column("campaigns", sa.Column("may_send", sa.Integer))
    op.add_column("campaigns", sa.Column("limit_number", sa.Integer, nullable=False, server_default="0"))
