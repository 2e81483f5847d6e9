"""Real mail leaves from one place, and only when readers can unsubscribe, see the pictures, and the sender is known."""

import shutil
from pathlib import Path

import pytest

from tests.journey.conftest import Engine
from tests.postgres import PostgresServer
from tests.terminal import at_terminal


def database_file(engine: Engine) -> Path:
    return Path(engine.journey.environ["DISPATCH_DATABASE_URL"].removeprefix("sqlite:///"))


def use(engine: Engine, file: Path) -> None:
    engine.journey.environ["DISPATCH_DATABASE_URL"] = f"sqlite:///{file}"


def copy(file: Path, to: Path) -> Path:
    """A copy as people make it: the files of the database, without its counter."""
    to.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        if (part := file.with_name(file.name + suffix)).exists():
            shutil.copyfile(part, to.with_name(to.name + suffix))
    return to


def test_a_copy_elsewhere_refuses_until_it_is_adopted_and_then_pauses_first(engine: Engine, tmp_path: Path) -> None:
    journey = engine.journey
    slug = engine.people(6)
    journey.run("send", slug, "--yes", "--limit", "2", status=1)
    first = database_file(engine)
    assert journey.run_json("home")["home"]["path"] == str(first)

    use(engine, copy(first, tmp_path / "elsewhere" / "dispatch.db"))
    journey.run("resume", slug, "--yes", status=1)
    assert "This is a copy" in journey.errors
    assert "dispatch home adopt" in journey.errors
    assert len(engine.mails) == 2
    assert journey.run_json("home", status=1)["is_home"] is False

    journey.run("home", "adopt", "--yes")
    assert journey.run_json("home")["is_home"] is True
    assert journey.run_json("resume", slug, "--yes")["state"] == "finished"
    assert sorted(engine.to()) == sorted(f"reader{n}@example.org" for n in range(6))


def test_a_backup_that_was_put_back_refuses_and_the_queue_tells_it_what_left(engine: Engine, tmp_path: Path) -> None:
    journey = engine.journey
    slug = engine.people(6)
    journey.run("send", slug, "--yes", "--limit", "2", status=1)
    file = database_file(engine)
    backup = copy(file, tmp_path / "backup" / "dispatch.db")
    # Mailed without fetching the outcome of it, so that the events still lie in the queue.
    journey.run("resume", slug, "--yes", "--limit", "2", status=1, environ={"DISPATCH_SES__QUEUE_URL": ""})
    mailed = set(engine.to())
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    copy(backup, file)

    journey.run("resume", slug, "--yes", status=1)
    assert "This is a backup that was put back: 1 sends of real mail since then are missing in it." in journey.errors
    adopted = journey.run_json("home", "adopt", "--yes")
    assert adopted["events"] > 0
    found = journey.run_json("show", slug)
    assert found["submitted"] == len(mailed) == 4
    assert journey.run_json("resume", slug, "--yes")["submitted"] == 6
    assert len(engine.to()) == len(set(engine.to())) == 6


def test_a_mark_of_such_a_program_tells_too(engine: Engine, tmp_path: Path) -> None:
    slug = engine.people(1)
    file = copy(database_file(engine), tmp_path / "documents" / "briefs" / "dispatch.db")
    (tmp_path / "documents" / ".tmp.driveupload").mkdir()
    use(engine, file)
    engine.journey.run("send", slug, "--yes", status=1)
    assert "a folder that Google Drive keeps in step" in engine.journey.errors
    engine.journey.run("home", "adopt", "--yes", status=1)
    assert "A folder that Google Drive keeps in step cannot be a home." in engine.journey.errors
    assert engine.mails == []


def test_a_folder_that_was_put_back_whole_refuses_on_the_same_computer(engine: Engine, tmp_path: Path) -> None:
    journey = engine.journey
    slug = engine.people(6)
    journey.run("send", slug, "--yes", "--limit", "2", status=1)
    folder, backup = database_file(engine).parent, tmp_path / "backup"
    shutil.copytree(folder, backup)
    journey.run("resume", slug, "--yes", "--limit", "2", status=1)
    shutil.rmtree(folder)
    # With the counter that lay beside the database.
    shutil.copytree(backup, folder)

    journey.run("resume", slug, "--yes", status=1)
    assert "This is a backup that was put back: 1 sends of real mail from this computer are missing" in journey.errors
    assert len(engine.mails) == 4
    journey.run("home", "adopt", "--yes")
    assert journey.run_json("home")["is_home"] is True


def test_adopting_without_need_changes_nothing_and_a_restore_that_nothing_shows_can_be_told(
    engine: Engine, tmp_path: Path
) -> None:
    journey = engine.journey
    slug = engine.people(3)
    journey.run("send", slug, "--yes", "--limit", "1", status=1)
    before = journey.run_json("home")
    said = journey.run("home", "adopt", "--yes")
    assert "There is nothing to adopt: real mail may leave from here already." in said
    assert "dispatch home adopt --restored" in said
    assert journey.run_json("home") == before
    journey.run("home", "adopt", "--restored", "--yes")
    assert journey.run_json("home")["home"]["since"] != before["home"]["since"]


