"""Every error that SES can answer with, and every status of a bulk entry, has exactly one meaning."""

import json

import botocore.exceptions as aws
import botocore.session
import pytest
from botocore.exceptions import ClientError

from dispatch.aws.call import HeldBack, TooSlow
from dispatch.aws.outcomes import (
    BULK_REFUSED,
    BULK_SLOWED,
    BULK_STOPPED,
    BULK_UNKNOWN,
    REFUSING,
    SLOWING,
    STOPPING,
    UNKNOWING,
    of_bulk_status,
    of_code,
    of_failure,
)
from dispatch.model.message import Accepted, Busy, NotSent, Outcome, Refused, Stopped, Unknown

MODEL = botocore.session.get_session().get_service_model("sesv2")
URL = "https://email.us-east-1.amazonaws.com"

#: the codes that botocore models for the two operations, as of botocore 1.44.5
MODELLED: dict[str, type[Outcome]] = {
    "TooManyRequestsException": Busy,
    "LimitExceededException": Busy,
    "AccountSuspendedException": Stopped,
    "SendingPausedException": Stopped,
    "MailFromDomainNotVerifiedException": Stopped,
    "NotFoundException": Stopped,
    "MessageRejected": Refused,
    "BadRequestException": Refused,
}
STATUSES: dict[str, type[Outcome]] = {
    "SUCCESS": Accepted,
    "MESSAGE_REJECTED": Refused,
    "INVALID_PARAMETER": Refused,
    "ACCOUNT_THROTTLED": Busy,
    "TRANSIENT_FAILURE": Busy,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": Stopped,
    "CONFIGURATION_SET_NOT_FOUND": Stopped,
    "TEMPLATE_NOT_FOUND": Stopped,
    "ACCOUNT_SUSPENDED": Stopped,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": Stopped,
    "INVALID_SENDING_POOL_NAME": Stopped,
    "ACCOUNT_SENDING_PAUSED": Stopped,
    "CONFIGURATION_SET_SENDING_PAUSED": Stopped,
    "FAILED": Unknown,
}


def error(code: str, status: int = 400, words: str = "Said so.") -> ClientError:
    answer = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")  # type: ignore[arg-type]  # the stubs want more of the metadata than is read


@pytest.mark.parametrize("operation", ["SendEmail", "SendBulkEmail"])
def test_the_table_knows_every_error_that_botocore_models(operation: str) -> None:
    modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    assert modelled == MODELLED.keys()
    assert modelled <= REFUSING | SLOWING | STOPPING.keys() | UNKNOWING


def test_the_table_knows_every_status_of_a_bulk_entry_that_botocore_models() -> None:
    modelled = set(MODEL.shape_for("BulkEmailStatus").enum)  # type: ignore[attr-defined]  # a string shape has it
    assert modelled == STATUSES.keys()
    assert modelled - {"SUCCESS"} == BULK_REFUSED | BULK_SLOWED | BULK_STOPPED.keys() | BULK_UNKNOWN


@pytest.mark.parametrize("code", MODELLED)
def test_a_modelled_error_has_its_meaning_and_ses_s_own_words(code: str) -> None:
    found = of_failure(error(code), has_left=True)
    assert type(found) is MODELLED[code]
    assert found.reason == f"{code}: Said so."  # type: ignore[union-attr]  # none of them is Accepted


@pytest.mark.parametrize("status", sorted(STATUSES.keys() - {"SUCCESS"}))
def test_a_status_of_a_bulk_entry_has_its_meaning_and_ses_s_own_words(status: str) -> None:
    found = of_bulk_status(status, "Said so.")
    assert type(found) is STATUSES[status]
    assert f"{status}: Said so." in found.reason  # type: ignore[union-attr]  # none of them is Accepted


def test_a_status_that_nobody_knows_is_unknown() -> None:
    assert of_bulk_status("NEW_WORD", "") == Unknown("SES answered NEW_WORD")


