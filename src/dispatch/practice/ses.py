"""SES v2 beside the sending itself: account, identities, suppression list, templates."""

from collections.abc import Mapping
from typing import Any

from dispatch.practice import limits, templates
from dispatch.practice.account import Desk, is_verified
from dispatch.practice.configuration_sets import name_of, text
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Refusal, bad_request, not_found

Members = dict[str, Any]


class Ses:
    """The records of SES that are not mail."""

    def __init__(self, state: State, settings: PracticeSettings, desk: Desk) -> None:
        self.state = state
        self.settings = settings
        self.desk = desk

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
        name = text(call, "EmailIdentity")
        if self.state.get("identity", name.lower()) is not None:
            raise Refusal("AlreadyExistsException", f"Email identity {name} already exist.")
        self.state.put("identity", name.lower(), {"EmailIdentity": name})
        return self._identity(name)

    def list_identities(self, call: Call) -> Members:
        """The identities that were added, and those of the settings."""
        names = {*self.state.every("identity"), *(self.desk.read().verified or ())}
        shown = [{"IdentityName": name, "SendingEnabled": True, **self._status(name)} for name in sorted(names)]
        return {"EmailIdentities": shown}

    def get_identity(self, call: Call) -> Members:
        """One identity. Where everyone may send, every identity counts as verified."""
        name = text(call, "EmailIdentity")
        known = self.state.get("identity", name.lower()) is not None
        if not known and not is_verified(self.desk.read(), name if "@" in name else f"x@{name}"):
            raise not_found(f"Email identity {name} does not exist.")
        return {**self._identity(name), "FeedbackForwardingStatus": True, "MailFromAttributes": _MAIL_FROM}

    def delete_identity(self, call: Call) -> Members:
        """Remove an identity that was added."""
        if not self.state.drop("identity", text(call, "EmailIdentity").lower()):
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

    # The account's suppression list

    def put_suppressed(self, call: Call) -> Members:
        """Put an address on the list. Not in Amazon's sandbox."""
        if self.desk.read().sandbox:
            raise bad_request("The suppression list cannot be changed while the account is in the sandbox.")
        address, reason = limits.bare(text(call, "EmailAddress")), text(call, "Reason")
        _check_reason(reason)
        self.state.put(
            "suppressed",
            address.lower(),
            {"EmailAddress": address, "Reason": reason, "LastUpdateTime": call.now},
        )
        return {}

    def get_suppressed(self, call: Call) -> Members:
        """One address of the list."""
        found = self.state.get("suppressed", text(call, "EmailAddress").lower())
        if found is None:
            raise not_found("Email address does not exist on your suppression list.")
        return {"SuppressedDestination": found}

    def delete_suppressed(self, call: Call) -> Members:
        """Take an address off the list."""
        if not self.state.drop("suppressed", text(call, "EmailAddress").lower()):
            raise not_found("Email address does not exist on your suppression list.")
        return {}

    def list_suppressed(self, call: Call) -> Members:
        """The list, by reasons; page by page."""
        reasons = call.members.get("Reason") or []
        found = [one for one in self.state.every("suppressed").values() if not reasons or one["Reason"] in reasons]
        size, token = int(call.members.get("PageSize") or 1000), str(call.members.get("NextToken") or "0")
        if not token.isdigit():
            raise Refusal("InvalidNextTokenException", "The specified request includes an invalid or expired token.")
        end = int(token) + size
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"SuppressedDestinationSummaries": found[int(token) : end], **more}

    # Templates

    def create_template(self, call: Call) -> Members:
        """Keep a template."""
        name = name_of(call, "TemplateName")
        if self.state.get("template", name) is not None:
            raise Refusal("AlreadyExistsException", f"Template {name} already exists.")
        return self._write_template(call, name)

    def list_templates(self, call: Call) -> Members:
        """The names of the templates."""
        found = self.state.every("template")
        shown = [{"TemplateName": name, "CreatedTimestamp": one["CreatedTimestamp"]} for name, one in found.items()]
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
        name = text(call, "TemplateName")
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


def _check_reason(reason: object) -> None:
    if reason not in ("BOUNCE", "COMPLAINT"):
        raise bad_request("Reason must be BOUNCE or COMPLAINT.")
