"""The pace: one row for all processes, never more than five seconds ahead."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from dispatch.pipeline.pace import Throttle
from dispatch.store import pace
from dispatch.store.database import Database, clock
from dispatch.store.pace import MAX_AHEAD_SECONDS, MOST_HELD_BACK_SECONDS, Permit
from dispatch.store.schema import pace as row

ACCOUNT = "us-east-1"


def take(database: Database, messages: int, per_second: float, account: str = ACCOUNT) -> Permit:
    with database.writing() as connection:
        return pace.take(connection, account, messages, per_second)


def ahead(database: Database) -> float:
    """By how many seconds the row is ahead of the clock."""
    with database.reading() as connection:
        return float(connection.execute(select(row.c.next_at)).scalar_one()) - clock(connection).timestamp()


def put_clock_back(database: Database, seconds: float) -> None:
    """Seen from the clock, the row lies further ahead by so much."""
    with database.writing() as connection:
        connection.execute(update(row).values(next_at=row.c.next_at + seconds))


# The waits are seconds, so that a busy machine, which takes a part of one for a statement, changes nothing.


def test_the_first_message_goes_at_once_and_the_next_waits_its_turn(database: Database) -> None:
    waits = [take(database, 1, 0.4) for _ in range(2)]

    assert all(permit.is_granted for permit in waits)
    assert waits[0].wait_seconds == 0
    assert 0 < waits[1].wait_seconds <= 2.5


def test_a_batch_moves_the_row_on_by_all_its_messages(database: Database) -> None:
    assert take(database, 50, 20.0).wait_seconds == 0

    assert 0 < take(database, 50, 20.0).wait_seconds <= 2.5


def test_the_row_never_runs_more_than_five_seconds_ahead(database: Database) -> None:
    while (permit := take(database, 10, 10.0)).is_granted:
        assert permit.wait_seconds <= MAX_AHEAD_SECONDS
        assert ahead(database) <= MAX_AHEAD_SECONDS + 0.01

    assert ahead(database) > MAX_AHEAD_SECONDS - 2.5


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

    assert take(database, 1, 0.4).wait_seconds == 0
    assert take(database, 1, 0.4).wait_seconds > 0


def test_each_account_has_a_pace_of_its_own(database: Database) -> None:
    take(database, 1, 1.0)

    assert take(database, 1, 1.0, "eu-west-1").wait_seconds == 0


def test_holding_back_moves_the_next_message_on(database: Database) -> None:
    take(database, 1, 1000.0)
    with database.writing() as connection:
        pace.hold_back(connection, ACCOUNT, 4.0)

    assert 0 < take(database, 1, 1000.0).wait_seconds <= 4.0


@pytest.mark.parametrize("per_second", [0.05, 0.4, 14.0, 900.0])
def test_a_clock_that_is_put_back_stops_nobody(database: Database, per_second: float) -> None:
    take(database, 1, per_second)
    put_clock_back(database, 3600.0)

    assert take(database, 1, per_second) == Permit(0.0, is_granted=True)
    assert ahead(database) <= 1 / per_second + 0.01
    # The pace holds from there on.
    second = take(database, 1, per_second)
    assert second.is_granted is (2 / per_second <= MAX_AHEAD_SECONDS)
    assert per_second > 1.0 or second.wait_seconds > 0


def test_a_small_step_of_the_clock_back_is_waited_for(database: Database) -> None:
    """It cannot be told from a row that others have moved on."""
    take(database, 1, 14.0)
    put_clock_back(database, 4.0)

    assert 2.0 < take(database, 1, 14.0).wait_seconds <= 4.1


def test_a_slow_step_is_not_taken_for_a_clock_put_back(database: Database) -> None:
    """Another process was slowed down by the provider as far as it goes; this one was not."""
    take(database, 1, 0.9 * Throttle.FLOOR)

    assert 1 / (0.9 * Throttle.FLOOR) > 20
    assert take(database, 1, 0.9).is_granted is False


def test_holding_back_long_is_not_taken_for_a_clock_put_back(database: Database) -> None:
    take(database, 1, 1000.0)
    with database.writing() as connection:
        pace.hold_back(connection, ACCOUNT, 60.0)
        held_until = connection.execute(select(row.c.next_at)).scalar_one()
        # The clock is that of the statement on either database, and has milliseconds.
        assert held_until - clock(connection).timestamp() <= MOST_HELD_BACK_SECONDS + 0.01
    take(database, 1, 1000.0)

    with database.reading() as connection:
        assert connection.execute(select(row.c.next_at)).scalar_one() >= held_until


def test_threads_that_begin_at_once_share_one_row(database: Database) -> None:
    def take_until_granted(_: int) -> None:
        while not take(database, 1, 20.0).is_granted:
            pass

    began = database.now().timestamp()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take_until_granted, range(24)))

    with database.reading() as connection:
        (next_at,) = connection.execute(select(row.c.next_at)).scalars()
    # Each of the 24 moved the row on by a twentieth of a second, however many came at once.
    assert next_at >= began + 24 / 20 - 0.01


#: What a sending process does with its permits until the moment that it is told; prints how many messages it let go.
_SEND = """
import sys, time
from dispatch.store import pace
from dispatch.store.database import Database

with Database.open(sys.argv[1]) as database:
    print("ready", flush=True)
    end, sent = float(sys.stdin.readline()), 0
    while True:
        with database.writing() as connection:
            permit = pace.take(connection, "us-east-1", 5, 100.0)
        if time.time() + permit.wait_seconds >= end:
            break
        time.sleep(permit.wait_seconds)
        sent += 5 if permit.is_granted else 0
    print(sent)
"""


def test_processes_together_keep_to_the_rate(database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SEND, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    began = time.time()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{began + 2.0}\n")
        process.stdin.flush()
    shares = [int(process.communicate(timeout=60)[0]) for process in processes]

    # 2 seconds at 100 a second, and the batch that goes at the very first moment.
    assert sum(shares) <= 200 + 5
    assert all(share > 0 for share in shares)
