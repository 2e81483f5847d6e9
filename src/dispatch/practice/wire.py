"""What travels between boto3 and the practice server: calls, answers, and Amazon's errors."""

import asyncio
import json
import os
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

#: the key under which `PracticeProtocol` gives a connection to its requests
TRANSPORT = "dispatch.practice.transport"


class Refusal(Exception):
    """An error of Amazon's: its code, its HTTP status and its sentence."""

    def __init__(self, code: str, message: str, status: int = 400, *, query_code: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        #: the older name of an SQS error, which boto3 shows in place of the code
        self.query_code = query_code


def bad_request(message: str) -> Refusal:
    """SES's answer to a call that is not well formed."""
    return Refusal("BadRequestException", message)


def rejected(message: str) -> Refusal:
    """SES's answer to a mail that it will not take."""
    return Refusal("MessageRejected", message)


def not_found(what: str) -> Refusal:
    """SES's answer to a name that it does not know."""
    return Refusal("NotFoundException", what, 404)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation, read but not yet judged."""

    operation: str
    #: the members of the request: body, path and query together
    members: Mapping[str, Any]
    now: float
    #: http://host:port as the caller wrote it
    base_url: str
    #: bytes of the request's body
    size: int = 0
    #: whether the caller has hung up
    is_gone: Callable[[], Awaitable[bool]] | None = None

    def text(self, name: str) -> str:
        """Return a member that must be there, a text. Raise Refusal."""
        value = self.members.get(name)
        if not isinstance(value, str) or not value:
            raise bad_request(f"{name} is missing.")
        return value


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of SES v2: its name, where it is called under /v2/email, and what answers."""

    name: str
    method: str
    path: str
    run: Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is sent: HTTP status, JSON members, further headers."""

    members: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """The JSON that goes over the wire."""
        return json.dumps(self.members).encode()

    def response(self) -> Response:
        """The answer as an ASGI response."""
        headers = {"x-amzn-RequestId": secrets.token_hex(16), **self.headers}
        return Response(self.body(), self.status, headers=headers, media_type="application/x-amz-json-1.0")


def refusal_answer(refusal: Refusal) -> Answer:
    """An error in the form that botocore reads, for REST-JSON (SES) and JSON 1.0 (SQS) alike."""
    headers = {"x-amzn-ErrorType": refusal.code}
    if refusal.query_code:
        headers["x-amzn-query-error"] = f"{refusal.query_code};Sender"
    members = {"__type": refusal.code, "message": refusal.message}
    return Answer(members, refusal.status, headers)


class PracticeProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which also gives the connection to the request, so that a fault can cut it.

    ASGI has no word for closing a connection. Give this class to uvicorn as `http=`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = self.transport
            await inner(scope, receive, send)

        # uvicorn calls this for each request of the connection.
        self.app = with_transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn's class
        """Begin a connection, without the 40 ms for which TCP holds back the second of two small writes."""
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            # asyncio does so only for sockets that were made with an explicit IPPROTO_TCP.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


class Cut(Response):
    """No answer: after `seconds` (or when the caller gives up) the connection is cut.

    `reset`: with a TCP reset, which boto3 sees as ConnectionClosedError; else by an ordinary close. `sent`:
    bytes of a whole answer, head included, that still leave before the cut.
    """

    def __init__(self, *, seconds: float = 0.0, reset: bool = True, sent: bytes = b"") -> None:
        super().__init__()
        self.seconds = seconds
        self.reset = reset
        self.sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then cut."""
        if self.seconds:
            await _gone_within(self.seconds, receive)
        transport = scope["extensions"][TRANSPORT]
        if transport.is_closing():
            return
        if self.sent:
            transport.write(self.sent)
            transport.close()
        else:
            _cut(transport, reset=self.reset)
        await _gone_within(5.0, receive)


def _cut(transport: asyncio.Transport, *, reset: bool) -> None:
    sock = transport.get_extra_info("socket")
    if reset and sock is not None:
        # A linger time of zero makes the kernel send RST in place of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
    transport.abort()


async def _gone_within(seconds: float, receive: Receive) -> None:
    """Wait until the caller has gone, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
