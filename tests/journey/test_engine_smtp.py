"""A send by SMTP against a real server: one recipient who is refused for now holds up nobody and is not lost."""

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


def test_who_is_refused_for_now_holds_up_nobody_and_can_be_mailed_later(journey: Journey, greylist: Greylist) -> None:
    people = [f"reader{number}@example.org" for number in range(6)]
    journey.write_members("center", dict.fromkeys(people, "Reader"))
    journey.write_brief("2026-03-01-grey", "A grey brief")
    greylist.put_off = {people[0]: 3, people[3]: 1}
    sent = journey.run_json("send", "grey", "--yes", status=1)
    assert (sent["state"], sent["submitted"], sent["failed"], sent["uncertain"]) == ("finished", 5, 1, 0)
    assert sorted(greylist.taken) == people[1:]
    (failed,) = journey.run_json("show", "grey")["people"]["failed"]
    assert failed["address"] == people[0]
    assert failed["known"] == "450 4.2.0 Greylisted, come back later (refused for now, 3 times)"

    again = journey.run_json("send", "grey", "--only", people[0], "--yes")
    assert (again["submitted"], again["failed"]) == (6, 0)
    assert sorted(greylist.taken) == people
