"""Every setting: its section, its kind and its default; docs/settings.md explains them."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from dispatch.model.brand import Audience, Brand, Palette

#: what a name must be quoted for before an address (RFC 5322 section 3.2.3, specials)
_SPECIALS = re.compile(r'[,;:@()<>\[\]\\"]')


def _web_address(value: str) -> str:
    """Take "" for none, or an http or https address. Raise ValueError."""
    try:
        parts = urlsplit(value)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if value and (not is_one or re.search(r"\s", value)):
        raise ValueError("write it as https://www.example.org")
    return value


def _host(value: str) -> str:
    """Take "" for none, or the name or the address of a computer. Raise ValueError."""
    try:
        value.encode("idna")
    except UnicodeError as err:
        raise ValueError("write it as mail.example.org") from err
    if re.search(r"[\s/@]", value):
        raise ValueError("write it as mail.example.org")
    return value


def _mailbox(value: str) -> str:
    """Take "" for none, or one address with or without a name. Raise ValueError."""
    from dispatch.audience.addresses import BadAddress, read_mailbox

    if not value:
        return value
    name, bracket, address = (part.strip() for part in value.rpartition("<"))
    is_quoted = re.fullmatch(r'"(?:[^"\\]|\\.)*"', name)
    if bracket and not is_quoted and _SPECIALS.search(name):
        quoted = name.replace("\\", "").replace('"', "")
        raise ValueError(f"put the name in quotes: '\"{quoted}\" <{address}'")
    found = read_mailbox(value)
    if reason := found.reason if isinstance(found, BadAddress) else "":
        raise ValueError(f"write it as: Name <address@domain>. {reason}")
    return value


def _some(value: str) -> str:
    """Take anything but "". Raise ValueError."""
    if not value:
        raise ValueError("it must not be empty")
    return value


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
#: text without line breaks and other control characters
OneLine = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$", max_length=2000)]
WebAddress = Annotated[OneLine, AfterValidator(_web_address)]
Mailbox = Annotated[OneLine, AfterValidator(_mailbox)]
Host = Annotated[OneLine, AfterValidator(_host)]
#: a share of all, above none
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
#: the name of an AWS region
Region = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
#: a number of people or messages
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Section(BaseModel):
    """A part of the settings; knows its keys and takes no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MailSettings(Section):
    """[mail]: how mail leaves."""

    #: `practice`: nothing leaves this computer; `ses`: Amazon SES; `smtp`: another server
    transport: Literal["practice", "ses", "smtp"] = "practice"


class WebSettings(Section):
    """[web]: the pages that readers reach."""

    #: the https address of `dispatch serve` as readers see it, without a slash at the end
    public_url: WebAddress = ""
    #: real mail with an address that is not https: for tests only
    allow_http: bool = False

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")


class SendSettings(Section):
    """[send]: how a Campaign is sent."""

    #: seconds in which nothing has left after the confirmation
    hold_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    #: seconds for which a claim is good
    claim_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    #: seconds after a call of unknown outcome before sending again is considered
    grace_seconds: Annotated[int, Field(ge=1, le=7 * 86400)] = 900
    #: longest wait for events after the last call, in seconds
    settle_seconds: Annotated[int, Field(ge=0, le=86400)] = 60
    #: real mail wants a Proof since the last change of content
    require_proof: bool = True
    #: real mail to example.com, example.org and the like: for tests only
    allow_example_domains: bool = False
    #: send again by itself to people whose call is of unknown outcome after the grace, if events are proven to flow
    resend_unknown: bool = False
    #: people of a new audience who go first, spread over the mail providers; the others wait for their outcome
    canary: Annotated[int, Field(ge=0, le=1000)] = 0
    #: longest wait for their outcome, in seconds
    canary_wait_seconds: Annotated[int, Field(ge=0, le=86400)] = 600
    #: ask the public address, before real mail leaves, whether it unsubscribes and shows the pictures
    check_public_url: bool = True
    #: share of the granted rate that dispatch takes
    rate_share: Share = 0.9
    #: calls to the provider at the same time; 0 for as many as the granted rate needs
    calls_in_flight: Annotated[int, Field(ge=0, le=64)] = 0
    #: a Campaign stops by itself above this share of hard bounces
    max_bounce_rate: Share = 0.05
    #: a Campaign stops by itself above this share of complaints
    max_complaint_rate: Share = 0.003
    #: the two rates count from this number of accepted messages on
    rates_after: Count = 200
    #: and complaints from this number of them on
    complaints_after: Count = 3


