"""The tables. Names are the design's words; every moment is text, `2026-11-24T09:00:00.000Z`, in UTC."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dispatch.store.column_types import Document, Instant, Serial, folded_row

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

members = Table(
    "members",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    #: HMAC-SHA-256 (hex) of the key, under the row `address-hash` of `keys`
    Column("address_hash", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False, default=""),
    Column("attributes", Document, nullable=False, default=dict),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    #: name and address without case and accents: what a search looks through
    Column("folded", Text, nullable=False, default=folded_row, server_default=""),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("member_id", ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("member_list", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Index("ix_subscriptions_list", "member_list", "state", "member_id"),
    # In the order of its key: what is asked of all people is read in one go.
    sqlite_with_rowid=False,
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

#: the keys of tokens and hashes, made by the first migration, so that every machine and backup has them
keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("date", Text, nullable=False),
    #: `scheduled`, `sending`, `paused`, `finished` or `cancelled`
    Column("state", Text, nullable=False),
    #: why it is paused, and what to do
    Column("reason", Text, nullable=False, default=""),
    Column("todo", Text, nullable=False, default=""),
    #: the transport that it left by: `ses`, `smtp` or `practice`
    Column("transport", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    #: nothing leaves before this moment; null for at once
    Column("not_before", Instant),
    #: when a paused one goes on by itself, because its reason passes with time; null for never
    Column("goes_on_at", Instant),
    #: the `seq` of the Deliveries that go first and are waited for; null once they are judged, or for none
    Column("canary", Document),
    #: the limit that a person set, in messages; null for none, and for a limit that passes with the provider's 24 hours
    Column("limited_to", Integer),
    #: messages that may still leave under the limit; null without one
    Column("may_send", Integer),
    #: counts the limits of this Campaign: a claim under an earlier one gives nothing back to this one
    Column("limit_number", Integer, nullable=False, server_default="0"),
    UniqueConstraint("title", "date"),
)

#: frozen content; a later send of an edited Brief adds rows, it never changes one
editions = Table(
    "editions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("member_list", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("web_html", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("campaign_id", "audience", "fingerprint"),
)

#: the unit of work and of truth: one Campaign x one address
deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("member_id", ForeignKey("members.id", ondelete="SET NULL")),
    Column("key", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("audience", Text, nullable=False),
    Column("edition_id", ForeignKey("editions.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("claimed_at", Instant),
    Column("submitted_at", Instant),
    Column("message_id", Text, nullable=False, server_default=""),
    #: a queued one is not claimed before this moment, because the recipient's server asked for it; null for at once
    Column("retry_at", Instant),
    #: when the recipient's server asked for the first time to be tried again later; null while it did not
    Column("deferred_at", Instant),
    UniqueConstraint("campaign_id", "address_hash"),
    # All counts are read from this index alone.
    Index("ix_deliveries_campaign_state", "campaign_id", "state", "audience"),
    Index("ix_deliveries_submitted_at", "submitted_at"),
    Index("ix_deliveries_member_id", "member_id", "campaign_id"),
    # A claim reads only what can be claimed now, however many rows are done or wait for their time. With the state in
    # it, though that is always the same, SQLite prefers it to the index above.
    Index(
        "ix_deliveries_queued",
        "campaign_id",
        "state",
        "seq",
        postgresql_where=text("state = 'queued' AND retry_at IS NULL"),
        sqlite_where=text("state = 'queued' AND retry_at IS NULL"),
    ),
    Index(
        "ix_deliveries_retry_at",
        "campaign_id",
        "retry_at",
        postgresql_where=text("retry_at IS NOT NULL"),
        sqlite_where=text("retry_at IS NOT NULL"),
    ),
    # Room on each page for the two updates that every row gets.
    postgresql_with={"fillfactor": 70},
)

#: raw bodies that came from the provider, kept before they are understood
notifications = Table(
    "notifications",
    metadata,
    Column("id", Serial, primary_key=True),
    #: the SNS MessageId, else the SHA-256 of the body: the same notification is kept once
    Column("transport_id", Text, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    #: `new`, `read`, `foreign` (another database's tags) or `unreadable`
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Index("ix_notifications_state", "state"),
)

#: which Events are what readers did
READS = "kind IN ('opened', 'clicked', 'unsubscribed')"
#: dated facts about Deliveries; append-only
events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    #: `human`, `proxy`, `machine` for opens and clicks, else ""
    Column("reader", Text, nullable=False, default=""),
    #: the rule that told the reader, or the bounce's class
    Column("rule", Text, nullable=False, default=""),
    Column("detail", Document, nullable=False, default=dict),
    #: what makes the fact the same fact: provider's id, kind, feedback id or moment, link
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("notification_id", ForeignKey("notifications.id", ondelete="SET NULL")),
    #: why it suppressed its address: `bounced`, `complained`, `provider` (never tried); "" where it did not
    Column("suppresses", Text, nullable=False, default="", server_default=""),
    Index("ix_events_delivery_kind", "delivery_id", "kind"),
    # What readers did, which is little beside what the provider says.
    Index("ix_events_reads", "delivery_id", postgresql_where=text(READS), sqlite_where=text(READS)),
    # A Notification that is deleted looks for its Events.
    Index("ix_events_notification_id", "notification_id"),
)

proofs = Table(
    "proofs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("slug", Text, nullable=False),
    #: what a person reads out: six letters and digits
    Column("code", String(12), nullable=False),
    Column("created_at", Instant, nullable=False),
    #: audience -> fingerprint of the Edition that was shown
    Column("fingerprints", Document, nullable=False),
    #: settings that reach the mail, as they were
    Column("settings", Document, nullable=False),
    #: audience -> people at that time
    Column("counts", Document, nullable=False),
    Column("addresses", Document, nullable=False),
    Column("approved_by", Text, nullable=False, default=""),
    Column("approved_at", Instant),
    Index("ix_proofs_slug", "slug", "created_at"),
)

#: the mails of a Proof; their tags come back in Events, which are then known
proof_messages = Table(
    "proof_messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("proof_id", ForeignKey("proofs.id"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("address", Text, nullable=False),
    #: what became of the call, in words
    Column("outcome", Text, nullable=False, default=""),
    Index("ix_proof_messages_proof_id", "proof_id"),
)

#: the rate shared by all processes: one row per account and region
pace = Table(
    "pace",
    metadata,
    Column("account", Text, primary_key=True),
    #: theoretical arrival time of the next message, seconds since 1970 (GCRA)
    Column("next_at", Float, nullable=False),
)

#: how far each queue of events has been read
queues = Table(
    "queues",
    metadata,
    #: its address
    Column("name", Text, primary_key=True),
    #: when a look into the whole queue, which found nothing, began
    Column("empty_at", Instant, nullable=False),
    #: whatever was in the queue at this moment is stored
    Column("read_through", Instant),
)

#: who decided what, and when
audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("at", Instant, nullable=False),
    #: what was done, such as `members imported`
    Column("act", Text, nullable=False),
    #: whom it was about: an address, its keyed hash after erasure, or ""
    Column("address", Text, nullable=False, default=""),
    Column("campaign_id", Text, nullable=False, default=""),
    Column("detail", Document, nullable=False, default=dict),
    Index("ix_audit_campaign_id", "campaign_id"),
)

#: the one place from which this database sends real mail
homes = Table(
    "homes",
    metadata,
    Column("id", Integer, primary_key=True),
    #: the machine's own identifier; for PostgreSQL the server's
    Column("machine", Text, nullable=False),
    #: where the database lies: its file; for PostgreSQL its name
    Column("path", Text, nullable=False),
    #: random: which line of copies the counter beside the file belongs to
    Column("instance", String(32), nullable=False),
    #: sends of real mail since; the counter beside the file holds the same number
    Column("sends", Integer, nullable=False, server_default="0"),
    Column("since", Instant, nullable=False),
    #: the database that took over, "" while this one is at home
    Column("moved_to", Text, nullable=False, server_default=""),
)

#: mails to Amazon's simulator that show whether events flow
probes = Table(
    "probes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    #: what became of the call, in words
    Column("outcome", Text, nullable=False, server_default=""),
    #: when its Send event was read; null while it was not
    Column("seen_at", Instant),
)

#: in practice's database: how far its copy of the member lists goes, one row
list_copies = Table(
    "list_copies",
    metadata,
    Column("id", Integer, primary_key=True),
    #: the database that the lists are in, without its password
    Column("source", Text, nullable=False),
    #: acts in its audit trail then, and the number of the last
    Column("acts", BigInteger, nullable=False),
    Column("last_act", BigInteger, nullable=False),
)

#: processes that send, or wait to: what people see of them, never what a claim depends on
workers = Table(
    "workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("process", Integer, nullable=False),
    #: `send` for a command in the foreground, `worker`
    Column("kind", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    #: the Campaign it mails now, "" for none
    Column("campaign_id", Text, nullable=False, server_default=""),
    #: mails accepted through it for that Campaign
    Column("accepted", Integer, nullable=False, server_default="0"),
)
