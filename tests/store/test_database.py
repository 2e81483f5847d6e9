"""The database: made by migrations, by however many processes; refused where it is newer; one clock, lasting keys."""

import gzip
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, create_engine, func, insert, inspect, select, table, text
from sqlalchemy.exc import IntegrityError

from dispatch.errors import SettingsError, StoreError
from dispatch.store import audit, campaigns, migrate
from dispatch.store import pace as pacing
from dispatch.store.column_types import instant_text
from dispatch.store.database import HEAD, Database, _engine, clock
from dispatch.store.schema import audit as audit_table
from dispatch.store.schema import metadata, pace

_OPEN = "import sys; from dispatch.store.database import Database; Database.open(sys.argv[1]).close()"


def is_ours(table: str) -> bool:
    """Whether a table is dispatch's own, and not Alembic's or the task engine's."""
    return table != "alembic_version" and not table.startswith("procrastinate_")


# --- migrations ---------------------------------------------------------------------------------------------------


def test_an_empty_database_is_made_when_it_is_opened(empty_database_url: str) -> None:
    with Database.open(empty_database_url) as database:
        assert database.version() == HEAD
        made = {name for name in inspect(database.engine).get_table_names() if is_ours(name)}
    assert made == set(metadata.tables)


def test_the_migrations_lead_to_just_the_tables_of_the_schema(empty_database_url: str) -> None:
    with Database.open(empty_database_url) as database, database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, parent: kind != "table" or is_ours(name)}
        )

        assert compare_metadata(context, metadata) == []


def test_the_migrations_and_the_schema_agree_word_for_word(empty_database_url: str) -> None:
    """What Alembic does not compare: defaults, conditions of indexes, the text of every column."""
    with Database.open(empty_database_url) as migrated:
        found = _described(migrated)
        with migrated.writing() as connection:
            metadata.drop_all(connection)
            metadata.create_all(connection)

        assert found == _described(migrated)


def _described(database: Database) -> dict[str, object]:
    seen = inspect(database.engine)
    return {
        name: {
            "columns": [{**column, "type": str(column["type"])} for column in seen.get_columns(name)],
            "key": seen.get_pk_constraint(name),
            "foreign keys": sorted(seen.get_foreign_keys(name), key=str),
            "unique": sorted(seen.get_unique_constraints(name), key=str),
            "indexes": sorted(str(_plain(dict(index))) for index in seen.get_indexes(name)),
            "options": seen.get_table_options(name) if database.engine.dialect.name == "postgresql" else {},
        }
        for name in metadata.tables
    }


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """The same, with the text of conditions instead of the objects that hold it."""
    return {key: _plain(value) if isinstance(value, dict) else str(value) for key, value in sorted(described.items())}


def _restore_version_3(url: str) -> None:
    """Fill an empty database with a stored one: 88 members, one Campaign sent with its Events, one not begun."""
    folder = Path(__file__).parent.parent / "fixtures" / "databases"
    engine = create_engine(url)
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if engine.dialect.name == "sqlite":
            driver.deserialize(gzip.decompress((folder / "0003.sqlite.gz").read_bytes()))
            kept = sqlite3.connect(url.removeprefix("sqlite:///"))
            driver.backup(kept)
            kept.close()
        else:
            driver.execute(gzip.decompress((folder / "0003.postgresql.sql.gz").read_bytes()))
            driver.execute("SELECT pg_catalog.set_config('search_path', 'public', false)")
    engine.dispose()


def _everything(url: str) -> dict[str, int]:
    """Table -> rows, by the names of version 3."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if is_ours(name)]
        found = {n: connection.execute(text(f"SELECT COUNT(*) FROM {n}")).scalar_one() for n in names}
    engine.dispose()
    return found


def test_a_stored_database_of_the_last_landed_version_is_brought_up_with_all_that_is_in_it(
    empty_database_url: str,
) -> None:
    _restore_version_3(empty_database_url)
    before = _everything(empty_database_url)

    with Database.open(empty_database_url) as brought_up, brought_up.reading() as connection:
        assert brought_up.version() == HEAD
        sent = campaigns.find(connection, "2023-09-19-potential-arms-deals")
        assert sent is not None
        assert sent.transport == "practice"
        assert campaigns.counts(connection, sent.id).submitted == 88
        assert _described(brought_up)["events"] is not None
        compared = compare_metadata(MigrationContext.configure(connection), metadata)
        linked = select(func.count()).where(metadata.tables["events"].c.notification_id.is_not(None))
        assert connection.execute(linked).scalar_one() == before["events"]

    assert [change for change in compared if "procrastinate" not in str(change)] == []
    after = _everything(empty_database_url)
    assert after.pop("notifications") == before.pop("notices")
    assert after == {**dict.fromkeys(after, 0), **before}


def _to_version_before(url: str, revision: str) -> None:
    """Bring an empty database to the version before a migration."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    found = ScriptDirectory.from_config(config).get_revision(revision)
    assert isinstance(found.down_revision, str)
    with Database(_engine(url)) as database, database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, found.down_revision)


