"""SesMailer: submits Messages to Amazon SES v2, one a call or up to 50, and returns the Outcome of each.

Sources: SES API v2 reference, SendEmail and SendBulkEmail (read in botocore 1.44.5). SES has no idempotency token, so
no call is ever repeated here; the tags of each message settle what a call left open.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from dispatch.aws.account import SesAccount
from dispatch.aws.call import Call, Calls
from dispatch.aws.client import CONNECT_SECONDS, ses_client
from dispatch.aws.outcomes import of_bulk_statuses, of_failure
from dispatch.errors import DispatchError, ProviderError
from dispatch.model.mailbox import mailbox_header
from dispatch.model.message import Accepted, Account, Message, NotSent, Outcome, Refused, Unknown
from dispatch.model.readiness import Readiness

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import (
        BulkEmailEntryTypeDef,
        MessageHeaderTypeDef,
        MessageTagTypeDef,
        SendBulkEmailRequestTypeDef,
        SendEmailRequestTypeDef,
    )


#: after so many people refused alone, and none accepted, the others of a call are not tried
HOPELESS_REFUSALS = 3


class SesMailer:
    """A Mailer by SES v2. One for all threads: the client is shared, the fence is each call's own.

    `timeout_seconds` is how long SES may be silent within an answer; a whole call takes at most 5 s more.
    """

    has_bulk = True
    has_events = True

    def __init__(self, *, region: str, configuration_set: str, timeout_seconds: int) -> None:
        session = boto3.Session()
        self._account = SesAccount(session, region)
        self._configuration_set = configuration_set
        self._client = ses_client(session, region, timeout_seconds)
        self._calls = Calls(self._client, CONNECT_SECONDS + timeout_seconds)

    def account(self) -> Account:
        """What SES grants, at most a minute old. Raises ProviderError where it cannot be asked."""
        return self._account.grants()

    def problems(self, senders: Sequence[str]) -> Readiness:
        """Return why SES would refuse these senders, or not publish their events."""
        problems: list[DispatchError] = []
        notes: list[str] = []
        # Not every account may ask; SES itself refuses a sender that is not verified.
        try:
            problems += [_unknown_sender(sender) for sender in self.unverified(senders)]
        except ProviderError as err:
            notes.append(f"Whether the senders are verified is not known. {err.what}")
        try:
            problems += self.missing_event_types()
        except ProviderError as err:
            notes.append(f"Whether SES publishes the events of messages is not known. {err.what}")
        return Readiness(tuple(problems), tuple(notes))

    def unverified(self, senders: Sequence[str]) -> list[str]:
        """Those of the senders whom SES would not let send. Raises ProviderError where it cannot be asked."""
        return self._account.unverified(senders)

    def missing_event_types(self) -> list[ProviderError]:
        """Why SES would not publish the events of messages. Raises ProviderError where it cannot be asked."""
        return self._account.missing_event_types(self._configuration_set)

    def close(self) -> None:
        """Close the connections to SES; a later call opens others."""
        self._client.close()
        self._account.close()

    def submit(self, messages: Sequence[Message], is_too_late: Callable[[], bool], *, in_bulk: bool) -> list[Outcome]:
        """Submit Messages of one Edition: one call for all `in_bulk`, else one for each."""
        if in_bulk:
            return self._in_bulk(messages, is_too_late)
        made: list[Outcome] = []
        for message in messages:
            found = self._call(partial(self._send_alone, message), is_too_late)
            made.extend(found if isinstance(found, list) else [found])
        return made

    def _in_bulk(self, messages: Sequence[Message], is_too_late: Callable[[], bool]) -> list[Outcome]:
        found = self._call(partial(self._send_bulk, messages), is_too_late)
        if isinstance(found, list):
            return found
        if isinstance(found, Refused) and len(messages) > 1:
            # One bad entry makes SES refuse the call, and then nothing has left: halved until the bad one is alone.
            half = len(messages) // 2
            first = self._in_bulk(messages[:half], is_too_late)
            if _is_hopeless(first):
                given_back = NotSent("SES refused everybody who was tried; the others were not")
                return [*first, *[given_back] * (len(messages) - half)]
            return [*first, *self._in_bulk(messages[half:], is_too_late)]
        return [found] * len(messages)

    def _call(
        self, request: Callable[[Call], list[Outcome]], is_too_late: Callable[[], bool]
    ) -> list[Outcome] | Outcome:
        """The Outcomes in an answer, or the one of a call that failed as a whole."""
        call = Call(is_too_late)
        try:
            return self._calls.make(partial(request, call), call)
        except Exception as err:
            return of_failure(err, has_left=call.has_left)

    def _send_alone(self, message: Message, _: Call) -> list[Outcome]:
        answer = self._client.send_email(**self._single(message))
        message_id = answer.get("MessageId")
        # A truncated answer parses to nothing, without an error.
        return [Accepted(message_id) if message_id else Unknown("SES answered without a message id")]

    def _single(self, message: Message) -> "SendEmailRequestTypeDef":
        request: SendEmailRequestTypeDef = {
            "FromEmailAddress": mailbox_header(message.sender),
            "Destination": {"ToAddresses": [message.to]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Html": {"Data": message.html, "Charset": "UTF-8"},
                        "Text": {"Data": message.text, "Charset": "UTF-8"},
                    },
                    "Headers": _headers(message),
                }
            },
            "EmailTags": _tags(message),
            "ConfigurationSetName": self._configuration_set,
        }
        if message.reply_to:
            request["ReplyToAddresses"] = [mailbox_header(message.reply_to)]
        return request

    def _send_bulk(self, messages: Sequence[Message], call: Call) -> list[Outcome]:
        # Written here: botocore's serializer visits every node, and takes an eighth of all that a person costs.
        call.body = json.dumps(self._bulk(messages)).encode()
        answer = self._client.send_bulk_email(DefaultContent={}, BulkEmailEntries=[])
        return bulk_outcomes(answer.get("BulkEmailEntryResults") or [], len(messages))

    def _bulk(self, messages: Sequence[Message]) -> "SendBulkEmailRequestTypeDef":
        first = messages[0]
        subject, html, text = first.letter.template()
        # Every variable needs a default, or SES refuses an entry that lacks one.
        request: SendBulkEmailRequestTypeDef = {
            "FromEmailAddress": mailbox_header(first.sender),
            "DefaultContent": {
                "Template": {
                    "TemplateContent": {"Subject": subject, "Html": html, "Text": text},
                    "TemplateData": json.dumps(dict.fromkeys(first.values, "")),
                }
            },
            "BulkEmailEntries": [_entry(message) for message in messages],
            "ConfigurationSetName": self._configuration_set,
        }
        if first.reply_to:
            request["ReplyToAddresses"] = [mailbox_header(first.reply_to)]
        return request


def _unknown_sender(sender: str) -> ProviderError:
    todo = "Verify its domain in the SES console, under Identities."
    return ProviderError(
        f"Amazon SES does not know the sender {sender} as verified.", where="[audiences] from", todo=todo
    )


def _is_hopeless(outcomes: Sequence[Outcome]) -> bool:
    """Whether it is not one person's entry that SES refuses: several were tried alone, and none was taken."""
    refused = sum(isinstance(each, Refused) for each in outcomes)
    return refused >= HOPELESS_REFUSALS and all(isinstance(each, Refused | NotSent) for each in outcomes)


