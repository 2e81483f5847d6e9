"""Message: an Edition addressed to one Member; built at the claim, sent, not stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.compose import merge
from dispatch.model.edition import Edition, Letter
from dispatch.model.message import Message
from dispatch.model.mime import sender_address
from dispatch.store.campaigns import FrozenEdition
from dispatch.store.claims import Claim
from dispatch.tokens import TokenKind, sign, unsubscribe_url


@dataclass(frozen=True, slots=True)
class PreparedEdition:
    """A frozen Edition made ready: split once, then filled for each person."""

    letter: Letter
    sender: str
    reply_to: str
    #: the List-Id header (RFC 2919)
    list_id: str


def prepare_edition(frozen: FrozenEdition) -> PreparedEdition:
    """Return what every Message of a frozen Edition shares."""
    edition = Edition(
        audience=frozen.audience,
        subject=frozen.subject,
        preheader=frozen.preheader,
        html=frozen.html,
        text=frozen.text,
        web_html="",
    )
    return PreparedEdition(
        merge.letter(edition), frozen.sender, frozen.reply_to, list_id_of(frozen.member_list, frozen.sender)
    )


def list_id_of(member_list: str, sender: str) -> str:
    """Return the List-Id of a member list: its name under the sender's domain, in ASCII (RFC 2919 section 2).

    Raise ValueError for a sender without an address.
    """
    domain = sender_address(sender).rpartition("@")[2]
    return f"<{member_list}.{domain}>"


def headers_of(url: str, list_id: str) -> tuple[tuple[str, str], ...]:
    """Return the headers that every bulk message carries, List-Unsubscribe before -Post (RFC 8058 section 3.1)."""
    return (
        ("List-Unsubscribe", f"<{url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", list_id),
    )


def messages(
    claims: Sequence[Claim], editions: Mapping[int, PreparedEdition], token_key: bytes, public_url: str
) -> list[Message]:
    """Return the Messages of claimed Deliveries, in their order."""
    made = []
    for claim in claims:
        edition = editions[claim.edition_id]
        url = unsubscribe_url(public_url, sign(token_key, TokenKind.READER, claim.delivery_id))
        made.append(
            Message(
                delivery_id=claim.delivery_id,
                campaign_id=claim.campaign_id,
                to=claim.envelope,
                sender=edition.sender,
                reply_to=edition.reply_to,
                letter=edition.letter,
                values=merge.values(edition.letter, claim.values, {"unsubscribe_url": url}),
                headers=headers_of(url, edition.list_id),
            )
        )
    return made