def _insert(connection: Connection, name: str, **values: object) -> None:
    """Add a row by its columns alone, whatever the tables look like by now."""
    connection.execute(insert(table(name, *[column(each) for each in values])).values(values))


def test_campaigns_that_wait_for_their_time_become_scheduled(empty_database_url: str) -> None:
    _to_version_before(empty_database_url, "0005")
    future, past = "2999-01-01T09:00:00.000Z", "2026-01-01T09:00:00.000Z"
    #: slug -> state, time, the state of its one Delivery
    before = {
        "waits": ("sending", future, "queued"),
        "waits-stopped": ("paused", future, "queued"),
        "newcomers": ("sending", future, "delivered"),
        "begun-stopped": ("paused", future, "delivered"),
        "due": ("sending", past, "queued"),
        "at-once": ("sending", None, "queued"),
        "over": ("finished", future, "delivered"),
    }
    texts = dict.fromkeys(("subject", "preheader", "html", "text", "web_html", "sender", "reply_to"), "")
    with Database(_engine(empty_database_url)) as older, older.writing() as connection:
        for number, (slug, (state, time, delivery)) in enumerate(before.items(), start=1):
            campaign = {"id": slug, "slug": slug, "title": slug, "date": "2026-11-24", "transport": "ses"}
            why = {"state": state, "reason": "why", "todo": "what", "created_at": past, "not_before": time}
            _insert(connection, "campaigns", **campaign, **why)
            edition = {"id": number, "campaign_id": slug, "audience": "a", "member_list": "a", "fingerprint": "f"}
            _insert(connection, "editions", **edition, **texts, created_at=past)
            person = {"key": "k", "address": "k", "address_hash": "h", "audience": "a", "edition_id": number}
            _insert(connection, "deliveries", id=slug, campaign_id=slug, state=delivery, **person)

    with Database.open(empty_database_url) as opened, opened.reading() as connection:
        found = {each.slug: (each.state.value, each.reason) for each in campaigns.all_campaigns(connection)}

    assert found == {
        "waits": ("scheduled", ""),
        "waits-stopped": ("scheduled", ""),
        "newcomers": ("scheduled", ""),
        "begun-stopped": ("paused", "why"),
        "due": ("sending", "why"),
        "at-once": ("sending", "why"),
        "over": ("finished", "why"),
    }


def test_opening_again_changes_nothing(empty_database_url: str) -> None:
    with Database.open(empty_database_url) as first:
        token = first.key("token")
    with Database.open(empty_database_url) as second:
        assert second.version() == HEAD
        assert second.key("token") == token


def test_two_processes_that_open_a_new_database_at_once_both_find_it_made(empty_database_url: str) -> None:
    opening = [
        subprocess.Popen([sys.executable, "-c", _OPEN, empty_database_url], stderr=subprocess.PIPE) for _ in "ab"
    ]

    for process in opening:
        _, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint.decode()
    with Database.open(empty_database_url) as database, database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM keys")).scalar() == 2


def test_threads_that_open_a_new_database_at_once_all_find_it_made(empty_database_url: str) -> None:
    gate = Barrier(4)

    def open_it(_: int) -> bytes:
        gate.wait()
        with Database.open(empty_database_url) as database:
            return database.key("token")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(open_it, range(4)))) == 1


def test_a_database_of_a_newer_dispatch_is_refused_and_left_as_it_is(empty_database_url: str) -> None:
    with Database.open(empty_database_url) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError) as caught:
        Database.open(empty_database_url)

    assert "version 9999" in caught.value.what
    assert "newer dispatch" in caught.value.todo


# --- keys ---------------------------------------------------------------------------------------------------------


def test_every_database_has_keys_of_its_own_and_two_different_ones(tmp_path: Path) -> None:
    with Database.in_file(tmp_path / "a.db") as one, Database.in_file(tmp_path / "b.db") as other:
        found = {one.key("token"), one.key("address-hash"), other.key("token"), other.key("address-hash")}

    assert len(found) == 4
    assert {len(key) for key in found} == {32}


def test_a_copy_of_the_file_has_the_same_keys(tmp_path: Path) -> None:
    with Database.in_file(tmp_path / "a.db") as one:
        key = one.key("token")
    (tmp_path / "a.db").rename(tmp_path / "b.db")

    with Database.in_file(tmp_path / "b.db") as moved:
        assert moved.key("token") == key


# --- transactions -------------------------------------------------------------------------------------------------


def test_what_fails_keeps_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as connection:
        connection.execute(pace.insert(), [{"account": "a", "next_at": 0.0}] * 2)

    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(pace)).scalar() == 0


