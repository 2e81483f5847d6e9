"""A practice server as a process of its own, for tests: start it, talk to it with boto3, kill it, start it again.

with practice_server(folder, max_per_second=1000) as practice:
    practice.ses.send_email(…)
    practice.events(3)
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

#: fast enough that the rate delays nobody
QUICK: dict[str, Any] = {"max_per_second": 100_000, "event_delay_factor": 0.0}


def client(service: str, url: str, *, key: str = "practice", secret: str = "practice", timeout: float = 10) -> Any:
    """A boto3 client without retries, as dispatch uses it."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=timeout, connect_timeout=5)
    keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}
    made: Any = boto3.client(service, endpoint_url=url, config=config, **keys)  # type: ignore[call-overload]  # the service's name is an argument
    return made


@dataclass
class PracticeServer:
    """A practice server and its clients."""

    folder: Path
    settings: dict[str, Any]
    url: str = ""
    pid: int = 0
    _process: "subprocess.Popen[str] | None" = None
    _clients: list[Any] = field(default_factory=list)

    def start(self, port: int = 0) -> None:
        """Start the process on a free port, or on the one that it had."""
        command = [sys.executable, "-m", "dispatch.practice", str(self.folder), str(port), json.dumps(self.settings)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._process.stdout.close()
            raise AssertionError("The practice server ended before it listened.")
        said = json.loads(line)
        self.url, self.pid = said["url"], said["pid"]

    def kill(self) -> None:
        """Kill the process as a power switch would."""
        assert self._process is not None
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def restart(self) -> None:
        """Kill the process and start it again on the same port and state."""
        port = int(self.url.rpartition(":")[2])
        self.kill()
        self.start(port)

    def close(self) -> None:
        """End the process and close the clients."""
        for one in self._clients:
            one.close()
        self.kill()

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this server, closed with it."""
        made = client(service, self.url, **options)
        self._clients.append(made)
        return made

    @cached_property
    def ses(self) -> "SESV2Client":
        """SES v2."""
        made: SESV2Client = self.client("sesv2")
        return made

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        made: SQSClient = self.client("sqs")
        return made

    @property
    def queue_url(self) -> str:
        """The queue of events."""
        return f"{self.url}/queue/dispatch-events"

    def api(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """One call of the server's own API: the JSON of its answer, or the HTTP status of a refusal."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, method=method, headers=headers or {})
        try:
            with urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except HTTPError as err:
            with err:
                return err.code

    def page(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
        """One page: status, text, headers."""
        try:
            with urlopen(Request(self.url + path, headers=headers or {}), timeout=10) as answer:
                return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.headers.items()}
        except HTTPError as err:
            with err:
                return err.code, err.read().decode(), {k.lower(): v for k, v in err.headers.items()}

    def messages(self, campaign: str = "") -> list[dict[str, Any]]:
        """What was accepted, in order."""
        found: list[dict[str, Any]] = self.api("GET", "/api/messages" + (f"?campaign={campaign}" if campaign else ""))
        return found

    def faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Put faults in force."""
        said = self.api("POST", "/api/faults", {"seed": seed, "rules": list(rules)})
        assert isinstance(said, dict), said

    def reset(self) -> None:
        """Forget mails, events, faults and the account's changes."""
        for path in ("/api/messages", "/api/faults", "/api/account"):
            self.api("DELETE", path)
        for one in self.ses.list_suppressed_destinations()["SuppressedDestinationSummaries"]:
            self.ses.delete_suppressed_destination(EmailAddress=one["EmailAddress"])

    def notifications(self, at_least: int, seconds: float = 10.0) -> list[str]:
        """The bodies in the queue, taken and deleted: until so many have come, then what is there besides."""
        bodies: list[str] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            wait = 1 if len(bodies) < at_least else 0
            found = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
            taken = found.get("Messages", [])
            bodies += [one["Body"] for one in taken]
            if taken:
                entries: Any = [{"Id": one["MessageId"], "ReceiptHandle": one["ReceiptHandle"]} for one in taken]
                self.sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=entries)
            if not found.get("Messages") and len(bodies) >= at_least:
                return bodies
        raise AssertionError(f"{len(bodies)} of {at_least} notifications came within {seconds} seconds")

    def events(self, at_least: int, seconds: float = 10.0) -> list[dict[str, Any]]:
        """The events in the queue, unwrapped: until so many have come, then what is there besides."""
        return [json.loads(json.loads(body)["Message"]) for body in self.notifications(at_least, seconds)]


@contextmanager
def practice_server(folder: Path, **settings: Any) -> Iterator[PracticeServer]:
    """A running practice server with its state in `folder`, its settings those of `PracticeSettings`."""
    server = PracticeServer(folder, {**QUICK, **settings})
    server.start()
    try:
        yield server
    finally:
        server.close()


def mail(to: str, **more: Any) -> dict[str, Any]:
    """The members of a small SendEmail call to one address, in the configuration set that publishes events."""
    html = '<p>Good day. <a href="https://example.com/a">A</a> <a href="https://example.com/b">B</a></p>'
    body = {"Html": {"Data": html}, "Text": {"Data": "Good day."}}
    return {
        "FromEmailAddress": "The Center <news@example.com>",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Simple": {"Subject": {"Data": "A brief"}, "Body": body}},
        "ConfigurationSetName": "dispatch",
        "EmailTags": [{"Name": "campaign", "Value": "c1"}, {"Name": "delivery", "Value": "d1"}],
        **more,
    }


def bulk(addresses: list[str], **more: Any) -> dict[str, Any]:
    """The members of a small SendBulkEmail call, one entry for each address."""
    content = {"Subject": "For {{name}}", "Html": "<p>Good day, {{name}}.</p>", "Text": "Good day, {{name}}."}
    entries = [
        {
            "Destination": {"ToAddresses": [address]},
            "ReplacementTags": [{"Name": "campaign", "Value": "c1"}, {"Name": "delivery", "Value": f"d{place}"}],
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": f"N{place}"})}
            },
            "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": f"<https://example.com/u/{place}>"}],
        }
        for place, address in enumerate(addresses)
    ]
    return {
        "FromEmailAddress": "The Center <news@example.com>",
        "DefaultContent": {"Template": {"TemplateContent": content, "TemplateData": "{}"}},
        "BulkEmailEntries": entries,
        "ConfigurationSetName": "dispatch",
        **more,
    }
