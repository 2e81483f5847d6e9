"""One measurement of the engine, in a process of its own: prints what it found as JSON.

python -m bench.sending naive|bulk|bulk-unchecked PEOPLE
python -m bench.sending send|join DATABASE_URL PEOPLE CALLS_IN_FLIGHT RATE_SHARE
python -m bench.sending freeze DATABASE_URL PEOPLE
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from dispatch.aws.mailer import SesMailer
from dispatch.files import FolderPublisher
from dispatch.model.campaign import Campaign, CampaignState
from dispatch.pipeline.freeze import Terms, freeze
from dispatch.pipeline.options import SendContext, SendOptions
from dispatch.pipeline.plan import propose
from dispatch.pipeline.ports import Mailer
from dispatch.pipeline.prepare import prepare
from dispatch.pipeline.send import Watch, send
from dispatch.settings import load
from dispatch.store import campaigns
from dispatch.store.database import Database
from dispatch.store.schema import members, subscriptions

REPOSITORY = Path(__file__).parents[1]
BRIEF = REPOSITORY / "briefs" / "2023-09-19-potential-arms-deals" / "brief.md"
PUBLIC_URL = "https://briefs.example.org"
SENDER = "news@example.org"
Figures = dict[str, float]


def measured(people: int, run: Callable[[], None]) -> Figures:
    """What a run costs: wall and CPU of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"people": people, "per_second": people / wall, "cpu_ms": cpu / people * 1000, "peak_mb": peak}


# --- dispatch -----------------------------------------------------------------------------------------------------


def freeze_all(database: Database, people: int) -> tuple[Campaign, float]:
    """The seed brief, frozen for so many members, and the seconds that the freeze took."""
    audiences = load(REPOSITORY, {}).all_audiences()
    fill(database, people)
    prepared = prepare(REPOSITORY, BRIEF, audiences, public_url=PUBLIC_URL)
    proposal = propose(database, prepared, audiences, "ses")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        campaign = freeze(database, proposal, FolderPublisher(Path(folder)), Terms()).campaign
    return campaign, time.perf_counter() - started


def send_all(
    database: Database, campaign: Campaign, mailer: Mailer, people: int, calls_in_flight: int, rate_share: float
) -> Figures:
    """Send to everybody who waits."""
    options = SendOptions(
        public_url=PUBLIC_URL,
        claim_seconds=60,
        grace_seconds=900,
        settle_seconds=0,
        rate_share=rate_share,
        calls_in_flight=calls_in_flight,
        max_bounce_rate=0.05,
        max_complaint_rate=0.003,
        rates_after=200,
        complaints_after=3,
    )
    context = SendContext(database, mailer, None, options)
    watch = Watch(lambda _: None, lambda: False, lambda _: False)

    def run() -> None:
        ended = send(context, campaign, mailer.account(), watch)
        # A figure of an unfinished run is none; another process of the same send may still be at work.
        assert ended.state in (CampaignState.FINISHED, CampaignState.SENDING), ended

    return measured(people, run)


def fill(database: Database, people: int) -> None:
    """Members of the center's list."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(1, people + 1, 5_000):
        numbers = range(start, min(people + 1, start + 5_000))
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
        ties = {"member_list": "center", "state": "subscribed", "since": now, "source": "bench"}
        with database.writing() as connection:
            connection.execute(members.insert(), rows)
            connection.execute(subscriptions.insert(), [{"member_id": number, **ties} for number in numbers])


# --- the bare loops: the same mail, without any ledger ------------------------------------------------------------


def edition() -> dict[str, str]:
    """Subject, html and text of the seed brief, as frozen for the center."""
    prepared = prepare(REPOSITORY, BRIEF, load(REPOSITORY, {}).all_audiences(), public_url=PUBLIC_URL)
    rendered = prepared.editions["center"]
    return {"Subject": rendered.subject, "Html": rendered.html, "Text": rendered.text}


def headers(number: int) -> list[dict[str, str]]:
    """What every mail to a list carries."""
    return [
        {"Name": "List-Unsubscribe", "Value": f"<{PUBLIC_URL}/u/{number:035}>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        {"Name": "List-Id", "Value": "<center.example.org>"},
    ]


def tags(number: int) -> list[dict[str, str]]:
    """As dispatch tags each mail."""
    return [{"Name": "campaign", "Value": "c" * 32}, {"Name": "delivery", "Value": f"{number:032x}"}]


def naive(people: int) -> Figures:
    """boto3's send_email in a loop, one person after the other, as most scripts do it."""
    client: Any = boto3.client("sesv2")
    content = edition()
    body = {"Html": {"Data": content["Html"]}, "Text": {"Data": content["Text"]}}

    def run() -> None:
        for number in range(people):
            simple = {"Subject": {"Data": content["Subject"]}, "Body": body, "Headers": headers(number)}
            client.send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"reader{number}@example.org"]},
                Content={"Simple": simple},
                EmailTags=tags(number),
            )

    return measured(people, run)


def bulk(people: int, *, validates: bool = True) -> Figures:
    """boto3's send_bulk_email in a loop, 50 people a call."""
    client: Any = boto3.client("sesv2", config=Config(parameter_validation=validates))
    template = {"TemplateContent": edition(), "TemplateData": "{}"}

    def entry(number: int) -> dict[str, Any]:
        data = json.dumps({"html_name": f"Reader {number}", "href_unsubscribe_url": f"{PUBLIC_URL}/u/{number:035}"})
        return {
            "Destination": {"ToAddresses": [f"reader{number}@example.org"]},
            "ReplacementTags": tags(number),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": headers(number),
        }

    def run() -> None:
        for start in range(0, people, 50):
            client.send_bulk_email(
                FromEmailAddress=SENDER,
                DefaultContent={"Template": template},
                BulkEmailEntries=[entry(number) for number in range(start, min(people, start + 50))],
            )

    return measured(people, run)


def main(kind: str, *arguments: str) -> Figures:
    """The measurement of that name."""
    if kind == "naive":
        return naive(int(arguments[0]))
    if kind in ("bulk", "bulk-unchecked"):
        return bulk(int(arguments[0]), validates=kind == "bulk")
    url, people = arguments[0], int(arguments[1])
    with Database.open(url) as database:
        if kind == "join":
            with database.reading() as connection:
                (campaign,) = campaigns.all_campaigns(connection)
            seconds = 0.0
        else:
            campaign, seconds = freeze_all(database, people)
        found = {"freeze_seconds": seconds}
        if kind != "freeze":
            mailer = SesMailer(region="us-east-1", configuration_set="dispatch", timeout_seconds=30)
            found |= send_all(database, campaign, mailer, people, int(arguments[2]), float(arguments[3]))
        return found


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
