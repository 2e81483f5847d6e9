"""The preview as an application: its pages, the mails in their frames, and the stream of versions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dispatch.web.page import asset_routes, headers, page
from dispatch.web.preview import mail
from dispatch.web.preview.choice import Choice, ServerAddresses
from dispatch.web.preview.guard import Guard
from dispatch.web.preview.live import Live, Shown
from dispatch.web.preview.sheets import Sheets, places_of
from dispatch.web.readers import picture_answer

Values = Callable[[Request, Shown], dict[str, Any]]
Persons = Mapping[str, Mapping[str, str]]


class Preview:
    """The pages of one Brief."""

    def __init__(self, live: Live, port: int) -> None:
        self.live = live
        self.origin = f"http://127.0.0.1:{port}"
        self.port = port
        self.sheets = Sheets(ServerAddresses(), ("mail", "inbox", "findings"))

    def application(self) -> Guard:
        """The whole application, guarded."""
        return Guard(Starlette(routes=self.routes(), lifespan=self._lifespan), self.port)

    def routes(self) -> list[BaseRoute]:
        """Every route."""
        return [
            Route("/", self.shown("mail", self._mail), methods=["GET"]),
            Route("/inbox", self.shown("inbox", self._inbox), methods=["GET"]),
            Route("/findings", self.shown("findings", self._findings), methods=["GET"]),
            Route("/mail/{audience}", self._frame, methods=["GET"]),
            Route("/i/{name}", self._picture, methods=["GET"]),
            Route("/u/preview", self._unsubscribe, methods=["GET", "POST"]),
            Route("/versions", self._versions, methods=["GET"]),
            *asset_routes("style.css", "preview.js"),
        ]

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        from dispatch.web.preview.watch import watch

        await run_in_threadpool(self.live.refresh)
        watching = asyncio.create_task(watch(self.live))
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    def shown(self, key: str, values: Values, status: int = 200) -> Callable[[Request], Awaitable[Response]]:
        """The handler that shows a page of the newest rendering."""

        async def handler(request: Request) -> Response:
            return await run_in_threadpool(self.sheet, key, values, request, status)

        return handler

    def sheet(self, key: str, values: Values, request: Request, status: int = 200) -> Response:
        """A page of the newest rendering; only its errors where there never was one."""
        shown = self.live.first()
        common = self.sheets.common(shown, key)
        if shown.prepared is None:
            return page("broken.html", **common)
        return page(f"preview_{key}.html", status=status, **common, **values(request, shown))

    # --- pages ----------------------------------------------------------------------------------------------

    def _mail(self, request: Request, shown: Shown) -> dict[str, Any]:
        choice = Choice.read(request.query_params, shown.bearings.audiences)
        return self.sheets.mail(shown, choice, self._persons(shown, choice))

    def _inbox(self, request: Request, shown: Shown) -> dict[str, Any]:
        return self.sheets.inbox(shown, {})

    def _findings(self, request: Request, shown: Shown) -> dict[str, Any]:
        return self.sheets.findings(shown)

    def _persons(self, shown: Shown, choice: Choice) -> Persons:
        return {}

    # --- what the pages hold ----------------------------------------------------------------------------------

    async def _frame(self, request: Request) -> Response:
        return await run_in_threadpool(self._frame_now, request)

    def _frame_now(self, request: Request) -> Response:
        shown = self.live.first()
        audience = next((a for a in shown.bearings.audiences if a.slug == request.path_params["audience"]), None)
        if shown.prepared is None or audience is None:
            return PlainTextResponse("There is no such mail.\n", 404, headers("default-src 'none'"))
        choice = Choice.read(request.query_params, shown.bearings.audiences)
        person = self._persons(shown, choice).get(audience.slug, {})
        edition = shown.prepared.editions[audience.slug]
        html = mail.filled(edition, person, f"{self.origin}/u/preview")[1]
        text = mail.shown(html, choice.look, shown.bearings.public_url, "/i/", places_of(shown, audience))
        return HTMLResponse(text, headers=headers(mail.policy(choice.look)))

    async def _picture(self, request: Request) -> Response:
        prepared = self.live.first().prepared
        pictures = prepared.pictures.values() if prepared else ()
        found = next((each for each in pictures if each.name == request.path_params["name"]), None)
        if found is None:
            return PlainTextResponse("There is no such picture.\n", 404, headers("default-src 'none'"))
        return picture_answer(found.name, found.data)

    async def _unsubscribe(self, request: Request) -> Response:
        return page("preview_link.html", banner=self.live.shown.bearings.banner)

    async def _versions(self, request: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            async for version in self.live.versions():
                yield f"data: {version}\n\n"

        kept = headers("default-src 'none'") | {"Cache-Control": "no-store"}
        return StreamingResponse(stream(), headers=kept, media_type="text/event-stream")
