"""What a caller was told survives a kill of the server."""

import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError

from dispatch.errors import StoreError
from dispatch.practice.state import OLDER_FILE, STATE_FILE, State
from tests.fixtures_practice import PracticeServer, bulk, mail, practice_server


def test_a_caller_that_is_killed_in_the_middle_of_a_request_leaves_nothing_behind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with practice_server(tmp_path) as practice:
        address = urlsplit(practice.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0))) as half:
            head = f"POST /v2/email/outbound-emails HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 100\r\n\r\n"
            half.sendall(head.encode() + b"{")
            # Until the server has begun to read, and waits for the rest.
            assert practice.messages() == []
        assert practice.messages() == []
    assert "Exception" not in capfd.readouterr().err


def test_mails_events_queues_and_settings_survive_a_kill(tmp_path: Path) -> None:
    with practice_server(tmp_path, event_delay=1.5) as practice:
        practice.sqs.create_queue(QueueName="mine", Attributes={"VisibilityTimeout": "9"})
        practice.sqs.send_message(QueueUrl=f"{practice.url}/queue/mine", MessageBody="kept")
        practice.ses.put_suppressed_destination(EmailAddress="s@example.com", Reason="BOUNCE")
        practice.api("PUT", "/api/account", {"max_per_day": 77})
        practice.ses.send_email(**mail("a+deliver@example.com"))
        before = practice.messages()
        practice.restart()
        assert practice.messages() == before
        assert sorted(event["eventType"] for event in practice.events(2)) == ["Delivery", "Send"]
        got = practice.sqs.receive_message(QueueUrl=f"{practice.url}/queue/mine")["Messages"]
        assert [one["Body"] for one in got] == ["kept"]
        assert practice.ses.get_suppressed_destination(EmailAddress="s@example.com")
        quota = practice.ses.get_account()["SendQuota"]
        assert (quota["Max24HourSend"], quota["SentLast24Hours"]) == (77.0, 1.0)


def _send_until_it_breaks(practice: PracticeServer, told: list[str]) -> None:
    ses: Any = practice.client("sesv2")
    for turn in range(10_000):
        people = [f"m{turn}-{place}+silent@example.com" for place in range(20)]
        try:
            results = ses.send_bulk_email(**bulk(people))["BulkEmailEntryResults"]
        except BotoCoreError:
            return
        told += [one["MessageId"] for one in results]


def test_every_mail_that_was_acknowledged_is_there_after_a_kill_in_full_flight(tmp_path: Path) -> None:
    with practice_server(tmp_path) as practice:
        told: list[str] = []
        thread = threading.Thread(target=_send_until_it_breaks, args=(practice, told))
        thread.start()
        while len(told) < 400:
            thread.join(0.01)
            assert thread.is_alive()
        practice.restart()
        thread.join()
        kept = {one["message_id"] for one in practice.messages()}
        assert set(told) <= kept
        assert len(kept) - len(told) in (0, 20)
        assert len(practice.events(len(kept), seconds=60)) == len(kept)


def test_a_receipt_is_good_after_a_restart(tmp_path: Path) -> None:
    with practice_server(tmp_path) as practice:
        practice.ses.send_email(**mail("a+silent@example.com"))
        (got,) = practice.sqs.receive_message(QueueUrl=practice.queue_url, WaitTimeSeconds=2)["Messages"]
        practice.restart()
        entries: Any = [{"Id": "1", "ReceiptHandle": got["ReceiptHandle"]}]
        practice.sqs.delete_message_batch(QueueUrl=practice.queue_url, Entries=entries)
        numbers = practice.sqs.get_queue_attributes(QueueUrl=practice.queue_url, AttributeNames=["All"])["Attributes"]
        assert numbers["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_damaged_state_says_which_file_to_delete(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError) as caught:
        State(tmp_path)
    assert str(tmp_path / STATE_FILE) in caught.value.lines()
    assert "Delete that file" in caught.value.todo


def test_the_state_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.db.execute("PRAGMA user_version=99")
    state.close()
    with pytest.raises(StoreError) as caught:
        State(tmp_path)
    assert "newer version" in caught.value.what


def test_the_state_of_an_older_version_is_put_aside(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.put("identity", "example.org", {})
    state.db.execute("PRAGMA user_version=1")
    state.close()
    with closing(State(tmp_path)) as new:
        assert new.every("identity") == {}
    with closing(sqlite3.connect(tmp_path / OLDER_FILE)) as older:
        assert older.execute("SELECT name FROM record").fetchall() == [("example.org",)]
