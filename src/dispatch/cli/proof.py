"""`dispatch proof`: mails every edition to whoever answers for it."""

import sys

import click

from dispatch.cli.context import DONE, REFUSED, Context, find_brief, json_option, pass_workspace, print_json


@click.command("proof", short_help="Mail all editions to whoever answers for them.")
@click.argument("brief", required=False)
@click.option(
    "--to",
    "addresses",
    multiple=True,
    required=True,
    metavar="ADDRESS",
    help="Whom to show it; may be given several times.",
)
@json_option
@pass_workspace
def proof_command(context: Context, /, brief: str | None, addresses: tuple[str, ...], *, as_json: bool) -> None:
    """Mail every edition of a brief to somebody who answers for it, with the counts and a short code.

    Real mail wants a proof since the last change of the content or of the settings that reach the mail.
    """
    from dispatch.cli.mailing import Desk
    from dispatch.cli.member_arguments import read_mailbox
    from dispatch.model.message import Accepted
    from dispatch.pipeline.proof import send_proof

    checked = [read_mailbox(address).address.ascii for address in addresses]
    desk = Desk.open(context, find_brief(context.workspace, brief), ())
    desk.check_account(len(checked) * len(desk.audiences))
    sent = send_proof(
        desk.transport.database,
        desk.prepared,
        desk.audiences,
        desk.propose().plan,
        checked,
        mailer=desk.transport.mailer,
        publisher=desk.transport.publisher,
        account=desk.transport.mailer.account(),
        public_url=desk.transport.public_url,
    )
    told = [
        (to, audience, "accepted" if isinstance(outcome, Accepted) else outcome.reason)
        for to, audience, outcome in sent.outcomes
    ]
    if as_json:
        mails = [{"to": to, "audience": audience, "outcome": words} for to, audience, words in told]
        print_json({"proof": sent.proof.id, "code": sent.proof.code, "brief": sent.proof.slug, "mails": mails})
    else:
        click.echo(context.banner)
        click.echo(f"Proof {sent.proof.code} of {desk.prepared.brief.title}")
        for to, audience, words in told:
            click.echo(f"  {audience:<12} to {to}: {words}")
        if not desk.is_real:
            click.echo(f"The mails: {desk.transport.public_url}/inbox")
    sys.exit(DONE if all(words == "accepted" for _, _, words in told) else REFUSED)
