"""A scene: real mail from a workspace of its own to a practice server that fails on demand, on either database.

The practice server is the only witness of what was accepted; dispatch's own ledger is never asked for that.
"""

import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dispatch.model.delivery import ACCEPTED, DeliveryState
from dispatch.store import campaigns, ledger
from dispatch.store.database import Database
from tests.fixtures_journey import Journey, PracticeSeen
from tests.fixtures_practice import practice_server
from tests.in_process import run_in_process

SLUG = "2026-11-24-storm"
#: how old a signature may be: Amazon takes five minutes
SIGNATURE_SECONDS = 5
#: short, so that kills and time-outs take no longer than they must
SHORT = {
    "DISPATCH_SEND__HOLD_SECONDS": "0",
    "DISPATCH_SEND__CLAIM_SECONDS": "2",
    # More than claim and signature together, as with Amazon: what a sleeper still hands over then is refused.
    "DISPATCH_SEND__GRACE_SECONDS": "9",
    "DISPATCH_SEND__SETTLE_SECONDS": "15",
    "DISPATCH_SES__TIMEOUT_SECONDS": "1",
    "DISPATCH_SES__HIDDEN_SECONDS": "1",
    # The unsubscribe address is not what these tests are about, and no pages are served.
    "DISPATCH_SEND__CHECK_PUBLIC_URL": "false",
    "DISPATCH_SEND__ALLOW_EXAMPLE_DOMAINS": "true",
    "DISPATCH_SEND__REQUIRE_PROOF": "false",
    "DISPATCH_WEB__ALLOW_HTTP": "true",
    "DISPATCH_BRANDS__CENTER__POSTAL_ADDRESS": "1 Example Street, City",
    "DISPATCH_BRANDS__COALITION__POSTAL_ADDRESS": "2 Example Street, City",
    "DISPATCH_MAIL__TRANSPORT": "ses",
    "AWS_ACCESS_KEY_ID": "practice",
    "AWS_SECRET_ACCESS_KEY": "practice",
}


