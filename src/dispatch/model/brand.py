"""Brand and Audience: who signs, and whom a Brief can go to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one Brand in one light, each `#rrggbb`."""

    paper: str
    card: str
    text: str
    heading: str
    accent: str
    secondary: str
    rule: str
    tint: str


@dataclass(frozen=True, slots=True)
class Brand:
    """How one organisation looks and signs."""

    #: the word used in settings and file names, such as `center`
    slug: str
    #: the full name, as it signs
    name: str
    #: the website, https
    website: str
    #: one line; real mail refuses to go without it (CAN-SPAM, 15 U.S.C. 7704(a)(5)(A)(iii))
    postal_address: str
    light: Palette
    dark: Palette
    #: picture of the wordmark, relative to the workspace
    wordmark: str = ""
    #: the same for dark backgrounds; "" uses `wordmark`
    wordmark_dark: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a Brief can go to: a member list under a Brand."""

    #: `center` or `coalition`, the word of `--to`
    slug: str
    #: how people call it, such as "Center"
    name: str
    #: the member list
    member_list: str
    brand: Brand
    #: the From header, `Name <address>`
    sender: str
    #: the Reply-To header, "" for none
    reply_to: str = ""
    #: who is on several lists gets the Edition of the highest priority
    priority: int = 0
    #: one sentence for the footer: why the reader gets this
    why: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A mail-ready picture: what `images` made of a Figure's file or of a wordmark."""

    #: name by content hash, such as `3f2a…c1.jpg`; its address is `<public_url>/i/<name>`
    name: str
    #: hash of the source file's bytes (SHA-256, hex)
    source_hash: str
    width_px: int
    height_px: int
    data_bytes: int
    #: `image/jpeg` or `image/png`
    media_type: str
    #: the encoded bytes, ready to publish
    data: bytes = field(repr=False, default=b"")