def test_a_reading_transaction_sees_one_state_from_its_first_to_its_last_statement(database: Database) -> None:
    count = select(func.count()).select_from(pace)

    with database.reading() as reader:
        before = reader.execute(count).scalar()
        with database.writing() as writer:
            writer.execute(pace.insert().values(account="a", next_at=0.0))
        after = reader.execute(count).scalar()

    assert before == after == 0
    with database.reading() as reader:
        assert reader.execute(count).scalar() == 1


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(pace.insert().values(account="a", next_at=0.0))

    def add_ten(_: int) -> None:
        for _ in range(10):
            with database.writing() as connection:
                connection.execute(pace.update().values(next_at=pace.c.next_at + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add_ten, range(6)))

    with database.reading() as connection:
        assert connection.execute(select(pace.c.next_at)).scalar() == 60


def test_sqlite_survives_a_power_cut_by_its_settings(tmp_path: Path) -> None:
    with Database.in_file(tmp_path / "a.db") as database, database.writing() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in _DURABLE}

    assert found == _DURABLE


#: write-ahead log, a sync at every commit (2 = FULL), references held
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_as_many_lanes_as_the_settings_allow_find_a_connection(database: Database) -> None:
    lanes = 64
    with ExitStack() as stack:
        for _ in range(lanes + 4):
            stack.enter_context(database.reading())


def test_a_connection_that_is_not_to_be_had_is_a_fault_of_the_database_and_can_be_waited_for(tmp_path: Path) -> None:
    Database.in_file(tmp_path / "a.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}", pool_size=1, max_overflow=0, pool_timeout=0.05)
    busy = pytest.raises(StoreError, match="all its connections have been busy")
    with Database(engine) as database, database.reading(), busy, database.reading():
        raise AssertionError


# --- clock --------------------------------------------------------------------------------------------------------


def test_the_clock_is_that_of_now_in_utc(database: Database) -> None:
    assert abs(database.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert database.now().utcoffset() == timedelta(0)


def test_the_clock_goes_on_within_a_transaction(database: Database) -> None:
    with database.writing() as connection:
        first = clock(connection)
        while clock(connection) == first:
            pass
        assert clock(connection) > first


def test_a_moment_is_kept_to_the_millisecond_and_in_utc_wherever_it_came_from(database: Database) -> None:
    there = datetime(2026, 11, 24, 4, 0, 0, 123456).astimezone(UTC)
    with database.writing() as connection:
        audit.record(connection, "test", now=there)
        (kept,) = connection.execute(select(audit_table.c.at)).scalars()

    assert kept == there.replace(microsecond=123000)
    assert instant_text(there).endswith(".123Z")


def test_a_moment_of_the_first_year_is_kept_and_read_back(database: Database) -> None:
    """A provider may send any moment; one without its zeros could never be read again."""
    first = datetime(1, 1, 1, tzinfo=UTC)
    with database.writing() as connection:
        audit.record(connection, "test", now=first)
        (kept,) = connection.execute(select(audit_table.c.at)).scalars()

    assert (instant_text(first), kept) == ("0001-01-01T00:00:00.000Z", first)


# --- what a person is told ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "oracle://u:secret@h/x"])
def test_a_url_that_cannot_be_used_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Database.open(url)

    assert "database_url is not usable" in caught.value.what
    assert "postgresql://user:password@host/database" in caught.value.todo
    assert "secret" not in "\n".join(caught.value.lines())


def test_a_server_that_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(StoreError) as caught:
        Database.open("postgresql://someone:secret@127.0.0.1:9/x")

    assert "cannot be used" in caught.value.what
    assert "127.0.0.1:9" in caught.value.where
    assert "secret" not in "\n".join(caught.value.lines())


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.db"
    file.write_text("Dear members,\n" * 100)

    with pytest.raises(StoreError) as caught:
        Database.in_file(file)

    assert "cannot be used" in caught.value.what
    assert str(file) in caught.value.where
    assert file.read_text().startswith("Dear members,")


def test_a_folder_in_the_place_of_the_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "dispatch.db").mkdir()

    with pytest.raises(StoreError):
        Database.in_file(tmp_path / "dispatch.db")


def test_a_folder_of_any_name_can_hold_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "what? 100% #1 & Überblick"

    with Database.in_file(folder / "dispatch.db") as database:
        assert database.version() == HEAD

    assert (folder / "dispatch.db").is_file()
    with sqlite3.connect(folder / "dispatch.db") as connection:
        assert connection.execute("SELECT count(*) FROM keys").fetchone() == (2,)
    connection.close()


def test_whoever_is_suspended_amid_a_transaction_on_postgresql_loses_it_and_holds_up_nobody(postgres_url: str) -> None:
    with Database.open(postgres_url) as database:
        with database.reading() as connection:
            assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "30s"

        def sleep_amid_a_transaction() -> None:
            with database.writing() as connection:
                # The test does not wait for the whole of it.
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))
                connection.execute(text("LOCK TABLE pace"))
                with database.writing() as other:
                    # Waits until the sleeper has lost its transaction.
                    pacing.take(other, "us-east-1", 1, 100.0)
                connection.execute(text("SELECT 1"))

        with pytest.raises(StoreError, match="The database cannot be used"):
            sleep_amid_a_transaction()
