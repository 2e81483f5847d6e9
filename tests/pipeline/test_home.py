"""The home of a database, where several processes look for it at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

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
