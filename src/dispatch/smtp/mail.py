"""Mail: a Message as it travels by SMTP (RFC 5322, MIME)."""

from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

from dispatch.model.message import Message, fault_of

#: quoted-printable takes its lines' length from here (RFC 2045 section 6.7: 76 characters)
_POLICY = SMTP.clone(max_line_length=76)


def mail_of(message: Message) -> bytes:
    """The mail as it travels: 7-bit, no line over 998 characters (RFC 5321 section 4.5.3.1.6).

    Raises ValueError for what cannot stand in a header.
    """
    if fault := fault_of(message):
        raise ValueError(fault)
    mail = EmailMessage(policy=_POLICY)
    name, sender = parseaddr(message.sender)
    mail["From"] = HeaderAddress(name, addr_spec=sender)
    mail["To"] = message.to
    if message.reply_to:
        mail["Reply-To"] = message.reply_to
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    tags = f"campaign={message.campaign_id}, delivery={message.delivery_id}"
    # Written as they are: a folded List-Unsubscribe has broken signatures, and Python's folding would turn a long
    # address into an encoded word.
    lines = [f"{name}: {value}\r\n" for name, value in (*message.headers, ("X-SES-MESSAGE-TAGS", tags))]
    return "".join(lines).encode("ascii") + mail.as_bytes()
