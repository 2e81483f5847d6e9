"""The home of a database: several processes look for it at once, and a synced folder is none."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from dispatch.errors import StoreError
from dispatch.pipeline import home
from dispatch.store import homes
from dispatch.store.database import Database


def test_first_sends_at_once_make_one_home_and_are_all_counted(database: Database) -> None:
    together = Barrier(4)

    def first_send() -> None:
        together.wait()
        home.count_send(database)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(first_send) for _ in range(4)]:
            done.result()
    with database.reading() as connection:
        found = homes.home_of(connection)
    assert found is not None
    assert found.sends == 4
    files = [homes.counter_file(database), homes.own_counter_file(found)]
    counters = [homes.read_counter(file) for file in files if file is not None]
    assert [each and each.sends for each in counters] == [4] * len(counters)


def test_a_look_while_others_send_sees_no_backup(database: Database) -> None:
    home.count_send(database)
    is_over = Event()

    def looks() -> set[str]:
        found = {home.look(database).problem}
        while not is_over.is_set():
            found.add(home.look(database).problem)
        return found

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(looks) for _ in range(2)]
        for _ in range(60):
            home.count_send(database)
        is_over.set()
        assert [done.result() for done in looking] == [{""}, {""}]


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_a_counter_that_is_no_file_is_missing_and_nothing_waits_for_it(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    file = tmp_path / "dispatch.db.home"
    make(file)
    found: list[homes.Counter | None] = []
    # A daemon: what waits for a pipe would never end.
    reading = Thread(target=lambda: found.append(homes.read_counter(file)), daemon=True)
    reading.start()
    reading.join(timeout=30)
    assert found == [None]


@pytest.mark.parametrize(
    ("folder", "program"),
    [
        ("OneDrive - The Center", "OneDrive"),
        ("Dropbox", "Dropbox"),
        ("Google Drive", "Google Drive"),
        ("Mobile Documents", "iCloud Drive"),
    ],
)
def test_a_synced_folder_refuses_real_mail_and_cannot_be_adopted(tmp_path: Path, folder: str, program: str) -> None:
    with Database.in_file(tmp_path / folder / "dispatch.db") as database:
        for act in (home.refuse_elsewhere, home.adopt):
            with pytest.raises(StoreError, match=f"that {program} keeps in step"):
                act(database)
        assert home.look(database).home is None
