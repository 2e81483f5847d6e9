"""Plain names: campaigns.transport, notifications, events.notification_id; and an index on the last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

#: the former and the new name of what PostgreSQL names besides tables and columns
_RENAMED = {
    "INDEX": [("ix_notices_state", "ix_notifications_state")],
    "SEQUENCE": [("notices_id_seq", "notifications_id_seq")],
}
_CONSTRAINTS = {
    "notifications": [
        ("pk_notices", "pk_notifications"),
        ("uq_notices_transport_id", "uq_notifications_transport_id"),
    ],
    "events": [("fk_events_notice_id_notices", "fk_events_notification_id_notifications")],
}


def upgrade() -> None:
    """Rename columns and tables, with their rows."""
    op.alter_column("campaigns", "way", new_column_name="transport")
    if op.get_bind().dialect.name == "postgresql":
        _rename()
    else:
        _copy()
    op.create_index("ix_events_notification_id", "events", ["notification_id"])


def _rename() -> None:
    op.rename_table("notices", "notifications")
    op.alter_column("events", "notice_id", new_column_name="notification_id")
    for kind, names in _RENAMED.items():
        for old, new in names:
            op.execute(f"ALTER {kind} {old} RENAME TO {new}")
    for table, names in _CONSTRAINTS.items():
        for old, new in names:
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


def _copy() -> None:
    """SQLite renames no constraint: the rows go into new tables, those that point elsewhere after the others."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    instant, document = sa.String(24), sa.JSON()
    op.create_table(
        "notifications",
        sa.Column("id", serial, nullable=False),
        sa.Column("transport_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", instant, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("transport_id", name="uq_notifications_transport_id"),
    )
    op.execute("INSERT INTO notifications SELECT id, transport_id, body, received_at, state, problem FROM notices")
    op.create_index("ix_notifications_state", "notifications", ["state"])
    op.rename_table("events", "former_events")
    op.drop_index("ix_events_delivery_kind", "former_events")
    op.create_table(
        "events",
        sa.Column("id", serial, nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("detail", document, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("notification_id", serial),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_events_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name="fk_events_notification_id_notifications",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("fingerprint", name="uq_events_fingerprint"),
    )
    op.execute(
        "INSERT INTO events SELECT id, delivery_id, kind, at, reader, rule, detail, fingerprint, notice_id"
        " FROM former_events"
    )
    op.create_index("ix_events_delivery_kind", "events", ["delivery_id", "kind"])
    op.drop_table("former_events")
    op.drop_table("notices")
