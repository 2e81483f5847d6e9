"""`dispatch reconcile`: settle what is not known yet, as far as it can be known, and ask about the rest."""

import sys
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import DONE, REFUSED, Context, is_terminal, json_option, pass_workspace, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.cli.transport import Transport
    from dispatch.model.campaign import Campaign
    from dispatch.model.delivery import Delivery
    from dispatch.pipeline.reconcile import OpenQuestions

#: longest wait for a probe's event, in seconds
PROBE_SECONDS = 60


@click.command("reconcile", short_help="Resolve deliveries whose outcome is unknown.")
@click.argument("words", nargs=-1, metavar="[CAMPAIGN] [ADDRESS]...")
@click.option(
    "--assume",
    type=click.Choice(["sent", "unsent"]),
    help="Count these people as mailed, or mail them again; on your word.",
)
@click.option(
    "--yes", is_flag=True, help="Send again, without asking, to recipients who are proven to have received nothing."
)
@json_option
@pass_workspace
def reconcile_command(
    context: Context, /, words: tuple[str, ...], *, assume: str | None, yes: bool, as_json: bool
) -> None:
    """Fetch delivery events, settle what they prove, and name the recipients whose outcome is still unknown.

    Recipients who are proven to have received nothing, because events arrive and there is none for them, can be sent
    to again: you are asked. For the others only you can know: --assume sent ADDRESS… or --assume unsent ADDRESS….
    This command sends nothing itself; `dispatch resume` sends to the recipients who are queued.
    """
    from dispatch.cli.transport import use_transport
    from dispatch.pipeline.ingest import pull
    from dispatch.pipeline.lookup import find_campaign

    named = [word for word in words if "@" not in word]
    addresses = [word for word in words if "@" in word]
    if len(named) > 1 or bool(addresses) != bool(assume):
        raise click.UsageError("Write: dispatch reconcile [CAMPAIGN] [--assume sent|unsent ADDRESS…]")
    transport = use_transport(context)
    found = find_campaign(transport.database, named[0] if named else None)
    if transport.notifications is not None:
        pull(transport.database, transport.notifications, wait_seconds=1)
    if assume:
        done = _assume(transport, found, assume, addresses)
        questions = _look(context, transport, found)
        _show(context, found, questions, done, as_json=as_json)
        sys.exit(REFUSED if questions.all else DONE)
    questions = _look(context, transport, found)
    if questions.unread:
        questions = _read_to_the_end(context, transport, found, is_silent=as_json)
    if questions.can_be_probed and not questions.may_be_sent_again and transport.notifications is not None:
        questions = _probe(context, transport, found, questions, is_silent=as_json)
    again = 0
    people = questions.may_be_sent_again
    if people and transport.mailer.has_events and _says_yes(context, people, yes=yes, as_json=as_json):
        from dispatch.store.uncertain import send_again

        with transport.database.writing() as connection:
            by = "a person" if not context.settings.send.resend_unknown else "the setting send.resend_unknown"
            again = send_again(connection, people, by, at_once=False)
        questions = _look(context, transport, found)
    _show(context, found, questions, {"again": again}, as_json=as_json)
    sys.exit(REFUSED if questions.all else DONE)


def _look(context: Context, transport: "Transport", campaign: "Campaign") -> "OpenQuestions":
    from dispatch.pipeline.reconcile import open_questions
    from dispatch.store import ledger

    with transport.database.writing() as connection:
        ledger.expire(connection, campaign.id, context.settings.send.claim_seconds)
    return open_questions(transport.database, campaign.id, context.settings.send.grace_seconds, transport.notifications)


def _read_to_the_end(
    context: Context, transport: "Transport", campaign: "Campaign", *, is_silent: bool
) -> "OpenQuestions":
    """What is known when nothing lies in the queue any more, also nothing that a killed process had taken from it."""
    from dispatch.pipeline.reconcile import read_to_the_end

    assert transport.notifications is not None  # without a queue nobody is waited for
    if not is_silent:
        seconds = 2 * transport.notifications.hidden_seconds
        click.echo(f"Reading the queue of events to its end, which takes about {seconds:.0f} seconds…")
    read_to_the_end(transport.database, transport.notifications, lambda: not _look(context, transport, campaign).unread)
    return _look(context, transport, campaign)


