"""boto3 clients as dispatch needs them: mail is never sent twice, and every wait is bounded.

boto3's shared session is not used: it would keep the first credentials that the process ever found. The two clients of
SES share one, because reading the model of SES takes longer than anything else that they do at their start.
"""

import threading
import time
from collections.abc import Callable
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


def ses_client(session: boto3.Session, region: str, timeout_seconds: int) -> "SESV2Client":
    """A client of SES v2 that makes each call once.

    boto3 by default repeats a call that timed out, and people get two copies; `total_max_attempts=1` makes one attempt.
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
    return session.client("sesv2", region_name=region, config=config)


class OneASecond:
    """Keeps calls of one kind a second apart, whichever threads make them."""

    #: a little more than a second: the first of two calls may travel longer than the second
    SECONDS = 1.05

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, kind: str) -> None:
        """Return when a call of this kind may be made."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(kind, now))
            self._next[kind] = turn + self.SECONDS
        if turn > now:
            self._sleep(turn - now)


#: of the process, because Amazon counts for the account
_pace = OneASecond()


def account_client(session: boto3.Session, region: str) -> "SESV2Client":
    """Return a client of SES v2 for calls that carry no mail: they may be repeated.

    Amazon answers each such operation once a second (SES developer guide, "Service quotas"), repeats included.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=CONNECT_SECONDS, read_timeout=30
    )
    client = session.client("sesv2", region_name=region, config=config)

    def keep_pace(event_name: str, **_: object) -> None:
        _pace.wait(f"{client.meta.endpoint_url} {event_name}")

    client.meta.events.register("before-send.sesv2", keep_pace)
    return client


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
