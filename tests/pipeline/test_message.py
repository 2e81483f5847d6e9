"""What the headers of a Message say of the list it goes to."""

from datetime import UTC, datetime

import pytest

from dispatch.model.delivery import CampaignId, DeliveryId
from dispatch.model.edition import Letter
from dispatch.model.message import Message
from dispatch.model.mime import mime_of
from dispatch.pipeline.message import headers_of, list_id_of


@pytest.mark.parametrize(
    ("sender", "list_id"),
    [
        ("The Center <news@example.org>", "<center.example.org>"),
        ("news@example.org", "<center.example.org>"),
        ("Center, Inc. <news@example.org>", "<center.example.org>"),
        ("Krištof <news@büro.example>", "<center.xn--bro-hoa.example>"),
    ],
)
def test_the_list_id_is_the_list_under_the_senders_domain_in_ascii(sender: str, list_id: str) -> None:
    assert list_id_of("center", sender) == list_id


def test_a_message_of_a_sender_with_an_international_domain_can_travel() -> None:
    sender = "The Center <news@büro.example>"
    message = Message(
        delivery_id=DeliveryId("d"),
        campaign_id=CampaignId("c"),
        to="ann@example.com",
        sender=sender,
        reply_to="",
        letter=Letter(("S",), ("<p>H</p>",), ("T",)),
        values={},
        headers=headers_of("https://news.example.org/u/1", list_id_of("center", sender)),
    )

    assert b"List-Id: <center.xn--bro-hoa.example>\r\n" in mime_of(message, datetime(2026, 11, 24, tzinfo=UTC))
