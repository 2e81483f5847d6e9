"""boto3 clients as dispatch needs them: no repeats and bounded waits.

Each has a session of its own: boto3's shared one would keep the first credentials that the process ever found.
"""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dispatch.errors import ProviderError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

CONNECT_SECONDS = 5
#: as many as the setting send.calls_in_flight allows calls; they are opened as they are needed
MOST_CONNECTIONS = 64


def ses_client(region: str, timeout_seconds: int) -> "SESV2Client":
    """A client of SES v2 that makes each call once.

    boto3 by default repeats a call that timed out, which mails people twice; `total_max_attempts=1` makes one attempt.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=timeout_seconds,
        max_pool_connections=MOST_CONNECTIONS,
        tcp_keepalive=True,
        # Half of the cost of a bulk call (0.20 ms a person with it, 0.10 ms without); what goes in is checked where
        # it is made (model.message.fault_of), and more strictly than botocore would.
        parameter_validation=False,
    )
    return boto3.Session().client("sesv2", region_name=region, config=config)


def s3_client(region: str) -> "S3Client":
    """A client of S3; its calls may be repeated, because putting the same picture twice is putting it once."""
    return boto3.Session().client(
        "s3", region_name=region, config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=30)
    )


def sqs_client(region: str) -> "SQSClient":
    """A client of SQS; its calls may be repeated, because storing a Notification twice is storing it once."""
    return boto3.Session().client(
        "sqs", region_name=region, config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=30)
    )


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
