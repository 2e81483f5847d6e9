"""One practice server for all tests of a file, emptied before each."""

from collections.abc import Iterator

import pytest

from tests.fixtures_practice import PracticeServer, practice_server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    with practice_server(tmp_path_factory.mktemp("practice"), calls_per_second=0) as server:
        yield server


@pytest.fixture
def practice(running: PracticeServer) -> PracticeServer:
    running.reset()
    return running
