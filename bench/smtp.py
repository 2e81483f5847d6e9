"""Sending by SMTP, with the ledger on, against a sink; and the naive loop beside it in the same run.

    python -m bench.smtp [PEOPLE]

Recipients a second, CPU-ms a recipient and peak memory, for the seed brief, which is a message of about 46 kB. Every
measurement runs in a process of its own, and the sink in another, whose CPU is not counted. CPU-ms is the figure to
trust where other work runs beside it.
"""

import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path

from bench.engine import database, show
from bench.sending import SENDER, Figures, edition, freeze_all, headers, measured, send_all
from dispatch.smtp import SmtpMailer
from dispatch.store.database import Database

REPOSITORY = Path(__file__).parents[1]
GOAL_PER_SECOND, GOAL_CPU_MS = 2_500, 0.5
#: measured by its own makers' settings on this kind of machine, PostgreSQL's CPU included
LISTMONK = "listmonk, for reference: 2,000-2,300/s, 0.63 CPU-ms with PostgreSQL's own, 1.4 GB"
#: the naive loop is slow: so many of the people are enough
NAIVE_SHARE = 40


@contextmanager
def sink() -> Iterator[int]:
    """The port of a running sink."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        process = subprocess.Popen([sys.executable, "-m", "bench.smtp_sink", str(port_file)], cwd=REPOSITORY)
        try:
            while not port_file.exists():
                time.sleep(0.01)
            yield int(port_file.read_text())
        finally:
            process.kill()
            process.wait()


def seen(port: int) -> dict[str, float]:
    """What a sink has taken."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.putcmd("SEEN")
        assert client.file is not None
        found: dict[str, float] = json.loads(client.file.readline())
        return found


def apart(*arguments: object) -> Figures:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.smtp", *map(str, arguments)]
    said = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: Figures = json.loads(said.splitlines()[-1])
    return found


# --- in a process of its own --------------------------------------------------------------------------------------


def dispatch(url: str, port: int, people: int) -> Figures:
    """Dispatch's own sending."""
    mailer = SmtpMailer(
        host="127.0.0.1",
        port=port,
        security="none",
        username="",
        password="",
        max_per_second=1_000_000.0,
        timeout_seconds=30,
        connections=4,
        greylist_minutes=5,
        greylist_hours=4,
    )
    with Database.open(url) as opened:
        campaign, _ = freeze_all(opened, people)
        return send_all(opened, campaign, mailer, people, 0, 1.0)


def naive(port: int, people: int) -> Figures:
    """One EmailMessage a person, one after the other over one connection, as most scripts do it."""
    content = edition()

    def run() -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(people):
                message = EmailMessage(policy=SMTP)
                message["From"], message["To"] = SENDER, f"reader{number}@example.org"
                message["Subject"] = content["Subject"]
                message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="example.org")
                for each in headers(number):
                    message[each["Name"]] = each["Value"]
                message.set_content(content["Text"])
                message.add_alternative(content["Html"], subtype="html")
                client.send_message(message)

    return measured(people, run)


def main(people: int) -> None:
    """Measure and print."""
    print(f"By SMTP (goals: {GOAL_PER_SECOND:,}/s, {GOAL_CPU_MS} CPU-ms)")
    with sink() as port:
        slow = apart("naive", port, max(100, people // NAIVE_SHARE))
        before = seen(port)
    show("naive: EmailMessage and smtplib", slow)
    print(f"{'':42}a message of {before['size'] / before['messages']:,.0f} bytes")
    for kind in ("SQLite", "PostgreSQL"):
        with sink() as port, database(kind) as url:
            found = apart("dispatch", url, port, people)
            after = seen(port)
        assert after["messages"] == people, after
        show(f"dispatch send, {kind}", found)
        print(
            f"{'':42}{slow['cpu_ms'] / found['cpu_ms']:.0f} times less CPU than naive; "
            f"{after['size'] / people:,.0f} bytes; {after['connections'] - 1:.0f} connections, "
            f"{after['goodbyes']:.0f} goodbyes; the sink {after['cpu'] / people * 1000:.3f} CPU-ms"
        )
    print(f"  {LISTMONK}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dispatch", url, port, people]:
            print(json.dumps(dispatch(url, int(port), int(people))))
        case ["naive", port, people]:
            print(json.dumps(naive(int(port), int(people))))
        case [people]:
            main(int(people))
        case _:
            main(20_000)
