"""For a million members: what a search looks through, what counts are read from, and how far practice's copy goes."""

import sqlalchemy as sa
from alembic import op

from dispatch.model.member import folded_member

revision = "0008"
down_revision = "0007"

#: bounce subtypes of addresses that the provider did not try
_NEVER_TRIED = (
    "OnAccountSuppressionList",
    "OnTenantSuppressionList",
    "EmailValidationSuppressed",
    "UnsubscribedRecipient",
)
#: members whose search text is written at once
PART = 10_000


def upgrade() -> None:
    """Add the column, the table and the index; on SQLite, keep subscriptions in the order of their key."""
    op.add_column("members", sa.Column("folded", sa.Text, nullable=False, server_default=""))
    _fold_members()
    op.drop_index("ix_deliveries_campaign_state", "deliveries")
    op.create_index("ix_deliveries_campaign_state", "deliveries", ["campaign_id", "state", "audience"])
    op.drop_index("ix_deliveries_member_id", "deliveries")
    op.create_index("ix_deliveries_member_id", "deliveries", ["member_id", "campaign_id"])
    op.create_index("ix_audit_campaign_id", "audit", ["campaign_id"])
    _note_what_suppressed()
    op.create_table(
        "list_copies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("acts", sa.BigInteger, nullable=False),
        sa.Column("last_act", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_list_copies"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _order_subscriptions()


def _note_what_suppressed() -> None:
    """Until now only the rule said whether the provider had tried; it is the bounce's type and subtype."""
    op.add_column("events", sa.Column("suppresses", sa.Text, nullable=False, server_default=""))
    events = sa.table("events", *[sa.column(name) for name in ("kind", "rule", "suppresses")])
    never_tried = events.c.rule.in_(
        [f"{kind}/{subkind}" for kind in ("Permanent", "Complaint") for subkind in _NEVER_TRIED]
    )
    reason = sa.case(
        (never_tried, "provider"),
        (events.c.kind == "complained", "complained"),
        else_="bounced",
    )
    op.execute(events.update().where(events.c.kind.in_(["bounced", "complained"])).values(suppresses=reason))
    reads = sa.text("kind IN ('opened', 'clicked', 'unsubscribed')")
    op.create_index("ix_events_reads", "events", ["delivery_id"], postgresql_where=reads, sqlite_where=reads)


def _fold_members() -> None:
    members = sa.table(
        "members", *[sa.column(name) for name in ("id", "name", "address", "key")], sa.column("folded", sa.Text)
    )
    connection = op.get_bind()
    write = members.update().where(members.c.id == sa.bindparam("of_id")).values(folded=sa.bindparam("to"))
    columns = (members.c.id, members.c.name, members.c.address, members.c.key)
    last = 0
    while True:
        part = sa.select(*columns).where(members.c.id > last).order_by(members.c.id).limit(PART)
        rows = connection.execute(part).all()
        if not rows:
            return
        folded = [{"of_id": row.id, "to": folded_member(row.name, row.address, row.key)} for row in rows]
        connection.execute(write, folded)
        last = rows[-1].id


def _order_subscriptions() -> None:
    op.rename_table("subscriptions", "former_subscriptions")
    op.drop_index("ix_subscriptions_list", "former_subscriptions")
    op.create_table(
        "subscriptions",
        sa.Column("member_id", sa.Integer, nullable=False),
        sa.Column("member_list", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", sa.String(24), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_subscriptions_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "member_list", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    columns = "member_id, member_list, state, since, source"
    op.execute(f"INSERT INTO subscriptions SELECT {columns} FROM former_subscriptions ORDER BY member_id, member_list")  # noqa: S608 - fixed names
    op.drop_table("former_subscriptions")
    op.create_index("ix_subscriptions_list", "subscriptions", ["member_list", "state", "member_id"])