def bulk_outcomes(results: Sequence[Any], people: int) -> list[Outcome]:
    """One Outcome a person from a bulk answer.

    Results have been reported out of order, so a mixed answer is not matched by position. A uniform one needs no
    matching, but for the message ids: those are used only when all succeeded and their number is right.
    """
    statuses = {str(result.get("Status")) for result in results}
    if len(results) != people:
        return [Unknown(f"SES answered for {len(results)} people of {people}")] * people
    if statuses == {"SUCCESS"}:
        ids = [result.get("MessageId") for result in results]
        return [Accepted(each) if each else Unknown("SES answered without a message id") for each in ids]
    return [of_bulk_statuses(results)] * people


def _entry(message: Message) -> "BulkEmailEntryTypeDef":
    return {
        "Destination": {"ToAddresses": [message.to]},
        # All tags in each entry: default tags have been reported lost.
        "ReplacementTags": _tags(message),
        "ReplacementEmailContent": {
            "ReplacementTemplate": {"ReplacementTemplateData": json.dumps(dict(message.values), ensure_ascii=False)}
        },
        "ReplacementHeaders": _headers(message),
    }


def _headers(message: Message) -> "list[MessageHeaderTypeDef]":
    return [{"Name": name, "Value": value} for name, value in message.headers]


def _tags(message: Message) -> "list[MessageTagTypeDef]":
    return [
        {"Name": "campaign", "Value": message.campaign_id},
        {"Name": "delivery", "Value": message.delivery_id},
    ]
