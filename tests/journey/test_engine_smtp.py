"""A send by SMTP against a real server: whose server asks for a later try holds up nobody, and is not lost."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fixtures_journey import Journey


@dataclass
class Greylist:
    """A server that puts some recipients off."""

    #: address -> how often it is put off
    put_off: dict[str, int] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    #: sessions that began, and those that ended with a goodbye
    sessions: list[Session] = field(default_factory=list)
    goodbyes: int = 0

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions.append(session)
        return responses

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.goodbyes += 1
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        left = self.put_off.get(address, 0)
        if left:
            self.put_off[address] = left - 1
            return "450 4.2.0 Greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.taken += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def greylist(journey: Journey) -> Iterator[Greylist]:
    """A workspace that mails by this server."""
    made = Greylist()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(made, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    journey.environ |= {
        "DISPATCH_MAIL__TRANSPORT": "smtp",
        "DISPATCH_SMTP__HOST": "127.0.0.1",
        "DISPATCH_SMTP__PORT": str(port),
        "DISPATCH_SMTP__SECURITY": "none",
        "DISPATCH_SMTP__MAX_PER_SECOND": "50",
        "DISPATCH_SMTP__GREYLIST_MINUTES": "0.005",
        "DISPATCH_SMTP__GREYLIST_HOURS": "0.001",
        "DISPATCH_WEB__PUBLIC_URL": "http://127.0.0.1:9",
        "DISPATCH_WEB__ALLOW_HTTP": "true",
        "DISPATCH_BRANDS__CENTER__POSTAL_ADDRESS": "1 Example Street, City",
        "DISPATCH_BRANDS__COALITION__POSTAL_ADDRESS": "2 Example Street, City",
        "DISPATCH_SEND__ALLOW_EXAMPLE_DOMAINS": "true",
        "DISPATCH_SEND__REQUIRE_PROOF": "false",
        "DISPATCH_SEND__CHECK_PUBLIC_URL": "false",
    }
    yield made
    controller.stop()
    journey.environ["DISPATCH_MAIL__TRANSPORT"] = "practice"


def test_who_is_to_be_tried_later_is_waited_for_and_refused_in_the_end_with_the_servers_words(
    journey: Journey, greylist: Greylist
) -> None:
    people = [f"reader{number}@example.org" for number in range(6)]
    journey.write_members("center", dict.fromkeys(people, "Reader"))
    journey.write_brief("2026-03-01-grey", "A grey brief")
    greylist.put_off = {people[0]: 1_000, people[3]: 2}
    sent = journey.run_json("send", "grey", "--yes", status=1)
    assert (sent["state"], sent["submitted"], sent["failed"], sent["uncertain"]) == ("finished", 5, 1, 0)
    assert sorted(greylist.taken) == people[1:]
    (failed,) = journey.run_json("show", "grey")["people"]["failed"]
    assert failed["address"] == people[0]
    assert failed["known"] == "450 4.2.0 Greylisted, come back later (tried again for 0.06 min)"

    greylist.put_off = {}
    again = journey.run_json("send", "grey", "--only", people[0], "--yes")
    assert (again["submitted"], again["failed"]) == (6, 0)
    assert sorted(greylist.taken) == people
    # Every session ended with a goodbye, those between two tries included.
    assert greylist.goodbyes == len(greylist.sessions) > 2
