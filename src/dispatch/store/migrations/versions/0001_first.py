"""The first tables, and the keys of tokens and hashes."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.String(24)
ID = sa.String(32)
HASH = sa.String(64)


def upgrade() -> None:
    """Make every table and the keys."""
    _make_people()
    _make_campaigns()
    _make_deliveries()
    _make_events()
    _make_proofs()
    _make_the_rest()
    keys = sa.table("keys", sa.column("name", sa.Text), sa.column("secret", sa.LargeBinary))
    op.bulk_insert(keys, [{"name": name, "secret": secrets.token_bytes(32)} for name in ("token", "address-hash")])


def _make_people() -> None:
    op.create_table(
        "members",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_hash", HASH, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("attributes", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("address_hash", name="uq_members_address_hash"),
        sa.UniqueConstraint("key", name="uq_members_key"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("member_id", SERIAL, nullable=False),
        sa.Column("member_list", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_subscriptions_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "member_list", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_list", "subscriptions", ["member_list", "state", "member_id"])
    op.create_table(
        "suppressions",
        sa.Column("address_hash", HASH, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_suppressions"),
    )


def _make_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("date", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("todo", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_campaigns"),
        sa.UniqueConstraint("slug", name="uq_campaigns_slug"),
        sa.UniqueConstraint("title", "date", name="uq_campaigns_title_date"),
    )
    op.create_table(
        "editions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("member_list", sa.Text, nullable=False),
        sa.Column("fingerprint", HASH, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("preheader", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("web_html", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("reply_to", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="fk_editions_campaign_id_campaigns"),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint(
            "campaign_id", "audience", "fingerprint", name="uq_editions_campaign_id_audience_fingerprint"
        ),
    )


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("member_id", SERIAL),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_hash", HASH, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("edition_id", SERIAL, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("attempt", sa.Integer, server_default="0", nullable=False),
        sa.Column("claimed_at", INSTANT),
        sa.Column("submitted_at", INSTANT),
        sa.Column("message_id", sa.Text, server_default="", nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name="fk_deliveries_campaign_id_campaigns"),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name="fk_deliveries_edition_id_editions"),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_deliveries_member_id_members", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_deliveries"),
        sa.UniqueConstraint("campaign_id", "address_hash", name="uq_deliveries_campaign_id_address_hash"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_deliveries_campaign_state", "deliveries", ["campaign_id", "state"])
    op.create_index("ix_deliveries_member_id", "deliveries", ["member_id"])
    op.create_index(
        "ix_deliveries_queued",
        "deliveries",
        ["campaign_id", "seq"],
        postgresql_where=sa.text("state = 'queued'"),
        sqlite_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_deliveries_submitted_at", "deliveries", ["submitted_at"])


def _make_events() -> None:
    op.create_table(
        "notices",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("transport_id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("transport_id", name="uq_notices_transport_id"),
    )
    op.create_index("ix_notices_state", "notices", ["state"])
    op.create_table(
        "events",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("detail", DOCUMENT, nullable=False),
        sa.Column("fingerprint", HASH, nullable=False),
        sa.Column("notice_id", SERIAL),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_events_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_events_notice_id_notices", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("fingerprint", name="uq_events_fingerprint"),
    )
    op.create_index("ix_events_delivery_kind", "events", ["delivery_id", "kind"])


def _make_proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("fingerprints", DOCUMENT, nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("counts", DOCUMENT, nullable=False),
        sa.Column("addresses", DOCUMENT, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False),
        sa.Column("approved_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_proofs"),
    )
    op.create_index("ix_proofs_slug", "proofs", ["slug", "created_at"])
    op.create_table(
        "proof_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("proof_id", ID, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["proof_id"], ["proofs.id"], name="fk_proof_messages_proof_id_proofs"),
        sa.PrimaryKeyConstraint("id", name="pk_proof_messages"),
    )
    op.create_index("ix_proof_messages_proof_id", "proof_messages", ["proof_id"])


def _make_the_rest() -> None:
    op.create_table(
        "keys",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_keys"),
    )
    op.create_table(
        "pace",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_pace"),
    )
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("campaign_id", sa.Text, nullable=False),
        sa.Column("detail", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
