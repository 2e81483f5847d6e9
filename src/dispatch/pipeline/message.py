"""Message: an Edition addressed to one Member; built at the claim, sent, not stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.compose import merge
from dispatch.links import TokenKind, sign, unsubscribe_url
from dispatch.model.edition import Edition, Letter
from dispatch.model.message import Message
from dispatch.store.campaigns import FrozenEdition
from dispatch.store.claims import Claim


@dataclass(frozen=True, slots=True)
class Stationery:
    """A frozen Edition made ready: split once, then joined for each person."""

    letter: Letter
    sender: str
    reply_to: str
    #: the List-Id header (RFC 2919)
    list_id: str


def stationery(frozen: FrozenEdition) -> Stationery:
    """What every Message of a frozen Edition shares."""
    edition = Edition(
        audience=frozen.audience,
        subject=frozen.subject,
        preheader=frozen.preheader,
        html=frozen.html,
        text=frozen.text,
        web_html="",
    )
    return Stationery(
        merge.letter(edition), frozen.sender, frozen.reply_to, list_id_of(frozen.member_list, frozen.sender)
    )


def list_id_of(member_list: str, sender: str) -> str:
    """The List-Id of a member list: its name under the sender's domain (RFC 2919 section 2)."""
    domain = sender.rpartition("@")[2].rstrip("> ")
    return f"<{member_list}.{domain}>"


def headers_of(url: str, list_id: str) -> tuple[tuple[str, str], ...]:
    """The headers that every bulk mail carries, List-Unsubscribe before -Post (RFC 8058 section 3.1)."""
    return (
        ("List-Unsubscribe", f"<{url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", list_id),
    )


def messages(
    claims: Sequence[Claim], stationeries: Mapping[int, Stationery], token_key: bytes, public_url: str
) -> list[Message]:
    """The Messages of claimed Deliveries, in their order."""
    made = []
    for claim in claims:
        paper = stationeries[claim.edition_id]
        url = unsubscribe_url(public_url, sign(token_key, TokenKind.READER, claim.delivery_id))
        made.append(
            Message(
                delivery_id=claim.delivery_id,
                campaign_id=claim.campaign_id,
                to=claim.envelope,
                sender=paper.sender,
                reply_to=paper.reply_to,
                letter=paper.letter,
                values=merge.values(paper.letter, claim.values, {"unsubscribe_url": url}),
                headers=headers_of(url, paper.list_id),
            )
        )
    return made
