"""The pace: one row for all processes, never more than five seconds ahead."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier

from sqlalchemy import select

from dispatch.store import pace
from dispatch.store.database import Database
from dispatch.store.pace import MAX_AHEAD_SECONDS, Permit
from dispatch.store.schema import pace as row

ACCOUNT = "us-east-1"


def take(database: Database, messages: int, per_second: float, account: str = ACCOUNT) -> Permit:
    with database.writing() as connection:
        return pace.take(connection, account, messages, per_second)


def test_the_first_message_goes_at_once_and_the_next_waits_its_turn(database: Database) -> None:
    waits = [take(database, 1, 2.0) for _ in range(3)]

    assert all(permit.is_granted for permit in waits)
    assert waits[0].wait_seconds == 0
    assert 0.3 < waits[1].wait_seconds <= 0.5
    assert 0.7 < waits[2].wait_seconds <= 1.0


def test_a_batch_moves_the_row_on_by_all_its_messages(database: Database) -> None:
    assert take(database, 50, 100.0).wait_seconds == 0

    assert 0.3 < take(database, 50, 100.0).wait_seconds <= 0.5


def test_the_row_never_runs_more_than_five_seconds_ahead(database: Database) -> None:
    permits = [take(database, 10, 10.0) for _ in range(8)]

    assert [permit.is_granted for permit in permits] == [True] * 5 + [False] * 3
    assert max(permit.wait_seconds for permit in permits) <= MAX_AHEAD_SECONDS
    with database.reading() as connection:
        ahead = connection.execute(select(row.c.next_at)).scalar_one() - time.time()
    assert ahead <= MAX_AHEAD_SECONDS + 0.1


def test_who_is_refused_is_told_to_ask_again_soon(database: Database) -> None:
    while (permit := take(database, 10, 10.0)).is_granted:
        pass

    assert 0 < permit.wait_seconds <= 1.0


def test_a_pace_slower_than_the_limit_still_goes_on(database: Database) -> None:
    assert take(database, 1, 0.1) == Permit(0.0, is_granted=True)
    assert take(database, 1, 0.1).is_granted is False


def test_time_that_nobody_used_is_not_saved_up(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(row.insert().values(account=ACCOUNT, next_at=0.0))

    assert take(database, 1, 1.0).wait_seconds == 0
    assert take(database, 1, 1.0).wait_seconds > 0.8


def test_each_account_has_a_pace_of_its_own(database: Database) -> None:
    take(database, 1, 1.0)

    assert take(database, 1, 1.0, "eu-west-1").wait_seconds == 0


def test_holding_back_moves_the_next_message_on(database: Database) -> None:
    take(database, 1, 1000.0)
    with database.writing() as connection:
        pace.hold_back(connection, ACCOUNT, 2.0)

    assert 1.5 < take(database, 1, 1000.0).wait_seconds <= 2.0


def test_threads_that_begin_at_once_share_one_row(database: Database) -> None:
    def take_until_granted(_: int) -> float:
        while not (permit := take(database, 1, 20.0)).is_granted:
            pass
        return permit.wait_seconds

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(take_until_granted, range(24)))

    # 24 messages at 20 a second are spread over more than a second, less what has passed meanwhile.
    assert max(waits) > 0.3
    with database.reading() as connection:
        assert len(connection.execute(row.select()).all()) == 1


def _send_for(
    url: str, seconds: float, per_second: float, gate: Barrier, answers: "multiprocessing.Queue[int]"
) -> None:
    """What a sending process does with its permits; reports how many messages it let go in time."""
    with Database.open(url) as own:
        gate.wait()
        end = time.monotonic() + seconds
        sent = 0
        while time.monotonic() < end:
            permit = take(own, 5, per_second)
            if time.monotonic() + permit.wait_seconds >= end:
                break
            time.sleep(permit.wait_seconds)
            sent += 5 if permit.is_granted else 0
    answers.put(sent)


def test_processes_together_keep_to_the_rate(database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    processes = [context.Process(target=_send_for, args=(database_url, 2.0, 100.0, gate, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    shares = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)

    # 2 seconds at 100 a second, and the batches that go at the very first moment.
    assert sum(shares) <= 200 + 2 * 5
    assert all(share > 0 for share in shares)
