"""AWS Signature Version 4, as the server checks it.

Source: "Signature Version 4 signing process" in the AWS General Reference. A signature older or newer than
five minutes (`signature_seconds`) is refused. For the access key `practice` the whole signature is computed anew and
compared; other access keys are unknown here, so of theirs only the date is checked.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from dispatch.practice.settings import ACCESS_KEY, SECRET_KEY
from dispatch.practice.wire import Refusal

#: in the answer to GetAccount: for how long a call that is held back can still be accepted
HEADER = "x-practice-signature-seconds"

_ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    _ALGORITHM
    + r"\s+Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request"
    + r",\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})\Z"
)


def check(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    owner: str = "",
    max_age: int = 300,
) -> None:
    """Raise Refusal unless the request is signed, within `max_age` seconds and, for the key `practice`, rightly.

    `path` and `query` as they came over the wire; header names in lower case. A key `practice-…` belongs to one
    workspace: only that of `owner` is taken, so that a process of another workspace, whose server ended and whose
    port this one took, cannot mail here or take events away.
    """
    authorization = headers.get("authorization")
    if not authorization:
        raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    found = _AUTHORIZATION.match(authorization)
    if found is None:
        raise Refusal("IncompleteSignatureException", "The Authorization header is not complete.", 403)
    key, day, region, service, signed, signature = found.groups()
    stamp = headers.get("x-amz-date", "")
    _check_date(stamp, day, now, max_age)
    if key.startswith(f"{ACCESS_KEY}-") and key != f"{ACCESS_KEY}-{owner}":
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.", 403)
    if key.partition("-")[0] != ACCESS_KEY:
        return
    request = _canonical(method, path, query, headers, signed, body)
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    if not hmac.compare_digest(_sign(day, region, service, to_sign), signature):
        words = "The request signature we calculated does not match the signature you provided."
        raise Refusal("InvalidSignatureException", f"{words} Check your AWS Secret Access Key and signing method.", 403)


def _check_date(stamp: str, day: str, now: float, max_age: int) -> None:
    try:
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as err:
        raise Refusal("IncompleteSignatureException", "X-Amz-Date is missing or not a date.", 403) from err
    if not stamp.startswith(day):
        raise Refusal(
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from X-Amz-Date.",
            403,
        )
    age, here = now - moment.timestamp(), _stamp(now)
    span = f"{max_age // 60} min." if max_age >= 60 else f"{max_age} s."
    if age > max_age:
        words = f"Signature expired: {stamp} is now earlier than {_stamp(now - max_age)} ({here} - {span})"
        raise Refusal("InvalidSignatureException", words, 403)
    if age < -max_age:
        latest = _stamp(now + max_age)
        words = f"Signature not yet current: {stamp} is still later than {latest} ({here} + {span})"
        raise Refusal("InvalidSignatureException", words, 403)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _canonical(method: str, path: str, query: str, headers: Mapping[str, str], signed: str, body: bytes) -> str:
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed.split(";")]
    pairs = "&".join(sorted(pair if "=" in pair else pair + "=" for pair in query.split("&"))) if query else ""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((method, quote(path or "/", safe="/-_.~"), pairs, "".join(lines), signed, digest))


def _sign(day: str, region: str, service: str, text: str) -> str:
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
