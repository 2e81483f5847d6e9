"""Plain names for columns and tables, and the index that reading events needs."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Rename what had a name of its own."""
    op.alter_column("campaigns", "way", new_column_name="transport")
