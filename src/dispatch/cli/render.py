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
    """Write both editions of BRIEF as files.

    For each audience: .html, .txt and .mjml with merge tokens such as [[name]], and .eml, a whole mail filled
    for a sample member, which any mail program opens.
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
    """A whole mail of an Edition, filled for a sample member: headers, text part, html part."""
    from email.message import EmailMessage
    from email.policy import SMTP

    from dispatch.compose.merge import letter, values
    from dispatch.model.edition import Letter
    from dispatch.pipeline.prepare import sample_links

    prepared = letter(edition)
    filled = values(prepared, SAMPLE, sample_links(url))
    message = EmailMessage(policy=SMTP)
    message["From"] = audience.sender
    message["To"] = f"{SAMPLE['name']} <{SAMPLE['email']}>"
    message["Subject"] = Letter.fill(prepared.subject, filled)
    message.set_content(Letter.fill(prepared.text, filled), cte="quoted-printable")
    message.add_alternative(Letter.fill(prepared.html, filled), subtype="html", cte="quoted-printable")
    return message.as_bytes()
