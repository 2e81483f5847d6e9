"""Whether SES lets a sender send: the identities of an account (GetEmailIdentity, SES API v2)."""

from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import explain

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


def unverified(client: "SESV2Client", senders: Sequence[str]) -> list[str]:
    """Those of the senders (From headers) whom SES would not let send.

    An address sends where it, its domain, or a domain above that is verified (SES developer guide, "Verified
    identities"). Raises ProviderError where SES cannot be asked.
    """
    return [sender for sender in dict.fromkeys(senders) if not _is_verified(client, parseaddr(sender)[1])]


def _is_verified(client: "SESV2Client", address: str) -> bool:
    return any(_may_send(client, identity) for identity in _identities(address))


def _identities(address: str) -> Iterator[str]:
    yield address
    labels = address.rpartition("@")[2].lower().split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _may_send(client: "SESV2Client", identity: str) -> bool:
    try:
        return bool(client.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus", False))
    except ClientError as err:
        if err.response.get("Error", {}).get("Code") in ("NotFoundException", "BadRequestException"):
            return False
        raise explain(err, "Asking SES for its verified senders") from err
    except BotoCoreError as err:
        raise explain(err, "Asking SES for its verified senders") from err
