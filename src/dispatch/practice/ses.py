"""SES v2 beside the sending itself: account, identities, configuration sets, suppression list, templates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dispatch.practice import limits, shapes, templates
from dispatch.practice.account import Desk, is_verified
from dispatch.practice.sending import Sending
from dispatch.practice.settings import ACCOUNT_ID, PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Refusal, bad_request, not_found

Members = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
#: event types that a destination may ask for
_TYPES = frozenset({*shapes.MATCHING.values(), "SUBSCRIPTION"})
_MAX_DESTINATIONS = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its name, where it is called, and what answers."""

    name: str
    method: str
    path: str
    run: Callable[[Call], Members]


def operations(ses: "Ses", sending: Sending) -> list[Operation]:
    """All operations, paths as in botocore's model; older paths of the two lists too."""
    v2, sets, destinations = (
        "/v2/email",
        "/v2/email/configuration-sets",
        "{ConfigurationSetName}/event-destinations",
    )
    rows: list[tuple[str, str, str, Callable[[Call], Members]]] = [
        ("SendEmail", "POST", f"{v2}/outbound-emails", sending.send_email),
        ("SendBulkEmail", "POST", f"{v2}/outbound-bulk-emails", sending.send_bulk_email),
        ("GetAccount", "GET", f"{v2}/account", ses.get_account),
        ("PutAccountSendingAttributes", "PUT", f"{v2}/account/sending", ses.put_account_sending),
        ("PutAccountSuppressionAttributes", "PUT", f"{v2}/account/suppression", ses.put_account_suppression),
        ("CreateEmailIdentity", "POST", f"{v2}/identities", ses.create_identity),
        ("ListEmailIdentities", "GET", f"{v2}/identities", ses.list_identities),
        ("ListEmailIdentities", "POST", f"{v2}/list-identities", ses.list_identities),
        ("GetEmailIdentity", "GET", f"{v2}/identities/{{EmailIdentity}}", ses.get_identity),
        ("DeleteEmailIdentity", "DELETE", f"{v2}/identities/{{EmailIdentity}}", ses.delete_identity),
        ("CreateConfigurationSet", "POST", sets, ses.create_set),
        ("ListConfigurationSets", "GET", sets, ses.list_sets),
        ("ListConfigurationSets", "POST", f"{v2}/list-configuration-sets", ses.list_sets),
        ("GetConfigurationSet", "GET", f"{sets}/{{ConfigurationSetName}}", ses.get_set),
        ("DeleteConfigurationSet", "DELETE", f"{sets}/{{ConfigurationSetName}}", ses.delete_set),
        (
            "PutConfigurationSetSendingOptions",
            "PUT",
            f"{sets}/{{ConfigurationSetName}}/sending",
            ses.put_set_sending,
        ),
        ("CreateConfigurationSetEventDestination", "POST", f"{sets}/{destinations}", ses.create_destination),
        ("GetConfigurationSetEventDestinations", "GET", f"{sets}/{destinations}", ses.get_destinations),
        (
            "UpdateConfigurationSetEventDestination",
            "PUT",
            f"{sets}/{destinations}/{{EventDestinationName}}",
            ses.update_destination,
        ),
        (
            "DeleteConfigurationSetEventDestination",
            "DELETE",
            f"{sets}/{destinations}/{{EventDestinationName}}",
            ses.delete_destination,
        ),
        ("PutSuppressedDestination", "PUT", f"{v2}/suppression/addresses", ses.put_suppressed),
        ("ListSuppressedDestinations", "GET", f"{v2}/suppression/addresses", ses.list_suppressed),
        (
            "GetSuppressedDestination",
            "GET",
            f"{v2}/suppression/addresses/{{EmailAddress}}",
            ses.get_suppressed,
        ),
        (
            "DeleteSuppressedDestination",
            "DELETE",
            f"{v2}/suppression/addresses/{{EmailAddress}}",
            ses.delete_suppressed,
        ),
        ("CreateEmailTemplate", "POST", f"{v2}/templates", ses.create_template),
        ("ListEmailTemplates", "GET", f"{v2}/templates", ses.list_templates),
        ("GetEmailTemplate", "GET", f"{v2}/templates/{{TemplateName}}", ses.get_template),
        ("UpdateEmailTemplate", "PUT", f"{v2}/templates/{{TemplateName}}", ses.update_template),
        ("DeleteEmailTemplate", "DELETE", f"{v2}/templates/{{TemplateName}}", ses.delete_template),
    ]
    return [Operation(*row) for row in rows]