class SesSettings(Section):
    """[ses]: Amazon SES and the queue of its events."""

    region: Region = "us-east-1"
    configuration_set: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "dispatch"
    #: the SQS queue that the configuration set's events arrive in
    queue_url: WebAddress = ""
    #: seconds for which an event that was taken from the queue and not stored is hidden from others
    hidden_seconds: Annotated[int, Field(ge=1, le=300)] = 5
    #: seconds to wait for SES's answer to one call
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30


class PicturesSettings(Section):
    """[pictures]: where published pictures lie; readers reach them at <web.public_url>/i/."""

    #: an S3 bucket behind a CDN that answers at that address; "" keeps them for `dispatch serve`
    bucket: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    #: what stands before a picture's name in the bucket
    prefix: OneLine = "i/"
    #: the bucket's region; "" takes that of [ses]
    region: Region | Literal[""] = ""


class SmtpSettings(Section):
    """[smtp]: another mail server."""

    host: Host = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    username: OneLine = ""
    password: OneLine = ""
    #: `starttls`, `tls`, or `none` for a server on this computer
    security: Literal["starttls", "tls", "none"] = "starttls"
    max_per_second: Annotated[float, Field(gt=0, le=100_000)] = 5.0
    #: connections that each process opens at the same time
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30
    #: minutes before a recipient is tried again whose server asks for it; every further wait is twice as long
    greylist_minutes: Annotated[float, Field(gt=0, le=1440)] = 5.0
    #: hours after the first try when the last one is made
    greylist_hours: Annotated[float, Field(ge=0, le=168)] = 4.0


class PaletteSettings(Section):
    """The colours of a Brand in one light, each #rrggbb."""

    paper: Colour
    card: Colour
    text: Colour
    heading: Colour
    accent: Colour
    secondary: Colour
    rule: Colour
    tint: Colour


class BrandSettings(Section):
    """[brands.NAME]: how one organisation looks and signs."""

    name: OneLine
    website: Annotated[WebAddress, AfterValidator(_some)]
    postal_address: OneLine = ""
    wordmark: OneLine = ""
    wordmark_dark: OneLine = ""
    light: PaletteSettings
    dark: PaletteSettings


class AudienceSettings(Section):
    """[audiences.NAME]: a member list under a Brand."""

    name: OneLine
    member_list: Annotated[Slug, Field(alias="list")]
    brand: Slug
    sender: Annotated[Mailbox, AfterValidator(_some), Field(alias="from")]
    reply_to: Mailbox = ""
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    why: OneLine = ""


class Settings(Section):
    """All settings of a workspace."""

    #: "" keeps the database in the workspace, in .dispatch/dispatch.db; else an SQLAlchemy URL
    database_url: OneLine = ""
    #: the time zone of dates and times that people read and type
    timezone: OneLine = "UTC"
    mail: MailSettings = MailSettings()
    web: WebSettings = WebSettings()
    send: SendSettings = SendSettings()
    ses: SesSettings = SesSettings()
    smtp: SmtpSettings = SmtpSettings()
    pictures: PicturesSettings = PicturesSettings()
    brands: dict[Slug, BrandSettings] = {}
    audiences: dict[Slug, AudienceSettings] = {}

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        # A folder of the time zone data ("America") is an OSError.
        except (ZoneInfoNotFoundError, ValueError, OSError) as err:
            raise ValueError("write it as America/New_York") from err
        return value

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield what settings say against one another: the setting to change, and a sentence."""
        lists: dict[str, str] = {}
        for slug, audience in self.audiences.items():
            if audience.brand not in self.brands:
                said = f"audiences.{slug}.brand names {audience.brand!r}, and there is no such brand"
                yield f"audiences.{slug}.brand", said
            other = lists.setdefault(audience.member_list, slug)
            if other != slug:
                said = f"audiences.{slug}.list names {audience.member_list!r}, which is the list of {other!r} already"
                yield f"audiences.{slug}.list", said

    def all_audiences(self) -> tuple[Audience, ...]:
        """The Audiences, the highest priority first."""
        made = [self._audience(slug) for slug in self.audiences]
        return tuple(sorted(made, key=lambda audience: (-audience.priority, audience.slug)))

    def _audience(self, slug: str) -> Audience:
        audience = self.audiences[slug]
        brand = self.brands[audience.brand]
        light, dark = Palette(**brand.light.model_dump()), Palette(**brand.dark.model_dump())
        words = brand.model_dump(exclude={"light", "dark"})
        return Audience(
            slug=slug,
            brand=Brand(slug=audience.brand, light=light, dark=dark, **words),
            **audience.model_dump(exclude={"brand"}),
        )