def test_a_postgresql_database_put_back_under_another_name_or_its_own_refuses(
    postgres_engine: Engine, postgres_server: PostgresServer
) -> None:
    engine, journey = postgres_engine, postgres_engine.journey
    slug = engine.people(3)
    journey.run("send", slug, "--yes", "--limit", "1", status=1)
    url = journey.environ["DISPATCH_DATABASE_URL"]
    name = url.partition("@/")[2].partition("?")[0]
    copied = f"{name}_copy"
    postgres_server.run(f"CREATE DATABASE {copied} TEMPLATE {name}")
    try:
        there = {"DISPATCH_DATABASE_URL": url.replace(name, copied)}
        journey.run("resume", slug, "--yes", status=1, environ=there)
        assert f"the database is at home on another machine or in another place, {name}." in journey.errors

        journey.run("resume", slug, "--yes", "--limit", "1", status=1)
        postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")
        postgres_server.run(f"CREATE DATABASE {name} TEMPLATE {copied}")
        journey.run("resume", slug, "--yes", status=1)
        assert "This is a backup that was put back: 1 sends of real mail from this computer" in journey.errors
        assert len(engine.mails) == 2
    finally:
        postgres_server.run(f"DROP DATABASE {copied} WITH (FORCE)")


@pytest.mark.parametrize("command", ["send", "resume"])
def test_a_send_or_resume_that_is_declined_leaves_no_trace(engine: Engine, command: str) -> None:
    journey = engine.journey
    slug = engine.people(3)
    journey.run("send", slug, "--yes", "--limit", "1", status=1)
    before = journey.run_json("home"), journey.run_json("show", slug)
    assert before[0]["home"]["sends"] == 1

    status, said = at_terminal(journey, command, slug, answers=[("anything else stops", "no\n")])

    assert (status, "Nothing was sent." in said) == (1, True), said
    assert (journey.run_json("home"), journey.run_json("show", slug)) == before
    assert len(engine.mails) == 1


# --- before anything leaves ---------------------------------------------------------------------------------------


def test_with_its_pages_served_real_mail_leaves(engine: Engine) -> None:
    engine.serve()
    engine.journey.environ["DISPATCH_SEND__CHECK_PUBLIC_URL"] = "true"
    slug = engine.people(2)
    assert engine.journey.run_json("send", slug, "--yes")["state"] == "finished"


def test_what_readers_would_find_broken_stops_real_mail_all_at_once(engine: Engine) -> None:
    journey = engine.journey
    slug = engine.people(2)
    journey.environ["DISPATCH_SEND__CHECK_PUBLIC_URL"] = "true"
    # The practice server answers, but its pages are those of another database.
    journey.run("send", slug, "--yes", status=1)
    assert "Readers could not unsubscribe: the page answers 404" in journey.errors
    assert "Readers would not see a picture: its address answers 404" in journey.errors
    journey.practice_seen.grant(verified=["elsewhere.example"])
    journey.run("send", slug, "--yes", status=1, environ={"DISPATCH_WEB__PUBLIC_URL": "http://127.0.0.1:9"})
    assert "Readers could not unsubscribe: no answer (ConnectError)" in journey.errors
    assert "Amazon SES does not know the sender" in journey.errors
    assert engine.mails == []
    journey.run("report", status=1)
    assert "Nothing was sent yet." in journey.errors


def test_a_verified_domain_covers_its_senders(engine: Engine) -> None:
    slug = engine.people(1)
    engine.journey.practice_seen.grant(verified=["example.org"])
    assert engine.journey.run_json("send", slug, "--yes")["state"] == "finished"


def test_events_that_amazon_would_not_tell_stop_real_mail(engine: Engine) -> None:
    slug = engine.people(1)
    missing = {"DISPATCH_SES__CONFIGURATION_SET": "elsewhere"}
    engine.journey.run("send", slug, "--yes", status=1, environ=missing)
    assert "Amazon SES does not know the configuration set." in engine.journey.errors
    assert engine.mails == []


def test_an_event_destination_that_cannot_be_read_warns(engine: Engine) -> None:
    slug = engine.people(1)
    denied = {"fault": "refuse", "code": "AccessDeniedException", "status": 403}
    engine.fault({"on": "GetConfigurationSetEventDestinations", **denied})
    assert engine.journey.run_json("send", slug, "--yes")["state"] == "finished"
    assert "Note: Whether SES publishes the events of messages is not known. " in engine.journey.errors
    assert "AccessDeniedException" in engine.journey.errors
