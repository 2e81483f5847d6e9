"""A Message that could do harm in a header or an envelope does not travel; an ordinary one does."""

import pytest

from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Field, Letter
from dispatch.model.message import Message, fault_of

LETTER = Letter(("For ", Field("subject_name")), ("<p></p>",), ("text",))


def fault(
    to: str = "ann@example.com",
    *,
    sender: str = "The Center <news@example.com>",
    reply_to: str = "",
    name: str = "Zoë\u00a0O'Neil",
    header: tuple[str, str] = ("List-Id", "<center.example.com>"),
) -> str:
    made = Message(
        DeliveryId("d"), CampaignId("c"), to, sender, reply_to, LETTER, {"subject_name": name}, headers=(header,)
    )
    return fault_of(made)


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.com",
        "a.b+c_d-e@xn--exmple-cua.org",
        "o'neil!#$%&*/=?^`{|}~@a-b.example.org",
        "a@" + "b" * 63 + ".org",
    ],
)
def test_ordinary_addresses_travel(to: str) -> None:
    assert fault(to) == ""


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example.com\n",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann@example.com,bob@example.com",
        "Ann <ann@example.com>",
        "zoë@example.com",
        "ann@exämple.org",
        "a b@example.com",
        "ann@-example.com",
        "ann@example.com.",
        "a" * 65 + "@example.com",
        "ann@" + "b" * 260 + ".org",
    ],
)
def test_addresses_that_could_do_harm_do_not(to: str) -> None:
    assert "address" in fault(to)


@pytest.mark.parametrize(
    "header",
    [
        ("List-Id", ""),
        ("List-Id", "a\r\nBcc: b"),
        ("List-Id", "a\x00"),
        ("List-Id", "ë"),
        ("List-Id", "x" * 996),
        ("x" * 20, "x" * 980),
        ("", "a"),
        ("List Id", "a"),
        ("List:Id", "a"),
        ("List-Id\n", "a"),
        ("x" * 127, "a"),
    ],
)
def test_headers_that_could_do_harm_do_not(header: tuple[str, str]) -> None:
    assert "header" in fault(header=header)


def test_the_longest_header_travels() -> None:
    assert fault(header=("x", "y" * 995)) == ""


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\x00b", "a\x85b"])
def test_control_characters_in_the_other_headers_do_not(bad: str) -> None:
    assert fault(sender=bad).startswith("From")
    assert fault(reply_to=bad).startswith("Reply-To")
    assert fault(name=bad).startswith("Subject")
