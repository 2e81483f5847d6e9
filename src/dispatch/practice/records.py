"""SES v2 around the sending itself: the account, its identities and its suppression list."""

import hashlib
from typing import Any

from dispatch.practice import limits
from dispatch.practice.account import AccountState, is_verified
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Operation, Refusal, bad_request, not_found

Members = dict[str, Any]


class Records:
    """The operations on what SES keeps that is not mail."""

    def __init__(self, state: State, account: AccountState) -> None:
        self.state = state
        self.account = account

    def operations(self) -> list[Operation]:
        """The operations, as botocore's model has them."""
        identity, suppressed = "identities/{EmailIdentity}", "suppression/addresses"
        return [
            Operation("GetAccount", "GET", "account", self.get_account),
            Operation("CreateEmailIdentity", "POST", "identities", self.create_identity),
            Operation("GetEmailIdentity", "GET", identity, self.get_identity),
            Operation("PutEmailIdentityMailFromAttributes", "PUT", f"{identity}/mail-from", self.put_mail_from),
            Operation("PutSuppressedDestination", "PUT", suppressed, self.put_suppressed),
            Operation("ListSuppressedDestinations", "GET", suppressed, self.list_suppressed),
            Operation("GetSuppressedDestination", "GET", suppressed + "/{EmailAddress}", self.get_suppressed),
            Operation("DeleteSuppressedDestination", "DELETE", suppressed + "/{EmailAddress}", self.delete_suppressed),
        ]

    def get_account(self, call: Call) -> Members:
        """What the account grants and has used."""
        granted = self.account.read()
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": granted.enforcement,
            "ProductionAccessEnabled": not granted.sandbox,
            "SendQuota": {
                "Max24HourSend": float(granted.max_per_day),
                "MaxSendRate": float(granted.max_per_second),
                "SentLast24Hours": float(self.account.sent(call.now)),
            },
            "SendingEnabled": granted.sending_enabled and granted.enforcement != "SHUTDOWN",
            "SuppressionAttributes": {"SuppressedReasons": list(granted.suppressed_reasons)},
        }

    def create_identity(self, call: Call) -> Members:
        """Add an identity; it is verified at once unless the account's values name those that are."""
        name = call.text("EmailIdentity")
        if self.state.get("identity", name.lower()) is not None:
            raise Refusal("AlreadyExistsException", f"Email identity {name} already exist.")
        self.state.put("identity", name.lower(), {})
        return self._identity(name)

    def get_identity(self, call: Call) -> Members:
        """One identity. Where everyone may send, every identity counts as verified."""
        name = call.text("EmailIdentity")
        kept = self.state.get("identity", name.lower())
        if kept is None and not is_verified(self.account.read(), name):
            raise not_found(f"Email identity {name} does not exist.")
        mail_from: Members = {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE", **(kept or {})}
        if mail_from.get("MailFromDomain"):
            mail_from["MailFromDomainStatus"] = "SUCCESS" if self.account.read().mail_from_verified else "PENDING"
        return {**self._identity(name), "FeedbackForwardingStatus": True, "MailFromAttributes": mail_from}

    def put_mail_from(self, call: Call) -> Members:
        """Set the MAIL FROM domain of an identity that was added."""
        name = call.text("EmailIdentity")
        if self.state.get("identity", name.lower()) is None:
            raise not_found(f"Email identity {name} does not exist.")
        names = ("MailFromDomain", "BehaviorOnMxFailure")
        self.state.put("identity", name.lower(), {key: call.members[key] for key in names if call.members.get(key)})
        return {}

    def _identity(self, name: str) -> Members:
        is_good = is_verified(self.account.read(), name)
        status = "SUCCESS" if is_good else "PENDING"
        digest = hashlib.sha256(name.lower().encode()).hexdigest()
        tokens = [digest[start : start + 20] for start in (0, 20, 40)]
        return {
            "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
            "VerificationStatus": status,
            "VerifiedForSendingStatus": is_good,
            # Easy DKIM: three CNAME records.
            "DkimAttributes": {
                "SigningEnabled": is_good,
                "Status": status,
                "Tokens": tokens,
                "SigningAttributesOrigin": "AWS_SES",
            },
        }

    def put_suppressed(self, call: Call) -> Members:
        """Put an address on the account's suppression list. Not in Amazon's sandbox."""
        if self.account.read().sandbox:
            raise bad_request("The suppression list cannot be changed while the account is in the sandbox.")
        address, reason = limits.bare(call.text("EmailAddress")), call.text("Reason")
        if reason not in ("BOUNCE", "COMPLAINT"):
            raise bad_request("Reason must be BOUNCE or COMPLAINT.")
        kept = {"EmailAddress": address, "Reason": reason, "LastUpdateTime": call.now}
        self.state.put("suppressed", address.lower(), kept)
        return {}

    def get_suppressed(self, call: Call) -> Members:
        """One address of the list."""
        found = self.state.get("suppressed", call.text("EmailAddress").lower())
        if found is None:
            raise _not_suppressed()
        return {"SuppressedDestination": found}

    def delete_suppressed(self, call: Call) -> Members:
        """Take an address off the list."""
        if not self.state.drop("suppressed", call.text("EmailAddress").lower()):
            raise _not_suppressed()
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


def _not_suppressed() -> Refusal:
    return not_found("Email address does not exist on your suppression list.")