def test_too_fast_is_busy_and_the_quota_of_the_day_stops_though_only_the_words_differ() -> None:
    fast = of_code("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
    assert fast == Busy("TooManyRequestsException: Maximum sending rate exceeded.")
    daily = of_code("TooManyRequestsException", "Daily message quota exceeded.", 429)
    assert isinstance(daily, Stopped)
    assert "24 hours" in daily.todo


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 0])
def test_an_answer_that_says_nothing_of_what_happened_is_unknown(status: int) -> None:
    assert isinstance(of_code(str(status), "", status), Unknown)


@pytest.mark.parametrize("code", sorted(UNKNOWING))
def test_an_internal_failure_is_unknown_whatever_its_status(code: str) -> None:
    assert isinstance(of_code(code, "", 400), Unknown)


@pytest.mark.parametrize("code", sorted(STOPPING))
def test_every_code_that_stops_says_what_to_do(code: str) -> None:
    found = of_code(code, "Said so.", 403)
    assert isinstance(found, Stopped)
    assert found.todo.endswith(".")


@pytest.mark.parametrize(
    "made",
    [
        of_code("MessageRejected", "Email address is not verified: zoe@example.org", 400),
        of_code("TooManyRequestsException", "Too fast for zoe@example.org", 429),
        of_code("Strange", "No zoe@example.org", 400),
        of_bulk_status("INVALID_PARAMETER", "Illegal address <zoe@example.org>"),
        of_bulk_status("FAILED", "zoe@example.org"),
        of_failure(ValueError("zoe@example.org cannot be written"), has_left=False),
        of_failure(error("MessageRejected", words="No zoe@example.org"), has_left=False),
    ],
)
def test_no_address_in_ses_s_words_gets_into_an_outcome(made: Outcome) -> None:
    assert not isinstance(made, Accepted)
    assert "…" in made.reason
    assert "zoe" not in made.reason


def test_a_4xx_that_nobody_knows_stops_because_the_same_call_would_fare_no_better() -> None:
    assert isinstance(of_code("BrandNewException", "", 400), Stopped)
    assert isinstance(of_code("BrandNewException", "", 429), Busy)


@pytest.mark.parametrize(
    "err",
    [
        aws.EndpointConnectionError(endpoint_url=URL),
        aws.ConnectTimeoutError(endpoint_url=URL),
        aws.ProxyConnectionError(proxy_url="http://127.0.0.1:9"),
    ],
)
def test_a_connection_that_never_was_is_not_sent(err: Exception) -> None:
    assert isinstance(of_failure(err, has_left=True), NotSent)


@pytest.mark.parametrize(
    "err",
    [
        aws.ReadTimeoutError(endpoint_url=URL),
        aws.ConnectionClosedError(endpoint_url=URL),
        aws.SSLError(endpoint_url=URL, error=OSError("broken")),
        aws.HTTPClientError(error=OSError("reset")),
        TooSlow(),
        RuntimeError("anything"),
        json.JSONDecodeError("broken", "", 0),
    ],
)
def test_a_call_that_may_have_been_heard_is_unknown(err: Exception) -> None:
    assert isinstance(of_failure(err, has_left=True), Unknown)


@pytest.mark.parametrize("err", [TooSlow(), aws.ReadTimeoutError(endpoint_url=URL), error("InternalFailure", 500)])
def test_a_failure_before_the_request_left_is_not_sent(err: Exception) -> None:
    assert isinstance(of_failure(err, has_left=False), NotSent)


@pytest.mark.parametrize("err", [HeldBack(), aws.HTTPClientError(error=HeldBack())])
def test_what_the_fence_held_back_is_not_sent(err: Exception) -> None:
    assert of_failure(err, has_left=False) == NotSent("the claim grew too old before the call was made")


@pytest.mark.parametrize(
    "err",
    [
        aws.NoCredentialsError(),
        aws.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        aws.CredentialRetrievalError(provider="sso", error_msg="no"),
        aws.UnauthorizedSSOTokenError(),
        aws.SSOTokenLoadError(error_msg="no"),
        aws.TokenRetrievalError(provider="sso", error_msg="no"),
        aws.ParamValidationError(report="no"),
        error("ExpiredTokenException"),
    ],
)
def test_what_only_a_person_can_mend_stops_and_says_so(err: Exception) -> None:
    found = of_failure(err, has_left=False)
    assert isinstance(found, Stopped)
    assert "credentials" in found.todo
