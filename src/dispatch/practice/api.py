"""The API beside SES's own: what was accepted, the account's values, faults on demand.

It answers only requests that were addressed to this computer, and none that another site's page makes.
"""

import itertools
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dispatch.practice import mails
from dispatch.practice.wire import Refusal, bad_request

if TYPE_CHECKING:
    from dispatch.practice.server import Practice

Endpoint = Callable[[Request], Awaitable[Response]]
#: hosts that mean this computer
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})


def at_home(endpoint: Endpoint) -> Endpoint:
    """The endpoint, closed to other names of this computer (DNS rebinding) and to pages of other sites."""

    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if host.rpartition(":")[0] not in _HERE and host not in _HERE:
            return JSONResponse({"error": "Ask for 127.0.0.1 or localhost."}, 403)
        if origin is not None and origin.partition("://")[2] != host:
            return JSONResponse({"error": "Pages of other sites may not ask."}, 403)
        return await endpoint(request)

    return guarded


class Api:
    """The routes under /api/."""

    def __init__(self, practice: "Practice") -> None:
        self.practice = practice

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        rows: list[tuple[str, str, Callable[[Request], Awaitable[Any]]]] = [
            ("/api/health", "GET", self.health),
            ("/api/messages", "GET", self.messages),
            ("/api/messages", "DELETE", self.forget),
            ("/api/messages/{message_id}", "GET", self.message),
            ("/api/account", "GET", self.account),
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
        """Every accepted mail in order, or those with a `campaign` tag; streamed."""
        campaign = request.query_params.get("campaign")
        return StreamingResponse(self._listed(campaign), media_type="application/json")

    async def _listed(self, campaign: str | None) -> AsyncIterator[str]:
        yield "["
        comma = ""
        found = mails.in_order(self.practice.state, campaign)
        while part := list(itertools.islice(found, 500)):
            yield comma + ",".join(json.dumps(mail.summary()) for mail in part)
            comma = ","
        yield "]"

    async def message(self, request: Request) -> Any:
        """One mail whole."""
        mail = mails.by_id(self.practice.state, request.path_params["message_id"])
        if mail is None:
            return JSONResponse({"error": "There is no such message."}, 404)
        seen = mails.render(self.practice.state, mail)
        return {
            **mail.summary(),
            "recipients": mail.recipients,
            "reply_to": mail.reply_to,
            "configuration_set": mail.configuration_set,
            "html": seen.html,
            "text": seen.text,
            "headers": [list(header) for header in seen.headers],
            "source": seen.source,
            "attachments": [{"name": name, "type": kind} for name, kind in seen.attachments],
        }

    async def forget(self, request: Request) -> dict[str, Any]:
        """Forget every mail and the events to come."""
        mails.empty(self.practice.state)
        return {}

    async def account(self, request: Request) -> dict[str, Any]:
        """The account's values."""
        return self.practice.desk.show(self.practice.clock())

    async def change_account(self, request: Request) -> dict[str, Any]:
        """Change some of the account's values."""
        given = await _body(request)
        if not isinstance(given, dict):
            raise bad_request("A JSON object is wanted.")
        self.practice.desk.change(given)
        return await self.account(request)

    async def reset_account(self, request: Request) -> dict[str, Any]:
        """The account as the settings have it, nothing used."""
        self.practice.desk.reset()
        return await self.account(request)

    async def faults(self, request: Request) -> dict[str, Any]:
        """The faults in force."""
        return self.practice.faults.show()

    async def add_faults(self, request: Request) -> dict[str, Any]:
        """Put faults in force."""
        self.practice.faults.add(await _body(request))
        return self.practice.faults.show()

    async def clear_faults(self, request: Request) -> dict[str, Any]:
        """No more faults."""
        self.practice.faults.clear()
        return self.practice.faults.show()


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
