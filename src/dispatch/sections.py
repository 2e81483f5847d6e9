"""Every setting: its section, its kind and its default; docs/settings.md explains them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dispatch.model.brand import Audience, Brand, Palette

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
OneLine = Annotated[str, Field(pattern=r"^[^\r\n]*$")]


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
    public_url: OneLine = ""

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
    #: people of a new audience who go first, spread over the mail providers; the others wait for what becomes of them
    canary: Annotated[int, Field(ge=0, le=1000)] = 0
    #: longest wait for what becomes of them, in seconds
    canary_wait_seconds: Annotated[int, Field(ge=0, le=86400)] = 600
    #: ask the public address, before real mail leaves, whether it unsubscribes and shows the pictures
    check_public_url: bool = True
    #: share of the granted rate that dispatch takes
    rate_share: Annotated[float, Field(gt=0, le=1)] = 0.9
    #: calls to the provider at the same time; 0 for as many as the granted rate needs
    calls_in_flight: Annotated[int, Field(ge=0, le=64)] = 0
    #: a Campaign stops by itself above this share of hard bounces
    max_bounce_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    #: a Campaign stops by itself above this share of complaints
    max_complaint_rate: Annotated[float, Field(gt=0, le=1)] = 0.003
    #: the two rates count from this number of accepted messages on
    rates_after: Annotated[int, Field(ge=1)] = 200
    #: and complaints from this number of them on
    complaints_after: Annotated[int, Field(ge=1)] = 3


class SesSettings(Section):
    """[ses]: Amazon SES and the queue of its events."""

    region: OneLine = "us-east-1"
    configuration_set: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "dispatch"
    #: the SQS queue that the configuration set's events arrive in
    queue_url: OneLine = ""
    #: seconds for which an event that was taken from the queue and not stored is hidden from others
    hidden_seconds: Annotated[int, Field(ge=1, le=300)] = 5
    #: seconds to wait for SES's answer to one call
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30


class PicturesSettings(Section):
    """[pictures]: where published pictures lie; readers reach them at <web.public_url>/i/."""

    #: an S3 bucket behind a CDN that answers at that address; "" keeps them for `dispatch serve`
    bucket: OneLine = ""
    #: what stands before a picture's name in the bucket
    prefix: OneLine = "i/"
    #: the bucket's region; "" takes that of [ses]
    region: OneLine = ""


class SmtpSettings(Section):
    """[smtp]: another mail server."""

    host: OneLine = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    username: str = ""
    password: str = ""
    #: `starttls`, `tls`, or `none` for a server on this computer
    security: Literal["starttls", "tls", "none"] = "starttls"
    max_per_second: Annotated[float, Field(gt=0)] = 5.0
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = 30


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
    website: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
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
    sender: Annotated[OneLine, Field(alias="from")]
    reply_to: OneLine = ""
    priority: int = 0
    why: OneLine = ""

    @field_validator("sender", "reply_to")
    @classmethod
    def _is_mailbox(cls, value: str) -> str:
        from dispatch.model.mailbox import mailbox_header

        if value:
            mailbox_header(value)
        return value


class Settings(Section):
    """All settings of a workspace."""

    #: "" keeps the database in the workspace, in .dispatch/dispatch.db; else an SQLAlchemy URL
    database_url: str = ""
    #: the time zone of dates and times that people read and type
    timezone: str = "UTC"
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
        except (ZoneInfoNotFoundError, ValueError) as err:
            raise ValueError("write it as America/New_York") from err
        return value

    @model_validator(mode="after")
    def _audiences_have_brands(self) -> Self:
        for slug, audience in self.audiences.items():
            if audience.brand not in self.brands:
                raise ValueError(f"audiences.{slug}.brand names {audience.brand!r}, and there is no such brand")
        return self

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
