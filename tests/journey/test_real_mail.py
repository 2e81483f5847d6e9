"""Real mail: what must be there before it leaves, and the transport `ses` against a server that speaks SES."""

import os
import pty
import re
import signal
import subprocess
from contextlib import closing
from os import fdopen

import pytest

from tests.fixtures_journey import COMMAND_SECONDS, Journey


@pytest.fixture
def real(journey: Journey) -> Journey:
    """A workspace whose transport is `ses`, its endpoints on this computer, one small brief and three members."""
    running = journey.run_json("practice", "start")
    journey.practice().grant(max_per_second=100, signature_seconds=0)
    journey.environ |= {
        "DISPATCH_MAIL__TRANSPORT": "ses",
        "DISPATCH_WEB__PUBLIC_URL": running["url"],
        "DISPATCH_WEB__ALLOW_HTTP": "true",
        "DISPATCH_SES__QUEUE_URL": running["queue_url"],
        "DISPATCH_BRANDS__CENTER__POSTAL_ADDRESS": "1 Example Street, City",
        "DISPATCH_BRANDS__COALITION__POSTAL_ADDRESS": "2 Example Street, City",
        "DISPATCH_SEND__ALLOW_EXAMPLE_DOMAINS": "true",
        "DISPATCH_SEND__REQUIRE_PROOF": "false",
        # The practice server shows the pages of practice, whose database is another.
        "DISPATCH_SEND__CHECK_PUBLIC_URL": "false",
        "AWS_ENDPOINT_URL_SESV2": running["url"],
        "AWS_ENDPOINT_URL_SQS": running["url"],
        "AWS_ACCESS_KEY_ID": "practice",
        "AWS_SECRET_ACCESS_KEY": "practice",
    }
    journey.write_members("center", {f"reader{number}@example.org": f"Reader {number}" for number in range(3)})
    journey.write_brief("2026-02-01-real", "A real brief")
    return journey


def test_real_mail_goes_by_ses_and_its_events_come_back(real: Journey) -> None:
    sent = real.run_json("send", "real", "--yes")
    assert (sent["state"], sent["submitted"]) == ("finished", 3)
    assert len(real.practice_seen.messages(sent["campaign"])) == 3
    assert real.run_json("report")["totals"]["delivered"] == 3
    assert real.run("report").startswith("REAL MAIL")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("DISPATCH_WEB__PUBLIC_URL", "", "Real mail needs an address at which readers can unsubscribe."),
        ("DISPATCH_WEB__ALLOW_HTTP", "false", "The public address must be https"),
        ("DISPATCH_BRANDS__CENTER__POSTAL_ADDRESS", "", "has no postal address"),
        (
            "DISPATCH_SEND__ALLOW_EXAMPLE_DOMAINS",
            "false",
            "3 recipients have example addresses that nobody reads",
        ),
        ("DISPATCH_SEND__REQUIRE_PROOF", "true", "No proof of this brief was sent."),
    ],
)
def test_real_mail_is_refused_without(real: Journey, variable: str, value: str, said: str) -> None:
    real.run("send", "real", "--yes", status=1, environ={variable: value})
    assert said in real.errors
    assert real.practice_seen.messages() == []


def test_real_mail_refuses_stand_in_pictures(real: Journey) -> None:
    real.run("send", "potential-arms", "--yes", status=1)
    assert "The brief shows stand-in pictures: images/summit-handshake.png" in real.errors


def test_real_mail_wants_somebodys_yes_to_a_proof_of_just_this_content(real: Journey) -> None:
    real.environ["DISPATCH_SEND__REQUIRE_PROOF"] = "true"
    proof = real.run_json("proof", "real", "--to", "director@example.org")
    assert re.fullmatch("[A-Z2-9]{6}", proof["code"])
    shown = real.practice_seen.messages()
    assert {each["subject"] for each in shown} == {"[PROOF] A real brief"}
    assert len(shown) == 2

    real.run("send", "real", "--yes", status=1)
    assert f"The proof {proof['code']} that went to director@example.org is not approved." in real.errors
    real.write_brief("2026-02-01-real", "A real brief", "Edited after the proof.")
    real.run("send", "real", "--yes", "--approved-by", "The Director", status=1)
    assert f"Changed since the proof {proof['code']}: the content for" in real.errors

    real.run_json("proof", "real", "--to", "director@example.org")
    real.run(
        "send",
        "real",
        "--yes",
        "--approved-by",
        "The Director",
        status=1,
        environ={"DISPATCH_AUDIENCES__CENTER__REPLY_TO": "Desk <desk@example.org>"},
    )
    assert "the setting audiences.center.reply_to" in real.errors
    sent = real.run_json("send", "real", "--yes", "--approved-by", "The Director")
    assert sent["submitted"] == 3


