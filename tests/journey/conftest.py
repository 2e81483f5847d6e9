"""A workspace whose transport is `ses` against a practice server, on a database of either kind."""

import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_journey import Journey
from tests.fixtures_practice import practice_server
from tests.postgres import PostgresServer

#: what takes longer has hung
PATIENCE = 120.0


@dataclass
class Engine:
    """A workspace that sends real mail, all of which the practice server takes."""

    journey: Journey
    processes: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def start(self, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """A command that goes on while the test does; killed with it."""
        self.processes.append(self.journey.start(*arguments, environ=environ))
        return self.processes[-1]

    def until(self, is_so: Callable[[], Any], what: str) -> None:
        """Wait until something is so."""
        until = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < until, what
            time.sleep(0.05)

    @property
    def mails(self) -> list[dict[str, Any]]:
        """The mails that were accepted, without the probes."""
        return [each for each in self.journey.practice_seen.messages() if "simulator" not in each["to"]]

    def to(self) -> list[str]:
        """To whom, in order."""
        return [each["to"] for each in self.mails]

    def people(self, number: int, slug: str = "2026-03-01-engine") -> str:
        """So many members of one list, and a brief for them."""
        self.journey.write_members("center", {f"reader{n}@example.org": f"Reader {n}" for n in range(number)})
        self.journey.write_brief(slug, f"The brief {slug}")
        return slug

    def fault(self, *rules: dict[str, Any]) -> None:
        """Make the server fail on demand."""
        self.journey.practice_seen.ask("/api/faults", method="POST", body={"seed": 1, "rules": list(rules)})

    def serve(self) -> str:
        """The readers' pages of this database, on a port of their own."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        self.start("serve", "--port", str(port), DISPATCH_WEB__PUBLIC_URL=url)

        def answers() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        self.until(answers, "serve does not listen")
        self.journey.environ["DISPATCH_WEB__PUBLIC_URL"] = url
        return url


@contextmanager
def _engine(journey: Journey, database_url: str) -> Iterator[Engine]:
    with practice_server(
        journey.folder.parent / "provider", max_per_second=60, crowd=False, signature_seconds=0, check_signatures=False
    ) as server:
        journey.provider_url = server.url
        # Nothing is killed in the middle of a call here, so that a short grace is long enough.
        journey.practice_seen.grant(signature_seconds=0)
        journey.environ |= {
            "DISPATCH_DATABASE_URL": database_url,
            "DISPATCH_MAIL__TRANSPORT": "ses",
            "DISPATCH_WEB__PUBLIC_URL": server.url,
            "DISPATCH_WEB__ALLOW_HTTP": "true",
            "DISPATCH_SES__QUEUE_URL": server.queue_url,
            "DISPATCH_BRANDS__CENTER__POSTAL_ADDRESS": "1 Example Street, City",
            "DISPATCH_BRANDS__COALITION__POSTAL_ADDRESS": "2 Example Street, City",
            "DISPATCH_SEND__ALLOW_EXAMPLE_DOMAINS": "true",
            "DISPATCH_SEND__REQUIRE_PROOF": "false",
            "DISPATCH_SEND__CHECK_PUBLIC_URL": "false",
            "DISPATCH_SEND__CLAIM_SECONDS": "1",
            "DISPATCH_SEND__GRACE_SECONDS": "2",
            "AWS_ENDPOINT_URL_SESV2": server.url,
            "AWS_ENDPOINT_URL_SQS": server.url,
            "AWS_ACCESS_KEY_ID": "practice",
            "AWS_SECRET_ACCESS_KEY": "practice",
        }
        made = Engine(journey)
        yield made
        for process in made.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)


@pytest.fixture
def engine(journey: Journey, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a SQLite file in a folder of its own."""
    folder = tmp_path / "database"
    folder.mkdir()
    with _engine(journey, f"sqlite:///{folder / 'dispatch.db'}") as made:
        yield made


@pytest.fixture
def postgres_engine(journey: Journey, postgres_url: str) -> Iterator[Engine]:
    """An engine on PostgreSQL."""
    with _engine(journey, postgres_url) as made:
        yield made


@pytest.fixture
def each_engine(journey: Journey, database_url: str) -> Iterator[Engine]:
    """An engine on SQLite and on PostgreSQL, for what several processes do at once: the test runs once with each."""
    with _engine(journey, database_url) as made:
        yield made


@pytest.fixture
def empty_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a PostgreSQL database without any table."""
    name = f"empty_{uuid.uuid4().hex}"
    postgres_server.run(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")