@dataclass
class Scene:
    """A workspace with one brief and its people, and the provider that it mails through."""

    journey: Journey
    provider: PracticeSeen
    database_url: str
    people: tuple[str, ...]

    @cached_property
    def database(self) -> Database:
        """The ledger, to be read by the test."""
        return Database.open(self.database_url)

    def close(self) -> None:
        """Give the ledger back."""
        if "database" in self.__dict__:
            self.database.close()

    # --- what happens ---------------------------------------------------------------------------------------------

    def fault(self, *rules: Mapping[str, Any], seed: int = 1) -> None:
        """Put faults in force at the provider."""
        self.provider.ask("/api/faults", method="POST", body={"seed": seed, "rules": list(rules)})

    def calm(self) -> None:
        """Lift all faults."""
        self.provider.ask("/api/faults", method="DELETE")

    def start(self, *more: str, environ: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """A `dispatch send` that goes on while the test does."""
        return self.journey.start("send", SLUG, "--yes", *more, environ=environ)

    def send(self, *more: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A whole `dispatch send`; what it says at its end."""
        found = self.journey.run_json("send", SLUG, "--yes", *more, status=None, environ=environ)
        assert isinstance(found, dict)
        return found

    def send_until_finished(self, most: int = 6, *, is_all_known: bool = False) -> dict[str, Any]:
        """Send again as a person would who finds it paused, or people in doubt; what the last one says."""
        for _ in range(most):
            found = self.send()
            if found["state"] == "finished" and not (is_all_known and found["uncertain"]):
                return found
        raise AssertionError(found)

    def pull_until(self, is_so: Callable[[], bool], seconds: float = 60.0) -> None:
        """Fetch events until something is so."""
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, self.states()
            self.journey.run("events", "pull")

    def kill_often(self, kills: int, seed: str) -> int:
        """Start a send and kill it, so many times, at moments drawn from the seed; gives how many it was alive for.

        Half of the kills come at any moment, from the start of the process on; half in the middle of the mails.
        """
        draw = random.Random(seed)
        done = 0
        for number in range(2 * kills):
            if done == kills:
                break
            mails = draw.randrange(1, 6) if number % 2 else 0
            done += self.kill_once(5.0 if mails else 0.3 + 1.7 * draw.random(), mails)
        return done

    def kill_once(self, seconds: float, mails: int = 0) -> bool:
        """Start a send; kill it after so many seconds, or once `mails` more are accepted. False if it had ended."""
        enough = self.counted() + mails
        process = self.start()
        until = time.monotonic() + seconds
        try:
            while process.poll() is None and time.monotonic() < until:
                if mails and self.counted() >= enough:
                    break
                time.sleep(0.02)
            return process.poll() is None
        finally:
            process.kill()
            process.communicate(timeout=60)

    def wait_for_mails(self, number: int, process: "subprocess.Popen[str]", seconds: float = 60.0) -> None:
        """Wait until the provider has accepted so many."""
        until = time.monotonic() + seconds
        while self.counted() < number:
            if process.poll() is not None:
                raise AssertionError(process.communicate()[0])
            assert time.monotonic() < until, f"{self.counted()} mails after {seconds} s"
            time.sleep(0.02)

    # --- what is true ---------------------------------------------------------------------------------------------

    def counted(self) -> int:
        """How many mails the provider counts towards its quota: quicker than fetching them, to be asked often."""
        return int(self.provider.ask("/api/account")["sent_last_day"])

    def accepted_count(self) -> int:
        """How many mails the provider accepted."""
        return len(self.provider.messages())

    def copies(self) -> Counter[str]:
        """Address -> mails that the provider accepted for it."""
        return Counter(message["to"] for message in self.provider.messages())

    def states(self) -> dict[str, DeliveryState]:
        """Address -> what the ledger says."""
        with self.database.reading() as connection:
            (campaign,) = campaigns.all_campaigns(connection)
            found = ledger.in_state(connection, campaign.id, *DeliveryState)
        return {each.address: each.state for each in found}

    def is_held(self) -> bool:
        """Whether someone is in the middle of a transaction that writes."""
        if self.database.is_sqlite:
            with closing(sqlite3.connect(str(self.database.engine.url.database), timeout=0.2)) as other:
                try:
                    other.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    return True
                return False
        others = "datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        with self.database.reading() as connection:
            return bool(connection.execute(text(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")).scalar())

    def named_as_unknown(self) -> set[str]:
        """Whom `dispatch reconcile` names."""
        said = self.journey.run_json("reconcile", status=None)
        return {each["address"] for kind in said.values() if isinstance(kind, list) for each in kind}

    def violations(self) -> list[str]:
        """Every broken promise, a sentence each: none twice, none lost, the totals add up, accepted is accepted."""
        # Fetches what events are left, so that all that is read afterwards is of one state.
        named = self.named_as_unknown()
        copies, states, report = self.copies(), self.states(), self.journey.run_json("report")
        unknown = {address for address, state in states.items() if state is DeliveryState.UNCERTAIN}
        found = [f"{to} got {number} copies" for to, number in sorted(copies.items()) if number > 1]
        found += [f"{to} got mail and is nobody of the audience" for to in sorted(copies.keys() - set(self.people))]
        for address in self.people:
            state = states.get(address)
            if address not in copies and state is not DeliveryState.UNCERTAIN:
                found.append(f"{address} got nothing and is {state}")
            if address in copies and state not in ACCEPTED and state is not DeliveryState.UNCERTAIN:
                found.append(f"{address} got mail and is {state}")
        # What settled meanwhile may be named still; whoever is uncertain must be.
        if unnamed := unknown - named:
            found.append(f"uncertain and not named: {sorted(unnamed)}")
        totals = report["totals"]
        counted = [totals[name] for name in ("queued", "submitting", "submitted", "failed", "uncertain", "skipped")]
        if not report["adds_up"] or sum(counted) != totals["audience"] or totals["audience"] != len(self.people):
            found.append(f"the totals do not add up: {totals}")
        return found


@contextmanager
def scene(folder: Path, database_url: str, people: int, *, per_second: float = 60, **environ: str) -> Iterator[Scene]:
    """A scene whose provider ends with it; `environ` are further variables for every command."""
    with practice_server(
        folder / "provider", max_per_second=per_second, crowd=False, signature_seconds=SIGNATURE_SECONDS
    ) as server:
        journey = Journey(folder / "workspace")
        done = run_in_process(["init", str(journey.folder)], os.environ)
        assert done.returncode == 0, done.stderr
        queue = f"{server.url}/queue/dispatch-events"
        journey.environ = {
            **SHORT,
            "DISPATCH_DATABASE_URL": database_url,
            "DISPATCH_WEB__PUBLIC_URL": server.url,
            "DISPATCH_SES__QUEUE_URL": queue,
            "AWS_ENDPOINT_URL_SESV2": server.url,
            "AWS_ENDPOINT_URL_SQS": server.url,
            **environ,
        }
        addresses = tuple(f"reader{number:04d}@example.org" for number in range(people))
        journey.write_members("center", dict.fromkeys(addresses, "Reader"))
        journey.write_brief(SLUG, "Through the storm")
        made = Scene(journey, PracticeSeen(server.url), database_url, addresses)
        try:
            yield made
        finally:
            made.close()