class Ses:
    """The records of SES that are not mail."""

    def __init__(self, state: State, settings: PracticeSettings, desk: Desk) -> None:
        self.state = state
        self.settings = settings
        self.desk = desk

    def begin(self) -> None:
        """Make the configuration set that exists from the start, whose events go to the queue of the settings."""
        name = self.settings.configuration_set
        if self.state.get("configuration-set", name) is not None:
            return
        topic = f"arn:aws:sns:{self.settings.region}:{ACCOUNT_ID}:{self.settings.queue_name}"
        destination = {
            "Enabled": True,
            "MatchingEventTypes": sorted(shapes.MATCHING.values()),
            "SnsDestination": {"TopicArn": topic},
        }
        self.state.put("configuration-set", name, {"destinations": {self.settings.queue_name: destination}})

    # The account

    def get_account(self, call: Call) -> Members:
        """What the account grants and has used."""
        granted = self.desk.read()
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": granted.enforcement,
            "ProductionAccessEnabled": not granted.sandbox,
            "SendQuota": {
                "Max24HourSend": float(granted.max_per_day),
                "MaxSendRate": float(granted.max_per_second),
                "SentLast24Hours": float(self.desk.sent(call.now)),
            },
            "SendingEnabled": granted.sending_enabled and granted.enforcement != "SHUTDOWN",
            "SuppressionAttributes": {"SuppressedReasons": list(granted.suppressed_reasons)},
        }

    def put_account_sending(self, call: Call) -> Members:
        """Pause or resume all sending."""
        self.desk.change({"sending_enabled": bool(call.members.get("SendingEnabled", False))})
        return {}

    def put_account_suppression(self, call: Call) -> Members:
        """What puts addresses on the account's suppression list."""
        reasons = call.members.get("SuppressedReasons") or []
        for reason in reasons:
            _check_reason(reason)
        self.desk.change({"suppressed_reasons": list(reasons)})
        return {}

    # Identities

    def create_identity(self, call: Call) -> Members:
        """Add an identity; it is verified at once unless the settings name those that are."""
        name = _text(call, "EmailIdentity")
        if self.state.get("identity", name.lower()) is not None:
            raise Refusal("AlreadyExistsException", f"Email identity {name} already exist.")
        self.state.put("identity", name.lower(), {"EmailIdentity": name})
        return self._identity(name)

    def list_identities(self, call: Call) -> Members:
        """The identities that were added, and those of the settings."""
        names = {*self.state.every("identity"), *(self.desk.read().verified or ())}
        shown = [
            {"IdentityName": name, "SendingEnabled": True, **self._status(name)} for name in sorted(names)
        ]
        return {"EmailIdentities": shown}

    def get_identity(self, call: Call) -> Members:
        """One identity. Where everyone may send, every identity counts as verified."""
        name = _text(call, "EmailIdentity")
        known = self.state.get("identity", name.lower()) is not None
        if not known and not is_verified(self.desk.read(), name if "@" in name else f"x@{name}"):
            raise not_found(f"Email identity {name} does not exist.")
        return {**self._identity(name), "FeedbackForwardingStatus": True, "MailFromAttributes": _MAIL_FROM}

    def delete_identity(self, call: Call) -> Members:
        """Remove an identity that was added."""
        if not self.state.drop("identity", _text(call, "EmailIdentity").lower()):
            raise not_found("Email identity does not exist.")
        return {}

    def _status(self, name: str) -> Members:
        is_good = is_verified(self.desk.read(), name if "@" in name else f"x@{name}")
        kind = "EMAIL_ADDRESS" if "@" in name else "DOMAIN"
        return {"IdentityType": kind, "VerificationStatus": "SUCCESS" if is_good else "PENDING"}

    def _identity(self, name: str) -> Members:
        status = self._status(name)
        is_good = status["VerificationStatus"] == "SUCCESS"
        dkim = {
            "SigningEnabled": is_good,
            "Status": status["VerificationStatus"],
            "SigningAttributesOrigin": "AWS_SES",
        }
        return {**status, "VerifiedForSendingStatus": is_good, "DkimAttributes": dkim}

    # Configuration sets and their event destinations

    def create_set(self, call: Call) -> Members:
        """Make a configuration set, without destinations."""
        name = _name(call, "ConfigurationSetName")
        if self.state.get("configuration-set", name) is not None:
            raise Refusal("AlreadyExistsException", f"Configuration set <{name}> already exists.")
        options = {
            key: call.members[key]
            for key in ("SendingOptions", "TrackingOptions", "Tags")
            if key in call.members
        }
        self.state.put("configuration-set", name, {**options, "destinations": {}})
        return {}

    def list_sets(self, call: Call) -> Members:
        """The names of the configuration sets."""
        return {"ConfigurationSets": list(self.state.every("configuration-set"))}

    def get_set(self, call: Call) -> Members:
        """One configuration set."""
        name, found = self._set(call)
        found.pop("destinations")
        return {"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": True}, **found}

    def delete_set(self, call: Call) -> Members:
        """Remove a configuration set."""
        name, _ = self._set(call)
        self.state.drop("configuration-set", name)
        return {}

    def put_set_sending(self, call: Call) -> Members:
        """Pause or resume the sending through one configuration set."""
        name, found = self._set(call)
        found["SendingOptions"] = {"SendingEnabled": bool(call.members.get("SendingEnabled", False))}
        self.state.put("configuration-set", name, found)
        return {}

    def create_destination(self, call: Call) -> Members:
        """Add an event destination; an SNS topic's events go to the queue of the topic's name."""
        name, found = self._set(call)
        own = _name(call, "EventDestinationName")
        if own in found["destinations"]:
            raise Refusal("AlreadyExistsException", f"An event destination with name <{own}> already exists.")
        if len(found["destinations"]) >= _MAX_DESTINATIONS:
            raise Refusal(
                "LimitExceededException",
                f"A configuration set has at most {_MAX_DESTINATIONS} event destinations.",
            )
        found["destinations"][own] = _destination(call)
        self.state.put("configuration-set", name, found)
        return {}

    def get_destinations(self, call: Call) -> Members:
        """The event destinations of a configuration set."""
        _, found = self._set(call)
        return {"EventDestinations": [{"Name": name, **one} for name, one in found["destinations"].items()]}

    def update_destination(self, call: Call) -> Members:
        """Replace an event destination."""
        name, found, own = self._named_destination(call)
        found["destinations"][own] = _destination(call)
        self.state.put("configuration-set", name, found)
        return {}

    def delete_destination(self, call: Call) -> Members:
        """Remove an event destination."""
        name, found, own = self._named_destination(call)
        del found["destinations"][own]
        self.state.put("configuration-set", name, found)
        return {}

    def _set(self, call: Call) -> tuple[str, Members]:
        name = _text(call, "ConfigurationSetName")
        found = self.state.get("configuration-set", name)
        if found is None:
            raise not_found(f"Configuration set <{name}> does not exist.")
        return name, found

    def _named_destination(self, call: Call) -> tuple[str, Members, str]:
        name, found = self._set(call)
        own = _text(call, "EventDestinationName")
        if own not in found["destinations"]:
            raise not_found(f"Event destination <{own}> does not exist.")
        return name, found, own

    # The account's suppression list

    def put_suppressed(self, call: Call) -> Members:
        """Put an address on the list. Not in Amazon's sandbox."""
        if self.desk.read().sandbox:
            raise bad_request("The suppression list cannot be changed while the account is in the sandbox.")
        address, reason = limits.bare(_text(call, "EmailAddress")), _text(call, "Reason")
        _check_reason(reason)
        self.state.put(
            "suppressed",
            address.lower(),
            {"EmailAddress": address, "Reason": reason, "LastUpdateTime": call.now},
        )
        return {}

    def get_suppressed(self, call: Call) -> Members:
        """One address of the list."""
        found = self.state.get("suppressed", _text(call, "EmailAddress").lower())
        if found is None:
            raise not_found("Email address does not exist on your suppression list.")
        return {"SuppressedDestination": found}

    def delete_suppressed(self, call: Call) -> Members:
        """Take an address off the list."""
        if not self.state.drop("suppressed", _text(call, "EmailAddress").lower()):
            raise not_found("Email address does not exist on your suppression list.")
        return {}

    def list_suppressed(self, call: Call) -> Members:
        """The list, by reasons; page by page."""
        reasons = call.members.get("Reason") or []
        found = [
            one for one in self.state.every("suppressed").values() if not reasons or one["Reason"] in reasons
        ]
        size, token = int(call.members.get("PageSize") or 1000), str(call.members.get("NextToken") or "0")
        if not token.isdigit():
            raise Refusal(
                "InvalidNextTokenException", "The specified request includes an invalid or expired token."
            )
        end = int(token) + size
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"SuppressedDestinationSummaries": found[int(token) : end], **more}

    # Templates

    def create_template(self, call: Call) -> Members:
        """Keep a template."""
        name = _name(call, "TemplateName")
        if self.state.get("template", name) is not None:
            raise Refusal("AlreadyExistsException", f"Template {name} already exists.")
        return self._write_template(call, name)

    def list_templates(self, call: Call) -> Members:
        """The names of the templates."""
        found = self.state.every("template")
        shown = [
            {"TemplateName": name, "CreatedTimestamp": one["CreatedTimestamp"]} for name, one in found.items()
        ]
        return {"TemplatesMetadata": shown}

    def get_template(self, call: Call) -> Members:
        """One template."""
        name, found = self._named_template(call)
        return {"TemplateName": name, "TemplateContent": found["TemplateContent"]}

    def update_template(self, call: Call) -> Members:
        """Replace a template."""
        return self._write_template(call, self._named_template(call)[0])

    def delete_template(self, call: Call) -> Members:
        """Remove a template."""
        self.state.drop("template", self._named_template(call)[0])
        return {}

    def _named_template(self, call: Call) -> tuple[str, Members]:
        name = _text(call, "TemplateName")
        found = self.state.get("template", name)
        if found is None:
            raise not_found(f"Template {name} does not exist.")
        return name, found

    def _write_template(self, call: Call, name: str) -> Members:
        content = call.members.get("TemplateContent")
        if not isinstance(content, Mapping):
            raise bad_request("TemplateContent is missing.")
        templates.check(content)
        self.state.put("template", name, {"TemplateContent": dict(content), "CreatedTimestamp": call.now})
        return {}


_MAIL_FROM = {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}


def _text(call: Call, name: str) -> str:
    value = call.members.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{name} is missing.")
    return value


def _name(call: Call, member: str) -> str:
    name = _text(call, member)
    if not _NAME.match(name):
        raise bad_request(f"{member} may have 1 to 64 of A-Z, a-z, 0-9, _ and -.")
    return name


def _check_reason(reason: object) -> None:
    if reason not in ("BOUNCE", "COMPLAINT"):
        raise bad_request("Reason must be BOUNCE or COMPLAINT.")


def _destination(call: Call) -> Members:
    given = call.members.get("EventDestination")
    if not isinstance(given, Mapping):
        raise bad_request("EventDestination is missing.")
    unknown = set(given.get("MatchingEventTypes") or ()) - _TYPES
    if unknown:
        raise bad_request(f"Invalid event type: {sorted(unknown)[0]}.")
    return {"Enabled": False, "MatchingEventTypes": [], **given}
