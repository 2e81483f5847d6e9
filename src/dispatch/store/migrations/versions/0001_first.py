"""The first tables, and the keys of tokens and hashes."""

import secrets

from alembic import op

from dispatch.store.schema import keys, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and the keys."""
    metadata.create_all(op.get_bind())
    op.bulk_insert(keys, [{"name": name, "secret": secrets.token_bytes(32)} for name in ("token", "address-hash")])