def at_a_terminal(journey: Journey, *arguments: str, until: str, answer: "str | signal.Signals") -> int:
    """Run a command at a terminal, answer with a line or a signal once it shows `until`; its exit status."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        journey.command(*arguments),
        env=journey.variables(),
        cwd=journey.folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    os.close(terminal)
    seen = ""
    with closing(fdopen(main, "r+b", buffering=0)) as screen:
        while until not in seen:
            seen += screen.read(1000).decode("utf-8", "replace")
        if isinstance(answer, str):
            screen.write(answer.encode() + b"\n")
        else:
            process.send_signal(answer)
        return process.wait(COMMAND_SECONDS)


@pytest.mark.parametrize(
    ("arguments", "until", "answer"),
    [((), "type the number", "no"), (("--yes",), "Sending in", signal.SIGINT)],
    ids=["another word than the number", "Ctrl-C in the hold"],
)
def test_a_declined_send_leaves_no_trace(
    real: Journey, arguments: tuple[str, ...], until: str, answer: "str | signal.Signals"
) -> None:
    real.environ["DISPATCH_SEND__HOLD_SECONDS"] = "300"
    assert at_a_terminal(real, "send", "real", *arguments, until=until, answer=answer) == 1
    assert real.run_json("home")["home"] is None
    real.run("report", status=1)
    assert "Nothing was sent yet." in real.errors
    assert real.practice_seen.messages() == []


def test_a_dry_run_shows_the_plan_first_and_then_every_open_point(real: Journey) -> None:
    for name in [name for name in real.environ if name.startswith(("DISPATCH_", "AWS_"))]:
        del real.environ[name]
    real.environ |= {"DISPATCH_MAIL__TRANSPORT": "ses", "AWS_EC2_METADATA_DISABLED": "true"}
    real.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    printed = real.run("send", "real", "--dry-run", status=1)
    assert printed.startswith("REAL MAIL\nA real brief (2026-02-01)\n")
    assert "Total" in printed
    for point in (
        "3 recipients have example addresses that nobody reads",
        "No proof of this brief was sent.",
        "Real mail needs an address at which readers can unsubscribe.",
        "has no postal address",
        "Asking SES for the account's limits failed",
    ):
        assert point in real.errors, point
    found = real.run_json("send", "real", "--dry-run", status=1)
    assert (found["to_send"], len(found["problems"])) == (3, 6)
    assert "[ses] queue_url" in found["notes"][0]


def test_a_dry_run_that_nothing_stops_says_so_and_asks_for_the_approval_that_is_missing(real: Journey) -> None:
    assert "Nothing stops this send." in real.run("send", "real", "--dry-run")
    real.environ["DISPATCH_SEND__REQUIRE_PROOF"] = "true"
    real.run_json("proof", "real", "--to", "director@example.org")
    real.run("send", "real", "--dry-run", status=1)
    assert "that went to director@example.org is not approved." in real.errors


def test_too_small_a_quota_is_said_before_anything_is_frozen(real: Journey) -> None:
    real.practice_seen.grant(max_per_day=2)
    real.run("send", "real", "--yes", status=1)
    assert "Amazon accepts 2 more messages in these 24 hours, and there are 3 to send." in real.errors
    real.run("report", status=1)
    assert "Nothing was sent yet." in real.errors


def test_a_paused_account_pauses_the_campaign_and_says_why(real: Journey) -> None:
    real.practice_seen.ask("/api/faults", method="POST", body=[{"on": "SendEmail", "fault": "paused", "times": 1}])
    sent = real.run_json("send", "real", "--yes", status=1)
    assert sent["state"] == "paused"
    assert "SendingPausedException" in sent["reason"]
    assert sent["queued"] + sent["submitted"] == 3
    again = real.run_json("send", "real", "--yes")
    assert (again["state"], again["submitted"]) == ("finished", 3)
    assert len(real.practice_seen.messages()) == 3


def test_a_call_of_unknown_outcome_is_listed_by_name_and_settled_by_its_event(real: Journey) -> None:
    fault = {"on": "SendEmail", "fault": "error-after", "addresses": ["reader1@example.org"], "times": 1}
    real.practice_seen.ask("/api/faults", method="POST", body=[fault])
    sent = real.run_json("send", "real", "--yes")
    assert (sent["submitted"], sent["uncertain"]) == (3, 0)
    assert len(real.practice_seen.messages()) == 3


def test_what_was_never_accepted_is_sent_again_once_events_are_proven_to_flow(real: Journey) -> None:
    fault = {"on": "SendEmail", "fault": "error-before", "addresses": ["reader1@example.org"], "times": 1}
    real.practice_seen.ask("/api/faults", method="POST", body=[fault])
    sent = real.run_json("send", "real", "--yes")
    assert (sent["submitted"], sent["uncertain"]) == (3, 0)
    assert len(real.practice_seen.messages()) == 3


def test_within_the_grace_an_unknown_outcome_stays_not_known_yet(real: Journey) -> None:
    fault = {"on": "SendEmail", "fault": "error-before", "addresses": ["reader1@example.org"], "times": 1}
    real.practice_seen.ask("/api/faults", method="POST", body=[fault])
    slow = {"DISPATCH_SEND__GRACE_SECONDS": "3600", "DISPATCH_SEND__SETTLE_SECONDS": "2"}
    said = real.run("send", "real", "--yes", status=1, environ=slow)
    assert "Unknown, counted neither as sent nor as lost" in said
    assert "reader1@example.org" in said
    assert {each["to"] for each in real.practice_seen.messages()} == {"reader0@example.org", "reader2@example.org"}
