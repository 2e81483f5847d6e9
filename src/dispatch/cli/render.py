"""`dispatch render`: both Editions as files, with merge tokens, and one filled for a sample member."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.context import Context, pass_workspace

if TYPE_CHECKING:
    from dispatch.model.brand import Audience
    from dispatch.model.edition import Edition

SAMPLE = {"name": "Sample Member", "email": "sample.member@example.org"}


@click.command("render")
@click.argument("brief", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write into; made if it is not there.",
)
@pass_workspace
def render_command(context: Context, brief: str | None, out: Path) -> None:
    """Write every edition of a brief as files.

    For each audience: .html, .txt and .mjml with merge tokens such as [[name]], and .eml, a whole message filled
    for a sample member, byte for byte as it would be sent, which any mail program opens.
    """
    from dispatch.cli.context import find_brief, public_url
    from dispatch.pipeline.prepare import prepare

    url = public_url(context)
    audiences = context.settings.all_audiences()
    prepared = prepare(context.workspace, find_brief(context.workspace, brief), audiences, public_url=url)
    out.mkdir(parents=True, exist_ok=True)
    for audience in audiences:
        edition = prepared.editions[audience.slug]
        parts = {"html": edition.html, "txt": edition.text, "mjml": edition.mjml}
        for suffix, text in parts.items():
            (out / f"{audience.slug}.{suffix}").write_text(text, "utf-8", newline="\n")
        (out / f"{audience.slug}.eml").write_bytes(sample_mail(audience, edition, url))
        files = f"{out / audience.slug}.html, .txt, .mjml, .eml"
        click.echo(f"{audience.slug}: {files} ({edition.html_bytes:,} bytes of html)")
    if prepared.errors:
        click.echo(f"The check found {len(prepared.errors)} errors; see them with: dispatch check", err=True)


def sample_mail(audience: "Audience", edition: "Edition", url: str) -> bytes:
    """Return a whole message of an Edition, filled for a sample member, as it would travel."""
    from datetime import UTC, datetime

    from dispatch.compose.merge import letter, values
    from dispatch.model.delivery import CampaignId, DeliveryId
    from dispatch.model.message import Message
    from dispatch.model.mime import mime_of
    from dispatch.pipeline.message import headers_of, list_id_of
    from dispatch.pipeline.prepare import sample_links

    prepared, links = letter(edition), sample_links(url)
    message = Message(
        delivery_id=DeliveryId("0" * 32),
        campaign_id=CampaignId("0" * 32),
        to=SAMPLE["email"],
        sender=audience.sender,
        reply_to=audience.reply_to,
        letter=prepared,
        values=values(prepared, SAMPLE, links),
        headers=headers_of(links["unsubscribe_url"], list_id_of(audience.member_list, audience.sender)),
    )
    return mime_of(message, datetime.now(UTC))