def _probe(
    context: Context, transport: "Transport", campaign: "Campaign", questions: "OpenQuestions", *, is_silent: bool
) -> "OpenQuestions":
    """What is known after a mail to Amazon's simulator, which costs nothing and reaches nobody."""
    from dispatch.pipeline.reconcile import SIMULATOR, probe

    if not transport.mailer.has_events or transport.notifications is None:
        return questions
    if not is_silent:
        click.echo(f"Nothing else was mailed around these calls. Mailing {SIMULATOR}, to see whether events come back…")
    probe(transport.database, campaign, transport.mailer, transport.notifications, transport.public_url, PROBE_SECONDS)
    return _look(context, transport, campaign)


def _says_yes(context: Context, people: "Sequence[Delivery]", *, yes: bool, as_json: bool) -> bool:
    from dispatch.cli.send_screen import ask_to_send_again

    if yes or context.settings.send.resend_unknown:
        return True
    return not as_json and is_terminal() and ask_to_send_again(people)


def _assume(transport: "Transport", campaign: "Campaign", assume: str, addresses: "Sequence[str]") -> dict[str, int]:
    """Do what a person knows. Raises ProblemsFound where someone named is not of unknown outcome."""
    from dispatch.cli.member_arguments import read_mailbox
    from dispatch.errors import CampaignError, DispatchError, ProblemsFound
    from dispatch.model.delivery import DeliveryState
    from dispatch.store import history, uncertain

    people: list[Delivery] = []
    problems: list[DispatchError] = []
    with transport.database.writing() as connection:
        for address in addresses:
            key = read_mailbox(address).address.key
            found = history.deliveries_of(connection, campaign.id, address, key)
            if found and found[0].state is DeliveryState.UNCERTAIN:
                people.extend(found)
                continue
            state = found[0].state.value if found else "not among its people"
            said = f"{address} is not of unknown outcome: {state}."
            problems.append(CampaignError(said, where=campaign.slug, todo=f"Who is: dispatch show {campaign.slug}"))
        if problems:
            raise ProblemsFound("Nothing was changed.", problems)
        if assume == "sent":
            uncertain.assume_sent(connection, people, "a person")
            return {"sent": len(people)}
        return {"again": uncertain.send_again(connection, people, "a person", at_once=False)}


def _show(
    context: Context, campaign: "Campaign", questions: "OpenQuestions", done: dict[str, int], *, as_json: bool
) -> None:
    kinds = {
        "too_early": "An event may still come; look again later",
        "may_be_sent_again": "Proven not sent; to send to them again: dispatch reconcile --yes",
        "for_a_person": f"Only you can know: dispatch reconcile {campaign.slug} --assume sent|unsent ADDRESS…",
    }
    if as_json:
        print_json({"campaign": campaign.id, "brief": campaign.slug, **done, **_documents(questions, kinds)})
    else:
        click.echo(context.banner)
        click.echo(f"{campaign.title} ({campaign.date})")
        if done.get("sent"):
            click.echo(f"{done['sent']} people count as mailed now.")
        if done.get("again"):
            click.echo(f"{done['again']} people wait to be mailed again. To mail them: dispatch resume {campaign.slug}")
        if not questions.all:
            click.echo("Nothing is unknown.")
        for name, said in kinds.items():
            _print_people(said, getattr(questions, name))


def _documents(questions: "OpenQuestions", kinds: dict[str, str]) -> dict[str, Any]:
    return {
        name: [
            {
                "address": each.address,
                "known": each.reason,
                "attempts": each.attempt,
                "called_at": each.claimed_at.isoformat() if each.claimed_at else None,
            }
            for each in getattr(questions, name)
        ]
        for name in kinds
    }


def _print_people(said: str, people: "Sequence[Delivery]") -> None:
    from dispatch.cli.send_screen import name_people

    if people:
        click.echo(f"{said}:")
        name_people(people)
