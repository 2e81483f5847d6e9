"""The preview as an application: its pages, the mails in their frames, and the stream of versions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dispatch.errors import DispatchError
from dispatch.web.forms import read_form
from dispatch.web.page import asset_routes, attachment, headers, page
from dispatch.web.pictures import picture_answer
from dispatch.web.preview import differences, mail
from dispatch.web.preview.choice import PEOPLE, Choice, ServerAddresses
from dispatch.web.preview.guard import Guard
from dispatch.web.preview.live import Live, Shown
from dispatch.web.preview.outside import Outside
from dispatch.web.preview.sheets import Sheets, places_of

if TYPE_CHECKING:
    from dispatch.pipeline.link_check import LinkAnswer
    from dispatch.store.plan_people import PlannedPerson
    from dispatch.web.preview.people import People

Values = Callable[[Request, Shown], dict[str, Any]]
Handler = Callable[[Request], Awaitable[Response]]
Act = Callable[[dict[str, str]], dict[str, Any]]


class Preview:
    """The pages of one Brief.

    Whatever needs the database is imported when it is first asked for: the first page must be quick.
    """

    def __init__(self, live: Live, outside: Outside, port: int) -> None:
        self.live = live
        self.outside = outside
        self.port = port
        self.sheets = Sheets(ServerAddresses())
        self.answers: dict[str, LinkAnswer] = {}
        self._is_seen = asyncio.Event()

    @cached_property
    def people(self) -> "People":
        """The people of the lists."""
        from dispatch.web.preview.people import People

        return People(self.outside)

    def application(self) -> Guard:
        """The whole application, guarded."""
        return Guard(Starlette(routes=self.routes(), lifespan=self._lifespan), self.port)

    def routes(self) -> list[BaseRoute]:
        """Every route."""
        shown = {
            "mail": self._mail,
            "inbox": self._inbox,
            "differences": lambda request, shown: differences.sheet(shown),
            "findings": lambda request, shown: self.sheets.findings(shown),
            "links": self._links,
            "people": self._people,
            "words": lambda request, shown: self._words(shown),
            "proof": lambda request, shown: self._proof(shown),
        }
        acts: dict[str, Act] = {"words": self._save_words, "proof": self._mail_proof, "links": self._ask_links}
        return [
            *(Route("/" if key == "mail" else f"/{key}", self.shown(key, values)) for key, values in shown.items()),
            *(Route(f"/{key}", self.acted(key, act), methods=["POST"]) for key, act in acts.items()),
            Route("/people.csv", self._csv),
            Route("/account", self._account),
            Route("/mail/{audience}", self._frame),
            Route("/i/{name}", self._picture),
            Route("/u/preview", self._unsubscribe, methods=["GET", "POST"]),
            Route("/versions", self._versions),
            *asset_routes("style.css", "preview.js"),
        ]

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._know_names())]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.people.close()

    async def _follow(self) -> None:
        await run_in_threadpool(self.live.refresh)
        from dispatch.web.preview.watch import watch

        await watch(self.live)

    async def _know_names(self) -> None:
        """Once the first mail is shown, and not in its way: what merge tokens can use, as the lists have it."""
        await self._is_seen.wait()

        def know() -> None:
            with suppress(DispatchError):
                self.live.know_names(self.people.names())

        await run_in_threadpool(know)

    # --- pages ----------------------------------------------------------------------------------------------

    def shown(self, key: str, values: Values) -> Handler:
        """The handler that shows a page of the newest rendering."""

        async def handler(request: Request) -> Response:
            return await run_in_threadpool(self._sheet, key, values, request)

        return handler

    def acted(self, key: str, act: Act) -> Handler:
        """The handler that does what a form asks for, and shows the page with what was done or why not."""

        async def handler(request: Request) -> Response:
            form = await read_form(request, 262_144)

            def answer() -> Response:
                try:
                    done, status = act(form), 200
                except DispatchError as err:
                    done, status = {"refused": err.lines()}, 422
                return self._sheet(
                    key, lambda request, shown: self._again(key, request, shown, form, done), request, status
                )

            return await run_in_threadpool(answer)

        return handler

    def _sheet(self, key: str, values: Values, request: Request, status: int = 200) -> Response:
        """A page of the newest rendering; only its errors where there never was one."""
        shown = self.live.first()
        common = self.sheets.common(shown, key)
        if shown.prepared is None:
            return page("broken.html", **common)
        given = {"refused": [], **values(request, shown)}
        return page(f"preview_{key}.html", status=status, **common, **given)

    def _again(
        self, key: str, request: Request, shown: Shown, form: dict[str, str], done: dict[str, Any]
    ) -> dict[str, Any]:
        if key == "words":
            return self._words(shown, form if done.get("refused") else None) | done
        if key == "proof":
            return self._proof(shown, form.get("addresses", "") if done.get("refused") else "") | done
        return self._links(request, shown) | done

    def _mail(self, request: Request, shown: Shown) -> dict[str, Any]:
        choice = Choice.read(request.query_params, shown.bearings.audiences)
        search = request.query_params.get("search", "").strip()[:200]
        values: dict[str, str] = {}
        problem: list[str] = []
        offered: list[PlannedPerson] = []
        try:
            values = self._values(shown, choice)
            offered = self.people.look_for(shown.bearings.audiences, search) if search else []
        except DispatchError as err:
            problem = err.lines()
        about = {"search": search, "offered": offered, "people_problem": problem, "values": values}
        return self.sheets.mail(shown, choice, values) | about | {"is_member": choice.person not in PEOPLE}

    def _values(self, shown: Shown, choice: Choice) -> dict[str, str]:
        return self.people.values(shown.bearings.audiences, choice.person) if choice.person else {}

    def _inbox(self, request: Request, shown: Shown) -> dict[str, Any]:
        return self.sheets.inbox(shown, {})

    def _links(self, request: Request, shown: Shown) -> dict[str, Any]:
        from dispatch.web.preview import links

        return links.sheet(shown, self.answers)

    def _people(self, request: Request, shown: Shown) -> dict[str, Any]:
        return self.people.plan(shown) | self.people.listing(shown, request.query_params)

    def _words(self, shown: Shown, typed: dict[str, str] | None = None) -> dict[str, Any]:
        from dispatch.web.preview import wording

        names = {audience.slug: audience.name for audience in shown.bearings.audiences}
        return {"saved": None, **wording.sheet(shown, names, typed)}

    def _proof(self, shown: Shown, typed: str = "") -> dict[str, Any]:
        from dispatch.web.preview import proofing

        about = self.people.plan(shown) | proofing.sheet(shown, self.people)
        errors = shown.prepared.errors if shown.prepared else []
        return {"sent": None, "typed": typed, "errors": len(errors), **about}

    # --- acts -----------------------------------------------------------------------------------------------

    def _save_words(self, form: dict[str, str]) -> dict[str, Any]:
        from dispatch.web.preview import wording

        return {"saved": wording.write(self.live, form)}

    def _mail_proof(self, form: dict[str, str]) -> dict[str, Any]:
        from dispatch.web.preview import proofing

        return proofing.mail_proof(self.live, self.outside, form.get("addresses", ""))

    def _ask_links(self, form: dict[str, str]) -> dict[str, Any]:
        from dispatch.pipeline.link_check import ask_all
        from dispatch.web.preview import links

        shown = self.live.first()
        if shown.prepared is not None:
            self.answers = ask_all(row.href for row in links.link_rows(shown) if row.can_be_asked)
        return {}

    # --- what the pages hold ----------------------------------------------------------------------------------

    async def _csv(self, request: Request) -> Response:
        def lines() -> Response:
            shown = self.live.first()
            if shown.prepared is None:
                return PlainTextResponse("The brief cannot be shown.\n", 409, headers("default-src 'none'"))
            try:
                rows = self.people.as_csv(shown, request.query_params)
            except DispatchError as err:
                return PlainTextResponse("\n".join(err.lines()) + "\n", 409, headers("default-src 'none'"))
            named = attachment(f"{shown.prepared.brief.slug[:100]}-people.csv")
            return StreamingResponse(rows, headers=headers("default-src 'none'") | named, media_type="text/csv")

        return await run_in_threadpool(lines)

    async def _account(self, request: Request) -> Response:
        def answer() -> Response:
            from dispatch.web.preview import account

            shown = self.live.first()
            return page("account.html", **account.sheet(shown, self.outside, self.people))

        return await run_in_threadpool(answer)

    async def _frame(self, request: Request) -> Response:
        answer = await run_in_threadpool(self._frame_now, request)
        self._is_seen.set()
        return answer

    def _frame_now(self, request: Request) -> Response:
        shown = self.live.first()
        audience = next((a for a in shown.bearings.audiences if a.slug == request.path_params["audience"]), None)
        if shown.prepared is None or audience is None:
            return PlainTextResponse("There is no such email.\n", 404, headers("default-src 'none'"))
        choice = Choice.read(request.query_params, shown.bearings.audiences)
        values: dict[str, str] = {}
        with suppress(DispatchError):
            values = self._values(shown, choice)
        html = mail.filled(shown.prepared.editions[audience.slug], values, f"http://127.0.0.1:{self.port}/u/preview")[1]
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

        return StreamingResponse(stream(), headers=headers("default-src 'none'"), media_type="text/event-stream")
