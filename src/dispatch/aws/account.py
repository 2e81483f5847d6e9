"""What SES grants: rate, quota, standing (GetAccount, SES API v2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import explain
from dispatch.model.message import Account

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

#: how old a signature may be that AWS accepts, in seconds (AWS General Reference, "Signature Version 4")
SIGNATURE_SECONDS = 300
#: by this header a practice server says that it takes older or only younger ones; Amazon has no such header
SIGNATURE_HEADER = "x-practice-signature-seconds"


def read_account(client: "SESV2Client", region: str) -> Account:
    """The account's grants. Raises ProviderError where they cannot be read."""
    try:
        answer = client.get_account()
    except (ClientError, BotoCoreError) as err:
        raise explain(err, "Asking SES for the account's limits") from err
    quota = answer.get("SendQuota", {})
    per_day = int(quota.get("Max24HourSend", 0))
    standing = str(answer.get("EnforcementStatus", ""))
    stopped = ""
    if not answer.get("SendingEnabled", True):
        stopped = "Sending is paused for this Amazon account."
    elif standing == "SHUTDOWN":
        stopped = "Amazon has shut this account's sending down."
    return Account(
        # SES allows at least one message a second; 0 would wait for ever.
        max_per_second=max(0.1, float(quota.get("MaxSendRate", 1.0))),
        max_per_day=None if per_day < 0 else per_day,
        sent_last_day=int(quota.get("SentLast24Hours", 0)),
        name=f"ses/{region}",
        stopped=stopped,
        is_sandbox=not answer.get("ProductionAccessEnabled", True),
        least_grace_seconds=signature_seconds(answer["ResponseMetadata"]["HTTPHeaders"]),
    )


def signature_seconds(headers: Mapping[str, str]) -> int:
    """Return for how long a call that was held back can still be accepted, by the headers of an answer."""
    return int(headers.get(SIGNATURE_HEADER, SIGNATURE_SECONDS))
