"""The sending engine against a sink that answers at once, with the ledger on; and the bare loops beside it.

`python -m bench.engine [PEOPLE …]`: recipients a second, CPU-ms a recipient, peak memory, for each number of people.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
BRIEF = REPOSITORY / "briefs" / "2023-09-19-potential-arms-deals" / "brief.md"


@contextmanager
def sink(delay: float = 0.0, rate: float = 1_000_000.0) -> Iterator[str]:
    """The address of a running sink."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "bench.sink", str(port_file), str(delay), str(rate)]
        process = subprocess.Popen(command, cwd=REPOSITORY)
        try:
            while not port_file.exists():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port_file.read_text()}"
        finally:
            process.kill()
            process.wait()


def use(url: str) -> None:
    """Turn this process's AWS calls to the sink."""
    os.environ.update(
        AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench", AWS_DEFAULT_REGION="us-east-1"
    )


def measured(people: int, run: Callable[[], None]) -> dict[str, float]:
    """What a run costs: wall and CPU of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"people": people, "per_second": people / wall, "cpu_ms": cpu / people * 1000, "peak_mb": peak}


def send_all(people: int, database_url: str) -> dict[str, float]:
    """Freeze and send the seed brief to so many members."""
    from dispatch.aws.mailer import SesMailer
    from dispatch.files import FolderPublisher
    from dispatch.pipeline.options import SendOptions
    from dispatch.pipeline.plan import Terms, freeze, propose
    from dispatch.pipeline.prepare import prepare
    from dispatch.pipeline.send import Watch, send
    from dispatch.settings import load
    from dispatch.store.database import Database

    audiences = load(REPOSITORY, {}).all_audiences()
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(database_url)
        fill(database, people)
        prepared = prepare(REPOSITORY, BRIEF, audiences, public_url="https://briefs.example.org")
        mailer = SesMailer(region="us-east-1", configuration_set="dispatch", timeout_seconds=30)
        proposal = propose(database, prepared, audiences, "ses")
        started = time.perf_counter()
        campaign = freeze(database, proposal, FolderPublisher(Path(folder)), Terms()).campaign
        print(f"  freeze {time.perf_counter() - started:.2f} s", file=sys.stderr)
        options = SendOptions(
            public_url="https://briefs.example.org",
            claim_seconds=60,
            grace_seconds=900,
            settle_seconds=0,
            rate_share=1.0,
            calls_in_flight=CALLS_IN_FLIGHT,
            max_bounce_rate=0.05,
            max_complaint_rate=0.003,
            rates_after=200,
            complaints_after=3,
        )
        watch = Watch(lambda _: None, lambda: False, lambda _: False)
        account = mailer.account()
        found = measured(people, lambda: check(send(database, campaign, mailer, None, account, options, watch)))
        database.close()
        return found


CALLS_IN_FLIGHT = int(os.environ.get("BENCH_CALLS_IN_FLIGHT", "2"))


def check(campaign: object) -> None:
    """A figure of an unfinished run is no figure."""
    assert str(getattr(campaign, "state", "")) == "finished", campaign


def fill(database: object, people: int) -> None:
    """Members of the center's list."""
    from dispatch.store.database import Database
    from dispatch.store.schema import members, subscriptions

    assert isinstance(database, Database)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with database.writing() as connection:
        for start in range(1, people + 1, 10_000):
            numbers = range(start, min(people + 1, start + 10_000))
            rows = [
                {
                    "id": number,
                    "key": f"reader{number}@example.org",
                    "address": f"reader{number}@example.org",
                    "address_hash": f"{number:064x}",
                    "name": f"Reader {number}",
                    "attributes": {"organisation": "The Institute"},
                    "created_at": now,
                    "updated_at": now,
                }
                for number in numbers
            ]
            connection.execute(members.insert(), rows)
            ties = {"member_list": "center", "state": "subscribed", "since": now, "source": "bench"}
            connection.execute(subscriptions.insert(), [{"member_id": number, **ties} for number in numbers])


def naive(people: int) -> dict[str, float]:
    """boto3's send_email in a loop, one person after the other, as most scripts do it."""
    import boto3

    client = boto3.client("sesv2")
    html, text = "x" * 37_000, "x" * 4_400

    def run() -> None:
        for number in range(people):
            client.send_email(
                FromEmailAddress="a@example.org",
                Destination={"ToAddresses": [f"reader{number}@example.org"]},
                Content={
                    "Simple": {
                        "Subject": {"Data": "s"},
                        "Body": {"Html": {"Data": html}, "Text": {"Data": text}},
                    }
                },
            )

    return measured(people, run)


def bare_bulk(people: int) -> dict[str, float]:
    """boto3's send_bulk_email in a loop, 50 people a call, without any ledger."""
    import boto3

    client = boto3.client("sesv2")
    content = {"Subject": "s", "Html": "x" * 37_000, "Text": "x" * 4_400}

    def run() -> None:
        for start in range(0, people, 50):
            client.send_bulk_email(
                FromEmailAddress="a@example.org",
                DefaultContent={"Template": {"TemplateContent": content, "TemplateData": "{}"}},
                BulkEmailEntries=[
                    {
                        "Destination": {"ToAddresses": [f"reader{number}@example.org"]},
                        "ReplacementTags": [{"Name": "delivery", "Value": "0" * 32}],
                        "ReplacementEmailContent": {
                            "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": f"R {number}"})}
                        },
                        "ReplacementHeaders": [
                            {"Name": "List-Unsubscribe", "Value": f"<https://example.org/{number}>"}
                        ],
                    }
                    for number in range(start, min(people, start + 50))
                ],
            )

    return measured(people, run)


def apart(name: str, *arguments: str) -> dict[str, float]:
    """One measurement in a process of its own, so that memory and imports are its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.engine", "--one", name, *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(name: str, arguments: list[str]) -> None:
    """Run one measurement and print it."""
    with sink() as url:
        use(url)
        if name == "send":
            found = send_all(int(arguments[0]), arguments[1])
        else:
            found = {"naive": naive, "bulk": bare_bulk}[name](int(arguments[0]))
    print(json.dumps(found))


def show(title: str, found: dict[str, float]) -> None:
    """One row of figures."""
    print(
        f"{title:<44}{found['people']:>10,.0f}{found['per_second']:>12,.0f}/s"
        f"{found['cpu_ms']:>10.3f} CPU-ms{found['peak_mb']:>8.0f} MB"
    )


def main(numbers: list[int]) -> None:
    """All measurements, side by side."""
    show("naive boto3 send_email", apart("naive", "1000"))
    show("bare send_bulk_email, no ledger", apart("bulk", "20000"))
    for people in numbers:
        with tempfile.TemporaryDirectory(dir=REPOSITORY / ".cache") as folder:
            show("dispatch send, ledger on SQLite", apart("send", str(people), f"sqlite:///{folder}/bench.db"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3:])
    else:
        (REPOSITORY / ".cache").mkdir(exist_ok=True)
        main([int(each) for each in sys.argv[1:]] or [10_000, 100_000])
