"""The API beside SES's own, with which a test prepares a state: what was accepted, the account's values, faults."""

import itertools
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dispatch.practice import mails
from dispatch.practice.account import AccountState
from dispatch.practice.at_home import Endpoint, at_home
from dispatch.practice.faults import Faults
from dispatch.practice.state import State
from dispatch.practice.wire import Refusal, bad_request


class Api:
    """The routes under /api/."""

    def __init__(self, state: State, account: AccountState, faults: Faults, clock: Callable[[], float]) -> None:
        self.state = state
        self.account = account
        self.in_force = faults
        self.clock = clock

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        rows: list[tuple[str, str, Callable[[Request], Awaitable[Any]]]] = [
            ("/api/health", "GET", self.health),
            ("/api/messages", "GET", self.messages),
            ("/api/messages", "DELETE", self.forget),
            ("/api/messages/{message_id}", "GET", self.message),
            ("/api/account", "GET", self.show_account),
            ("/api/account", "PUT", self.change_account),
            ("/api/account", "DELETE", self.reset_account),
            ("/api/faults", "GET", self.faults),
            ("/api/faults", "POST", self.add_faults),
            ("/api/faults", "DELETE", self.clear_faults),
        ]
        return [Route(path, at_home(_answering(run)), methods=[method]) for path, method, run in rows]

    async def health(self, request: Request) -> dict[str, Any]:
        """That this is a practice server, and which process."""
        return {"practice": True, "pid": os.getpid()}

    async def messages(self, request: Request) -> Response:
        """Every accepted message in order, or those with a `campaign` tag; streamed."""
        campaign = request.query_params.get("campaign")
        return StreamingResponse(self._listed(campaign), media_type="application/json")

    async def _listed(self, campaign: str | None) -> AsyncIterator[str]:
        yield "["
        comma = ""
        found = mails.in_order(self.state, campaign)
        while part := list(itertools.islice(found, 500)):
            yield comma + ",".join(json.dumps(mail.summary()) for mail in part)
            comma = ","
        yield "]"

    async def message(self, request: Request) -> Any:
        """One message whole."""
        mail = mails.by_id(self.state, request.path_params["message_id"])
        if mail is None:
            return JSONResponse({"error": "There is no such message."}, 404)
        seen = mails.render(self.state, mail)
        return {
            **mail.summary(),
            "reply_to": mail.reply_to,
            "configuration_set": mail.configuration_set,
            "html": seen.html,
            "text": seen.text,
            "headers": [list(header) for header in seen.headers],
            "source": seen.source,
        }

    async def forget(self, request: Request) -> dict[str, Any]:
        """Forget every message, the events to come and what the queues hold."""
        mails.empty(self.state)
        return {}

    async def show_account(self, request: Request) -> dict[str, Any]:
        """The account's values."""
        return self.account.show(self.clock())

    async def change_account(self, request: Request) -> dict[str, Any]:
        """Change some of the account's values."""
        given = await _body(request)
        if not isinstance(given, dict):
            raise bad_request("A JSON object is wanted.")
        self.account.change(given)
        return await self.show_account(request)

    async def reset_account(self, request: Request) -> dict[str, Any]:
        """The account as the settings have it, nothing used."""
        self.account.reset()
        return await self.show_account(request)

    async def faults(self, request: Request) -> dict[str, Any]:
        """The faults in force."""
        return self.in_force.show()

    async def add_faults(self, request: Request) -> dict[str, Any]:
        """Put faults in force."""
        self.in_force.add(await _body(request))
        return self.in_force.show()

    async def clear_faults(self, request: Request) -> dict[str, Any]:
        """No more faults."""
        self.in_force.clear()
        return self.in_force.show()


def _answering(run: Callable[[Request], Awaitable[Any]]) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            found = await run(request)
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message}, 400)
        return found if isinstance(found, Response) else JSONResponse(found)

    return answer


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as err:
        raise bad_request("The body is not a JSON document.") from err
