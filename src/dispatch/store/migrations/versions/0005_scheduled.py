"""Campaigns that wait for their time are scheduled."""

from alembic import op

revision = "0005"
down_revision = "0004"

#: the database's clock, as the columns keep moments
_NOW = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    "postgresql": """to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
}
_HAS_BEGUN = (
    "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.campaign_id = campaigns.id"
    " AND deliveries.state NOT IN ('queued', 'skipped'))"
)


def upgrade() -> None:
    """Give them the new state; a Campaign that was paused after it had begun stays paused."""
    now = _NOW[op.get_bind().dialect.name]
    waits = f"not_before > {now} AND (state = 'sending' OR (state = 'paused' AND NOT {_HAS_BEGUN}))"
    changes = "state = 'scheduled', reason = '', todo = '', goes_on_at = NULL"
    op.execute(f"UPDATE campaigns SET {changes} WHERE {waits}")  # noqa: S608  # constants of this file
