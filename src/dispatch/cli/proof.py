"""`dispatch proof`: email a proof of every edition for approval."""

import sys

import click

from dispatch.cli.context import DONE, REFUSED, Context, find_brief, json_option, pass_workspace, print_json


@click.command("proof", short_help="Email a proof of every edition for approval.")
@click.argument("brief", required=False)
@click.option(
    "--to",
    "addresses",
    multiple=True,
    required=True,
    metavar="ADDRESS",
    help="The approver's address; may be given several times.",
)
@json_option
@pass_workspace
def proof_command(context: Context, /, brief: str | None, addresses: tuple[str, ...], *, as_json: bool) -> None:
    """Email a proof of every edition of a brief for approval, with the recipient counts and a short code.

    Real mail needs a proof since the last change of the content, or of the settings that show in the email.
    """
    from dispatch.cli.mailing import propose, show_notes
    from dispatch.cli.member_arguments import read_mailbox
    from dispatch.cli.transport import setup_of, use_transport
    from dispatch.model.message import Accepted
    from dispatch.pipeline.preflight.look import before_proof
    from dispatch.pipeline.proof import send_proof

    checked = [read_mailbox(address).address.ascii for address in addresses]
    transport = use_transport(context)
    proposal = propose(context, transport, find_brief(context.workspace, brief), ())
    setup = setup_of(context, transport)
    found = before_proof(setup, proposal.audiences, len(checked) * len(proposal.audiences))
    show_notes(found)
    found.require("The proof cannot be sent yet. Nothing was sent.")
    sent = send_proof(
        transport.database,
        proposal.prepared,
        proposal.audiences,
        proposal.plan,
        checked,
        mailer=transport.mailer,
        publisher=transport.publisher,
        account=transport.mailer.account(),
        public_url=transport.public_url,
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
        click.echo(f"Proof {sent.proof.code} of {proposal.prepared.brief.title}")
        for to, audience, words in told:
            click.echo(f"  {audience:<12} to {to}: {words}")
        if not setup.is_real:
            click.echo(f"The messages: {transport.public_url}/inbox")
    sys.exit(DONE if all(words == "accepted" for _, _, words in told) else REFUSED)
