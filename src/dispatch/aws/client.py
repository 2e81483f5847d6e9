"""boto3 clients as dispatch needs them: no repeats, bounded waits, a way to stop a call at the last moment."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dispatch.errors import ProviderError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

CONNECT_SECONDS = 5


class HeldBack(Exception):
    """Raised inside botocore's `before-send` to keep a signed request from leaving."""


def ses_client(region: str, timeout_seconds: int, calls_in_flight: int) -> "SESV2Client":
    """A client of SES v2 that makes each call once.

    boto3 by default repeats a call that timed out, which mails people twice; `total_max_attempts=1` makes one attempt.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=timeout_seconds,
        max_pool_connections=max(10, calls_in_flight),
        tcp_keepalive=True,
    )
    return boto3.client("sesv2", region_name=region, config=config)


def sqs_client(region: str) -> "SQSClient":
    """A client of SQS; its calls may be repeated, because storing a Notice twice is storing it once."""
    return boto3.client("sqs", region_name=region, config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=30))


def explain(err: ClientError | BotoCoreError, doing: str) -> ProviderError:
    """An error of a call that carries no mail, for people."""
    if isinstance(err, ClientError):
        words = f"{err.response.get('Error', {}).get('Code', '')}: {err.response.get('Error', {}).get('Message', '')}"
    else:
        words = str(err)
    return ProviderError(
        f"{doing} failed: {words.rstrip('.')}.",
        where="Amazon Web Services",
        todo="Check the network, the AWS credentials of this computer, and the [ses] settings.",
    )


def hold_back_when(client: "SESV2Client", is_too_late: Callable[[], bool]) -> None:
    """Ask `is_too_late` before every request leaves, after signing: a process that slept must not send."""

    def ask(**_: object) -> None:
        if is_too_late():
            raise HeldBack

    client.meta.events.register("before-send.sesv2.SendEmail", ask)
    client.meta.events.register("before-send.sesv2.SendBulkEmail", ask)
