"""Guard: only pages of this very server talk to it.

A page of another site can make a browser send requests here. Its name for us gives it away in Host (DNS rebinding), its
own name in Origin (cross-site forms); both are checked before anything else is looked at.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatch.web.page import headers

_SAFE = ("GET", "HEAD")


class Guard:
    """An application that only requests to `127.0.0.1:PORT` or `localhost:PORT`, from there, get through to."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "http" and (why := self._refusal(scope)):
            await PlainTextResponse(why + "\n", 403, headers("default-src 'none'"))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1 or named[0].lower() not in self.hosts:
            return "This is a preview for this computer only; open it by the address that dispatch printed."
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        own = f"http://{named[0].lower()}"
        if scope["method"] not in _SAFE and origins != [own]:
            return "A form of another page was refused."
        if any(origin.lower() != own for origin in origins):
            return "Another page was refused."
        return ""
