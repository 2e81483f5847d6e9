"""A worker and its server: however long that is gone, the worker waits, and ends with an error only where it must."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from dispatch.store.database import Database
from dispatch.store.jobs import enqueue_lanes
from tests.postgres import PostgresServer, postgres

#: a worker whose lanes only say which Campaign they would help
_WORKER = """
import sys
from dispatch.store.jobs import Duties, run_worker

def say(text):
    print(text, flush=True)

nothing = lambda is_asked: None
run_worker(sys.argv[1], "test", Duties(lambda campaign, is_asked: say("lane " + campaign), nothing, nothing), say)
say("ended")
"""


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that the test stops and starts."""
    with postgres(starts_again=True) as made:
        yield made


class Worker:
    """A worker process, and what it says."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WORKER, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []

    def until(self, text: str) -> None:
        assert self.process.stdout is not None
        while text not in (line := self.process.stdout.readline()):
            assert line, "".join(self.said)
            self.said.append(line)
        self.said.append(line)

    def end(self) -> str:
        rest, _ = self.process.communicate(timeout=60)
        return "".join(self.said) + rest


def ask_for_help(url: str, campaign_id: str) -> None:
    with Database.open(url) as database, database.writing() as connection:
        enqueue_lanes(connection, campaign_id)


def test_a_worker_outlives_its_server_and_says_so_once(server: PostgresServer) -> None:
    url = server.new_database("outlived")
    ask_for_help(url, "a" * 32)
    worker = Worker(url)
    try:
        worker.until("lane a")
        server.stop()
        worker.until("The database is gone")
        # Long enough for several tries.
        time.sleep(4)
        assert worker.process.poll() is None
        server.start()
        ask_for_help(url, "b" * 32)
        worker.until("lane b")
        worker.process.send_signal(signal.SIGTERM)
        said = worker.end()
    finally:
        worker.process.kill()
    assert worker.process.returncode == 0, said
    assert said.endswith("ended\n")
    assert (said.count("The database is gone"), said.count("The database is back.")) == (1, 1)
    assert "Traceback" not in said


def test_a_worker_whose_jobs_are_gone_ends_with_an_error(postgres_url: str) -> None:
    ask_for_help(postgres_url, "a" * 32)
    worker = Worker(postgres_url)
    try:
        worker.until("lane a")
        with Database.open(postgres_url) as database, database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE procrastinate_jobs CASCADE")
        said = worker.end()
    finally:
        worker.process.kill()
    assert worker.process.returncode == 1, said
    assert "its tables for the workers are gone" in said
