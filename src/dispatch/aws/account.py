"""What an SES account grants and knows: rate and quota, verified senders, where its events go.

Sources: SES API v2 reference, GetAccount, GetEmailIdentity and GetConfigurationSetEventDestinations; SES developer
guide, "Verified identities". None of these calls carries mail.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import account_client, explain
from dispatch.errors import ProviderError
from dispatch.model.mailbox import mailbox_header, split_mailbox
from dispatch.model.message import Account

#: what the account grants is asked again after this time: Amazon answers once a second, to all that ask
REMEMBERED_SECONDS = 60.0
#: the kinds of event that settle a Delivery, in the order of a message's life
NEEDED = ("SEND", "REJECT", "DELIVERY", "BOUNCE", "COMPLAINT")

#: how old a signature may be that AWS accepts, in seconds (AWS General Reference, "Signature Version 4")
SIGNATURE_SECONDS = 300
#: by this header a practice server says that it takes older or only younger ones; Amazon has no such header
SIGNATURE_HEADER = "x-practice-signature-seconds"


class SesAccount:
    """One account in one region. Any number of threads may ask."""

    def __init__(self, session: boto3.Session, region: str) -> None:
        self._region = region
        self._client = account_client(session, region)
        self._lock = threading.Lock()
        self._grants: Account | None = None
        self._asked_at = 0.0

    def close(self) -> None:
        """Close the connections to SES; a later call opens others."""
        self._client.close()

    def grants(self) -> Account:
        """Return what the account grants, at most a minute old. Raise ProviderError where SES cannot be asked."""
        with self._lock:
            if self._grants is None or time.monotonic() - self._asked_at >= REMEMBERED_SECONDS:
                self._grants = self._read_grants()
                self._asked_at = time.monotonic()
            return self._grants

    def _read_grants(self) -> Account:
        try:
            answer = self._client.get_account()
        except (ClientError, BotoCoreError) as err:
            raise explain(err, "Asking SES for the account's limits") from err
        quota = answer.get("SendQuota", {})
        per_day = int(quota.get("Max24HourSend", 0))
        stopped = ""
        if not answer.get("SendingEnabled", True):
            stopped = "Sending is paused for this Amazon account."
        elif answer.get("EnforcementStatus", "") == "SHUTDOWN":
            stopped = "Amazon has shut this account's sending down."
        return Account(
            # SES allows at least one message a second; 0 would wait for ever.
            max_per_second=max(0.1, float(quota.get("MaxSendRate", 1.0))),
            max_per_day=None if per_day < 0 else per_day,
            sent_last_day=int(quota.get("SentLast24Hours", 0)),
            name=f"ses/{self._region}",
            stopped=stopped,
            is_sandbox=not answer.get("ProductionAccessEnabled", True),
            least_grace_seconds=signature_seconds(answer["ResponseMetadata"]["HTTPHeaders"]),
        )

    def unverified(self, senders: Sequence[str]) -> list[str]:
        """Return those of the senders (From headers) whom SES would not let send.

        An address sends where it, its domain, or a domain above that is verified. Raise ProviderError where SES cannot
        be asked.
        """
        verified: dict[str, bool] = {}
        return [sender for sender in dict.fromkeys(senders) if not self._is_verified(sender, verified)]

    def _is_verified(self, sender: str, verified: dict[str, bool]) -> bool:
        """`verified` holds what SES answered already: senders often share a domain."""
        for identity in _identities(split_mailbox(mailbox_header(sender))[1]):
            if identity not in verified:
                verified[identity] = self._may_send(identity)
            if verified[identity]:
                return True
        return False

    def _may_send(self, identity: str) -> bool:
        try:
            answer = self._client.get_email_identity(EmailIdentity=identity)
        except ClientError as err:
            if err.response.get("Error", {}).get("Code") in ("NotFoundException", "BadRequestException"):
                return False
            raise explain(err, "Asking SES for its verified senders") from err
        except BotoCoreError as err:
            raise explain(err, "Asking SES for its verified senders") from err
        return bool(answer.get("VerifiedForSendingStatus", False))

    def missing_event_types(self, configuration_set: str) -> list[ProviderError]:
        """Return why SES would not publish every event that dispatch needs; an empty list where it would.

        What several destinations publish counts together; where they lead cannot be seen from here. Raise ProviderError
        where SES cannot be asked.
        """
        where = f"the configuration set {configuration_set!r} ([ses] configuration_set)"
        try:
            answer = self._client.get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
        except ClientError as err:
            if err.response.get("Error", {}).get("Code") == "NotFoundException":
                todo = "Create it in the SES console, under Configuration sets, or correct the setting."
                return [ProviderError("Amazon SES does not know the configuration set.", where=where, todo=todo)]
            raise explain(err, "Asking SES where its events go") from err
        except BotoCoreError as err:
            raise explain(err, "Asking SES where its events go") from err
        enabled = [each for each in answer.get("EventDestinations", []) if each.get("Enabled", False)]
        if not enabled:
            todo = "Add one in the SES console, under Configuration sets, that leads to the queue, and enable it."
            return [ProviderError("No event destination is enabled: no event would arrive.", where=where, todo=todo)]
        published: set[str] = {kind for each in enabled for kind in each.get("MatchingEventTypes", [])}
        if missing := [kind for kind in NEEDED if kind not in published]:
            said = f"Amazon SES would not publish these events: {', '.join(missing)}."
            return [ProviderError(said, where=where, todo="Tick them at the event destination in the SES console.")]
        return []


def _identities(address: str) -> Iterator[str]:
    """What may be verified for an address, the likeliest first: its domain, the domains above, and itself."""
    labels = address.rpartition("@")[2].lower().split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])
    yield address


def signature_seconds(headers: Mapping[str, str]) -> int:
    """Return for how long a call that was held back can still be accepted, by the headers of an answer."""
    return int(headers.get(SIGNATURE_HEADER, SIGNATURE_SECONDS))
