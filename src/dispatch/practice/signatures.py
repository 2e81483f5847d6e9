"""Signatures of calls (AWS Signature Version 4): how old they are, and whose; the signature itself is not computed.

Source: "Signature Version 4 signing process" in the AWS General Reference. A signature older or newer than
five minutes (`signature_seconds`) is refused.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from dispatch.practice.settings import ACCESS_KEY
from dispatch.practice.wire import Refusal

#: in the answer to GetAccount: for how long a call that is held back can still be accepted
HEADER = "x-practice-signature-seconds"

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/(\d{8})/[^/,\s]+/[^/,\s]+/aws4_request"
    r",\s*SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]{64}\Z"
)


def check(headers: Mapping[str, str], now: float, owner: str = "", max_age: int = 300) -> None:
    """Raise Refusal unless the request is signed, within `max_age` seconds, and by a key of this server.

    A key `practice-…` belongs to one workspace: only that of `owner` is taken, so that a process of another workspace,
    whose server ended and whose port this one took, cannot send here or take events away. Any other key is taken.
    """
    authorization = headers.get("authorization")
    if not authorization:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    found = _AUTHORIZATION.match(authorization)
    if found is None:
        raise Refusal("IncompleteSignatureException", "The Authorization header is not complete.", 403)
    key, day = found.groups()
    _check_date(headers.get("x-amz-date", ""), day, now, max_age)
    if key.startswith(f"{ACCESS_KEY}-") and key != f"{ACCESS_KEY}-{owner}":
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 403)


def _check_date(stamp: str, day: str, now: float, max_age: int) -> None:
    try:
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as err:
        raise Refusal("IncompleteSignatureException", "X-Amz-Date is missing or not a date.", 403) from err
    if not stamp.startswith(day):
        said = "Date in Credential scope does not match YYYYMMDD from X-Amz-Date."
        raise Refusal("InvalidSignatureException", said, 403)
    age, here = now - moment.timestamp(), _stamp(now)
    if age > max_age:
        said = f"Signature expired: {stamp} is now earlier than {_stamp(now - max_age)} ({here} - {max_age} s.)"
        raise Refusal("InvalidSignatureException", said, 403)
    if age < -max_age:
        said = f"Signature not yet current: {stamp} is still later than {_stamp(now + max_age)} ({here} + {max_age} s.)"
        raise Refusal("InvalidSignatureException", said, 403)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
