"""What every answer of SES means: an Outcome for each error code and each status of a bulk entry.

Outcomes are stored, so no address of SES's words gets into one.

Source: botocore's model of sesv2 (SendEmail, SendBulkEmail, BulkEmailStatus) and "API v2 errors" in the SES developer
guide. A test fails when botocore's model grows a code that is not in these tables.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
)

from dispatch.aws.call import HeldBack, TooSlow
from dispatch.model.mailbox import without_addresses
from dispatch.model.message import Busy, NotSent, Outcome, Refused, Stopped, Unknown

_CREDENTIALS = (
    "Check the AWS credentials of this computer (log in again if they come from a login), and that they may call "
    "ses:SendEmail and ses:SendBulkEmail."
)
_CLOCK = "Check the clock of this computer and the AWS credentials."
_ACCOUNT = "Amazon says why in the SES console, under Account dashboard."
_QUOTA = "Send again when the 24 hours have passed, or ask Amazon for a higher quota; the rest stays queued."
_SETUP = "Correct it in the SES console or in dispatch.toml, then send again."

#: codes that refuse this one message
REFUSING = frozenset({"MessageRejected", "BadRequestException"})
#: codes that ask to slow down
SLOWING = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"})
#: codes that stop everything, and what to do about them
STOPPING: Mapping[str, str] = {
    "SendingPausedException": _ACCOUNT,
    "AccountSuspendedException": _ACCOUNT,
    "MailFromDomainNotVerifiedException": _SETUP,
    "NotFoundException": _SETUP,
    "AccessDeniedException": _CREDENTIALS,
    "AccessDenied": _CREDENTIALS,
    "UnrecognizedClientException": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "InvalidSignatureException": _CLOCK,
    "SignatureDoesNotMatch": _CLOCK,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "OptInRequired": _CREDENTIALS,
}
#: answers that say nothing of what happened behind them
UNKNOWING = frozenset(
    {
        "InternalFailure",
        "InternalServiceErrorException",
        "InternalServerError",
        "ServiceUnavailable",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)

#: BulkEmailStatus values that are no success
BULK_REFUSED = frozenset({"MESSAGE_REJECTED", "INVALID_PARAMETER"})
BULK_SLOWED = frozenset({"ACCOUNT_THROTTLED", "TRANSIENT_FAILURE"})
BULK_STOPPED: Mapping[str, str] = {
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": _SETUP,
    "CONFIGURATION_SET_NOT_FOUND": _SETUP,
    "TEMPLATE_NOT_FOUND": _SETUP,
    "ACCOUNT_SUSPENDED": _ACCOUNT,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": _QUOTA,
    "INVALID_SENDING_POOL_NAME": _SETUP,
    "ACCOUNT_SENDING_PAUSED": _ACCOUNT,
    "CONFIGURATION_SET_SENDING_PAUSED": _SETUP,
}
BULK_UNKNOWN = frozenset({"FAILED"})

_NEVER_SENT = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
)


def of_failure(err: Exception, *, has_left: bool) -> Outcome:
    """The Outcome of a call that raised; the same for everybody in it.

    `has_left` says whether the request was handed to the network. Where it was not, nothing can have been accepted.
    """
    # botocore wraps what a hook raised into an error of its own.
    cause = err.kwargs.get("error") if isinstance(err, HTTPClientError) else err
    if isinstance(cause, HeldBack):
        return NotSent("the claim grew too old before the call was made")
    if isinstance(err, ClientError):
        found = _of_client_error(err)
        # Where nothing left, the error is that of another call, such as one for credentials.
        return found if has_left or isinstance(found, Busy | Stopped) else NotSent(without_addresses(str(err)))
    if isinstance(err, NoCredentialsError | PartialCredentialsError):
        return Stopped("There are no AWS credentials on this computer.", _CREDENTIALS)
    if isinstance(err, _NEVER_SENT):
        return NotSent(f"SES cannot be reached ({type(err).__name__})")
    if has_left:
        # Time-out, reset, closed connection, broken TLS: the call may have been heard.
        return Unknown(f"no answer from SES ({type(err).__name__})")
    if isinstance(err, HTTPClientError | TooSlow):
        return NotSent(f"the call could not be made ({type(err).__name__})")
    said = without_addresses(str(err)).rstrip(".")
    # What this program wrote cannot be sent: a setting holds it.
    todo = _SETUP if isinstance(err, ValueError) else _CREDENTIALS
    return Stopped(f"The call to SES could not be made: {said} ({type(err).__name__}).", todo)


def _of_client_error(err: ClientError) -> Outcome:
    error = err.response.get("Error", {})
    status = err.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return of_code(str(error.get("Code", "")), str(error.get("Message", "")), int(status))


def of_code(code: str, message: str, status: int) -> Outcome:
    """The Outcome of an error answer."""
    words = without_addresses(f"{code}: {message}" if message else code)
    if code in SLOWING:
        if "daily" in message.casefold():
            return Stopped(words, _QUOTA, is_for_today=True)
        return Busy(words)
    if code in REFUSING:
        return Refused(words)
    if code in STOPPING:
        return Stopped(words, STOPPING[code])
    if code in UNKNOWING or status >= 500 or status in (0, 408):
        return Unknown(f"SES answered {status} ({code})")
    if status == 429:
        return Busy(words)
    # An unknown 4xx: not accepted, and the same call would get the same answer.
    return Stopped(words, _SETUP)


def of_bulk_status(status: str, words: str) -> Outcome:
    """The Outcome of one entry of a bulk call that did not succeed."""
    said = without_addresses(f"{status}: {words}" if words else status)
    if status in BULK_SLOWED:
        return Busy(said)
    if status in BULK_REFUSED:
        return Refused(said)
    if status in BULK_STOPPED:
        return Stopped(said, BULK_STOPPED[status], is_for_today=BULK_STOPPED[status] == _QUOTA)
    return Unknown(f"SES answered {said}")


def of_bulk_statuses(results: Sequence[Mapping[str, Any]]) -> Outcome:
    """The one Outcome of everybody in a bulk call in which not all succeeded; statuses are not matched by position.

    Where no entry was taken and none is in doubt, nobody's outcome is unknown: nothing has left.
    """
    counted = Counter(str(result.get("Status")) for result in results)
    words = {str(result.get("Status")): str(result.get("Error") or "") for result in results}
    found = [of_bulk_status(status, words[status]) for status in counted if status != "SUCCESS"]
    if len(counted) == 1:
        return found[0]
    is_throttled = any(isinstance(each, Busy) for each in found)
    if len(found) < len(counted) or any(isinstance(each, Unknown) for each in found):
        said = ", ".join(f"{number} {status}" for status, number in counted.items())
        return Unknown(f"SES answered {said}, and not for whom", is_throttled=is_throttled)
    # Who was refused is not known; all are tried again, unless all were.
    return next(each for kind in (Stopped, Busy, Refused) for each in found if isinstance(each, kind))
