"""The audit trail: who decided what, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from dispatch.store.schema import audit

#: the act that makes it possible that someone has had two messages: their Campaign cannot be taken back
SENT_AGAIN = "sent again after an unknown outcome"
#: the act of locking recipients; `added` in its detail is how many Deliveries it made
LOCKED = "recipients locked"
#: how earlier versions called it
LOCKED_BEFORE = "campaign frozen"


def record(
    connection: Connection,
    act: str,
    *,
    now: datetime,
    address: str = "",
    campaign_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one act to the trail, in the transaction of the act itself."""
    connection.execute(
        audit.insert().values(at=now, act=act, address=address, campaign_id=campaign_id, detail=dict(detail or {}))
    )
