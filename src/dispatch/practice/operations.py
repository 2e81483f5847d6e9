"""Where each operation of SES v2 is called: methods and paths as in botocore's model, and which function answers.

The lists of identities and configuration sets were read by GET in older models; both ways are answered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.practice.configuration_sets import Sets
from dispatch.practice.sending import Sending
from dispatch.practice.ses import Ses
from dispatch.practice.wire import Call


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, where it is called under /v2/email, and what answers."""

    name: str
    method: str
    path: str
    run: Callable[[Call], dict[str, Any]]


def operations(ses: Ses, sets: Sets, sending: Sending) -> list[Operation]:
    """All operations of SES v2 that are here."""
    return [
        Operation("SendEmail", "POST", "outbound-emails", sending.send_email),
        Operation("SendBulkEmail", "POST", "outbound-bulk-emails", sending.send_bulk_email),
        Operation("GetAccount", "GET", "account", ses.get_account),
        Operation("PutAccountSendingAttributes", "PUT", "account/sending", ses.put_account_sending),
        Operation("PutAccountSuppressionAttributes", "PUT", "account/suppression", ses.put_account_suppression),
        *_identities(ses),
        *_sets(sets),
        *_suppression(ses),
        *_templates(ses),
    ]


def _identities(ses: Ses) -> Iterator[Operation]:
    one = "identities/{EmailIdentity}"
    yield Operation("CreateEmailIdentity", "POST", "identities", ses.create_identity)
    yield Operation("ListEmailIdentities", "POST", "list-identities", ses.list_identities)
    yield Operation("ListEmailIdentities", "GET", "identities", ses.list_identities)
    yield Operation("GetEmailIdentity", "GET", one, ses.get_identity)
    yield Operation("DeleteEmailIdentity", "DELETE", one, ses.delete_identity)


def _sets(sets: Sets) -> Iterator[Operation]:
    one = "configuration-sets/{ConfigurationSetName}"
    destinations = f"{one}/event-destinations"
    destination = f"{destinations}/{{EventDestinationName}}"
    yield Operation("CreateConfigurationSet", "POST", "configuration-sets", sets.create_set)
    yield Operation("ListConfigurationSets", "POST", "list-configuration-sets", sets.list_sets)
    yield Operation("ListConfigurationSets", "GET", "configuration-sets", sets.list_sets)
    yield Operation("GetConfigurationSet", "GET", one, sets.get_set)
    yield Operation("DeleteConfigurationSet", "DELETE", one, sets.delete_set)
    yield Operation("PutConfigurationSetSendingOptions", "PUT", f"{one}/sending", sets.put_set_sending)
    yield Operation("CreateConfigurationSetEventDestination", "POST", destinations, sets.create_destination)
    yield Operation("GetConfigurationSetEventDestinations", "GET", destinations, sets.get_destinations)
    yield Operation("UpdateConfigurationSetEventDestination", "PUT", destination, sets.update_destination)
    yield Operation("DeleteConfigurationSetEventDestination", "DELETE", destination, sets.delete_destination)


def _suppression(ses: Ses) -> Iterator[Operation]:
    one = "suppression/addresses/{EmailAddress}"
    yield Operation("PutSuppressedDestination", "PUT", "suppression/addresses", ses.put_suppressed)
    yield Operation("ListSuppressedDestinations", "GET", "suppression/addresses", ses.list_suppressed)
    yield Operation("GetSuppressedDestination", "GET", one, ses.get_suppressed)
    yield Operation("DeleteSuppressedDestination", "DELETE", one, ses.delete_suppressed)


def _templates(ses: Ses) -> Iterator[Operation]:
    one = "templates/{TemplateName}"
    yield Operation("CreateEmailTemplate", "POST", "templates", ses.create_template)
    yield Operation("ListEmailTemplates", "GET", "templates", ses.list_templates)
    yield Operation("GetEmailTemplate", "GET", one, ses.get_template)
    yield Operation("UpdateEmailTemplate", "PUT", one, ses.update_template)
    yield Operation("DeleteEmailTemplate", "DELETE", one, ses.delete_template)
