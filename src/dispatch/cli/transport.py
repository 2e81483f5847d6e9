"""Transport: what a command needs to mail by `practice`, `ses` or `smtp`, put together from the settings."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import click

from dispatch.cli.context import Context

if TYPE_CHECKING:
    from dispatch.pipeline.options import SendOptions
    from dispatch.pipeline.ports import Mailer, Notifications, Publisher
    from dispatch.pipeline.preflight.setup import Setup
    from dispatch.store.database import Database


@dataclass
class Transport:
    """Everything that mailing needs."""

    #: `practice`, `ses` or `smtp`
    name: str
    database: "Database"
    mailer: "Mailer"
    publisher: "Publisher"
    #: the queue of events; None where there is none
    notifications: "Notifications | None"
    #: the address at which readers reach our pages
    public_url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mailer.close()
        self.database.close()


def use_transport(context: Context) -> Transport:
    """Return the transport that the settings name, open until the running command ends."""
    return click.get_current_context().with_resource(open_transport(context))


def open_transport(context: Context) -> Transport:
    """Return the transport that the settings name, open; in practice the practice server is started.

    Raise SettingsError, StoreError, ProviderError.
    """
    settings = context.settings
    public_url = settings.web.public_url
    queue_url = settings.ses.queue_url
    configuration_set = settings.ses.configuration_set
    if context.is_practice:
        from dispatch.cli.practice import ensure_running, owner_of

        running = ensure_running(context)
        public_url, queue_url, configuration_set = running.url, running.queue_url, running.configuration_set
        point_at_practice(running.url, owner_of(context))
    return Transport(
        name=settings.mail.transport,
        database=context.open_database(),
        mailer=_mailer(context, configuration_set),
        publisher=_publisher(context),
        notifications=open_notifications(context, queue_url) if settings.mail.transport != "smtp" else None,
        public_url=public_url,
    )


def open_notifications(context: Context, queue_url: str) -> "Notifications | None":
    """The queue of events; None where the settings name none."""
    if not queue_url:
        return None
    from dispatch.aws.queue import SqsNotifications

    ses = context.settings.ses
    return SqsNotifications(region=ses.region, queue_url=queue_url, hidden_seconds=ses.hidden_seconds)


def point_at_practice(url: str, owner: str) -> None:
    """Turn every AWS call of this process to the practice server of a workspace, whatever the environment says.

    No proxy is asked for what is on this computer; other addresses, such as the links of a brief, keep theirs.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL=url,
        AWS_ENDPOINT_URL_SESV2=url,
        AWS_ENDPOINT_URL_SQS=url,
        AWS_ACCESS_KEY_ID=f"practice-{owner}",
        AWS_SECRET_ACCESS_KEY="practice",  # noqa: S106 - the practice server's own, known to everybody
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    # Python reads the name in small letters before the other.
    past_proxies = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if "127.0.0.1" not in past_proxies.split(","):
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{past_proxies},127.0.0.1,localhost".removeprefix(",")


def _publisher(context: Context) -> "Publisher":
    """Into the folder that `dispatch serve` shows; real mail's pictures into S3 where the settings name a bucket."""
    settings = context.settings
    if settings.pictures.bucket and not context.is_practice:
        from dispatch.aws.pictures import S3Publisher

        return S3Publisher(
            region=settings.pictures.region or settings.ses.region,
            bucket=settings.pictures.bucket,
            prefix=settings.pictures.prefix,
        )
    from dispatch.files import FolderPublisher

    return FolderPublisher(context.public_folder)


def _mailer(context: Context, configuration_set: str) -> "Mailer":
    settings = context.settings
    if settings.mail.transport == "smtp":
        from dispatch.smtp import SmtpMailer

        return SmtpMailer(
            host=settings.smtp.host,
            port=settings.smtp.port,
            security=settings.smtp.security,
            username=settings.smtp.username,
            password=settings.smtp.password,
            max_per_second=settings.smtp.max_per_second,
            timeout_seconds=settings.smtp.timeout_seconds,
            connections=settings.smtp.connections,
            greylist_minutes=settings.smtp.greylist_minutes,
            greylist_hours=settings.smtp.greylist_hours,
        )
    from dispatch.aws.mailer import SesMailer

    return SesMailer(
        region=settings.ses.region,
        configuration_set=configuration_set,
        timeout_seconds=settings.ses.timeout_seconds,
    )


def setup_of(context: Context, transport: Transport) -> "Setup":
    """Return what the rules of sending look at."""
    from dispatch.pipeline.preflight.setup import Rules, Setup
    from dispatch.settings import SETTINGS_FILE

    send = context.settings.send
    return Setup(
        transport=transport.name,
        database=transport.database,
        mailer=transport.mailer,
        publisher=transport.publisher,
        public_url=transport.public_url,
        has_queue=transport.notifications is not None,
        rules=Rules(
            settings_file=str(context.workspace / SETTINGS_FILE),
            claim_seconds=send.claim_seconds,
            grace_seconds=send.grace_seconds,
            require_proof=send.require_proof,
            allow_example_domains=send.allow_example_domains,
            allow_http=context.settings.web.allow_http,
            check_public_url=send.check_public_url,
        ),
    )


def send_options(context: Context, public_url: str) -> "SendOptions":
    """The settings of a send."""
    from dispatch.pipeline.options import SendOptions

    send = context.settings.send
    return SendOptions(
        public_url=public_url,
        claim_seconds=send.claim_seconds,
        grace_seconds=send.grace_seconds,
        settle_seconds=send.settle_seconds,
        rate_share=send.rate_share,
        calls_in_flight=send.calls_in_flight,
        max_bounce_rate=send.max_bounce_rate,
        max_complaint_rate=send.max_complaint_rate,
        rates_after=send.rates_after,
        complaints_after=send.complaints_after,
        canary_wait_seconds=send.canary_wait_seconds,
    )
