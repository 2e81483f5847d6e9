"""One practice server for all tests of a file, emptied before each, and every boto3 client of dispatch turned to it."""

from collections.abc import Iterator

import pytest

from dispatch.aws.client import OneASecond
from tests.fixtures_practice import PracticeServer, practice_server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    with practice_server(tmp_path_factory.mktemp("practice"), crowd=False, calls_per_second=0) as server:
        yield server


@pytest.fixture
def practice(running: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> PracticeServer:
    running.reset()
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.setenv(name, running.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "practice")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "practice")
    # This server answers as often as it is asked.
    monkeypatch.setattr(OneASecond, "SECONDS", 0.0)
    return running
