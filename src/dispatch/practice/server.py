"""The practice server: an SES v2 and an SQS for boto3, an inbox for people, an API for tests.

    practice = Practice(state_folder, settings=PracticeSettings())
    Starlette(routes=[*practice.routes(), *reader_pages])      # or build(state_folder, settings=…)
    uvicorn.Server(config(app)).run(sockets=[…])

It owns the paths /v2/email/…, POST / (SQS), /queue/…, /api/…, /inbox…
"""

import asyncio
import inspect
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from dispatch.practice import faults as fault_rules
from dispatch.practice import signatures
from dispatch.practice.account import AccountState, RateLimit
from dispatch.practice.api import Api
from dispatch.practice.configuration_sets import ConfigurationSets
from dispatch.practice.events import Events
from dispatch.practice.faults import Faults, Rule
from dispatch.practice.inbox import Inbox
from dispatch.practice.queues import Queues
from dispatch.practice.records import Records
from dispatch.practice.sending import MailOperations
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.sqs import Sqs
from dispatch.practice.state import State
from dispatch.practice.wire import Answer, Call, Cut, Operation, PracticeProtocol, Refusal, bad_request, refusal_answer

__all__ = ["Practice", "PracticeSettings", "build", "config", "routes"]

_log = logging.getLogger(__name__)
Run = Callable[[Call], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
#: seconds for which a hang lasts where its rule says none
_HANG = 60.0
_SENDING = ("SendEmail", "SendBulkEmail")


class Practice:
    """One practice server: its state, and the routes that answer from it.

    `clock` gives seconds since the epoch.
    """

    def __init__(
        self, state_folder: Path, *, settings: PracticeSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.state = State(state_folder)
        self.faults = Faults()
        self.account = AccountState(self.state, settings)
        self.events = Events(self.state, settings, self.faults)
        self.queues = Queues(self.state, self.events.body)
        self.sqs = Sqs(self.queues, clock, settings.region)
        self._rates: dict[str, RateLimit] = {}
        with self.state.transaction():
            self.queues.create(settings.queue_name, {})
            self.operations = [
                *MailOperations(self.state, settings, self.account, self.events, self.faults).operations(),
                *Records(self.state, self.account).operations(),
                *ConfigurationSets(self.state, settings).operations(),
            ]

    def close(self) -> None:
        """Close the state."""
        self.state.close()

    def routes(self) -> list[BaseRoute]:
        """All routes of the server."""
        made: list[BaseRoute] = [self._ses_route(one) for one in self.operations]
        made.append(Route("/", self._answer_sqs, methods=["POST"]))
        made.append(Route("/queue/{name}", self._answer_sqs, methods=["POST"]))
        return [*made, *Api(self.state, self.account, self.faults, self.clock).routes(), *Inbox(self.state).routes()]

    def _ses_route(self, operation: Operation) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answer(request, operation.name, operation.run)

        return Route(f"/v2/email/{operation.path}", answer, methods=[operation.method], name=operation.name)

    async def _answer_sqs(self, request: Request) -> Response:
        target = request.headers.get("x-amz-target", "")
        name = target.removeprefix("AmazonSQS.")
        run = self.sqs.operations.get(name)
        if run is None or not target.startswith("AmazonSQS."):
            return refusal_answer(
                Refusal("UnknownOperationException", f"There is no operation {target!r} here.", 404)
            ).response()
        return await self._answer(request, name, run)

    async def _answer(self, request: Request, operation: str, run: Run) -> Response:
        try:
            call = await self._read(request, operation)
            self._keep_rate(call)
        except Refusal as refusal:
            return refusal_answer(refusal).response()
        except ClientDisconnect:
            # The caller was killed in the middle of the request: nothing was accepted, and no answer is heard.
            return Response(status_code=400)
        addresses = _addresses(call)
        rule = self.faults.applies(operation, addresses, fault_rules.BEFORE)
        if rule is not None:
            return _before(rule)
        answer = await self._run(call, run)
        rule = self.faults.applies(operation, addresses, fault_rules.AFTER)
        return answer.response() if rule is None else await _after(rule, answer)

    async def _run(self, call: Call, run: Run) -> Answer:
        try:
            found = run(call)
            answer = Answer(await found if inspect.isawaitable(found) else found, headers=self._said_of(call))
        except Refusal as refusal:
            return refusal_answer(refusal)
        except (AttributeError, TypeError, KeyError, ValueError):
            # botocore sends no such request; the place of a fault in one written by hand is in the server's log.
            _log.exception("%s: a member of the request has the wrong type", call.operation)
            words = "A member of the request has the wrong type."
            return refusal_answer(Refusal("SerializationException", words))
        if call.operation in _SENDING:
            self.sqs.wake()
            if self.events.is_event_first:
                # A waiting receiver gets the event now, the sender its answer only then.
                self.events.is_event_first = False
                await asyncio.sleep(0.25)
        return answer

    def _said_of(self, call: Call) -> dict[str, str]:
        """Headers that SES does not send, for callers that must know how this server differs."""
        if call.operation != "GetAccount":
            return {}
        return {signatures.HEADER: str(self.account.read().signature_seconds)}

    async def _read(self, request: Request, operation: str) -> Call:
        body = await request.body()
        now = self.clock()
        if self.settings.check_signatures:
            signatures.check(request.headers, now, self.settings.owner, self.settings.signature_seconds)
        members = {**_json(body), **_query(request), **request.path_params}
        base = f"{request.url.scheme}://{request.headers.get('host', '127.0.0.1')}"
        return Call(operation, members, now, base, len(body), request.is_disconnected)

    def _keep_rate(self, call: Call) -> None:
        if call.operation in _SENDING or call.operation in self.sqs.operations:
            return
        rate = self.account.read().calls_per_second
        if rate and not self._rates.setdefault(call.operation, RateLimit()).take(rate, call.now):
            raise Refusal("TooManyRequestsException", "Rate exceeded", 429)


def _json(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        members = json.loads(body)
    except ValueError as err:
        raise Refusal("SerializationException", "The request is not a JSON document.") from err
    if not isinstance(members, dict):
        raise bad_request("The request is not a JSON object.")
    return members


def _query(request: Request) -> dict[str, Any]:
    """The members in the query; `Reason` and the like may stand there several times."""
    return {
        key: request.query_params.getlist(key) if key == "Reason" else value
        for key, value in request.query_params.items()
    }


def _addresses(call: Call) -> list[str]:
    """The recipients of a sending call, as far as they are known before it is judged."""
    found: list[str] = []
    entries = call.members.get("BulkEmailEntries") or [call.members]
    for entry in entries if isinstance(entries, list) else ():
        destination = entry.get("Destination") if isinstance(entry, Mapping) else None
        if isinstance(destination, Mapping):
            found += [str(one) for mailboxes in destination.values() for one in mailboxes or ()]
    return found


def _before(rule: Rule) -> Response:
    if rule.fault == "hang-before":
        return Cut(seconds=_HANG if rule.seconds is None else rule.seconds)
    if rule.fault in ("reset-before", "close-before"):
        return Cut(reset=rule.fault == "reset-before")
    return refusal_answer(fault_rules.refusal(rule)).response()


async def _after(rule: Rule, answer: Answer) -> Response:
    if rule.fault == "hang-after":
        return Cut(seconds=_HANG if rule.seconds is None else rule.seconds)
    if rule.fault in ("reset-after", "close-after"):
        return Cut(reset=rule.fault == "reset-after")
    if rule.fault == "error-after":
        return refusal_answer(fault_rules.refusal(rule)).response()
    whole = answer.response()
    body = bytes(whole.body)
    if rule.fault == "truncate":
        # Whole as HTTP, broken as JSON: botocore takes it for an empty answer.
        return Response(body[: len(body) // 2], whole.status_code, media_type="application/json")
    if rule.fault == "cut":
        head = f"HTTP/1.1 {whole.status_code} OK\r\ncontent-type: application/json\r\n"
        return Cut(sent=f"{head}content-length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    await asyncio.sleep(1.0 if rule.seconds is None else rule.seconds)
    return whole


def routes(state_folder: Path, *, settings: PracticeSettings) -> list[BaseRoute]:
    """The routes of a practice server on that state, to be joined with others in one application."""
    return Practice(state_folder, settings=settings).routes()


def build(state_folder: Path, *, settings: PracticeSettings) -> Starlette:
    """A whole application: the practice server and nothing else."""
    return Starlette(routes=routes(state_folder, settings=settings))


def config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn runs an application that holds a practice server: with connections that faults can cut."""
    return uvicorn.Config(app, http=PracticeProtocol, log_level="warning", timeout_graceful_shutdown=1)
