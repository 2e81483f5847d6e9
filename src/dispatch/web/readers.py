"""The pages that readers reach: unsubscribing, pictures, web copies, and the approval of a Proof.

Unsubscribing follows RFC 8058: a POST of `List-Unsubscribe=One-Click` acts at once, without cookies, login or redirect.
A GET never changes anything, because scanners follow every link of a mail.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dispatch.model.brand import Audience
from dispatch.store import campaigns, proofs, readers
from dispatch.store.database import Database, clock
from dispatch.tokens import TokenKind, read
from dispatch.web.forms import read_form
from dispatch.web.page import READER_POLICY, asset_routes, headers, page
from dispatch.web.pictures import picture_from

#: longest name of who approves, in characters
_NAME_CHARS = 80

Answer = Callable[[Request], Awaitable[Response]]


def routes(
    database: Database,
    *,
    public_folder: Path,
    banner: str = "",
    public_url: str = "",
    list_names: Mapping[str, str] | None = None,
) -> list[BaseRoute]:
    """The readers' routes: /u/…, /i/…, /b/…, /approve/… and the style sheet under /p/.

    `public_folder` holds the published pictures. `banner` is the first line of every page, "" for none, as
    readers of real mail have it. `list_names` says how people call the lists.
    """
    pages = ReaderPages(database, public_folder, banner, public_url, list_names or {})
    return [
        Route("/u/{token}", pages.shown(pages.show_unsubscribe), methods=["GET"]),
        Route("/u/{token}", pages.shown(pages.unsubscribe), methods=["POST"]),
        Route("/approve/{token}", pages.shown(pages.show_approval), methods=["GET"]),
        Route("/approve/{token}", pages.shown(pages.approve), methods=["POST"]),
        Route("/b/{slug}/{audience}", pages.shown(pages.web_copy), methods=["GET"]),
        Route("/i/{name}", pages.picture, methods=["GET"]),
        *asset_routes("style.css"),
    ]


def masked(address: str) -> str:
    """An address that its owner knows again and a stranger does not learn: a…@example.org."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


class ReaderPages:
    """What answers readers, from one database and one folder of pictures."""

    def __init__(
        self,
        database: Database,
        public_folder: Path,
        banner: str,
        public_url: str,
        list_names: Mapping[str, str],
    ) -> None:
        self.database = database
        self.public_folder = public_folder
        self.banner = banner
        self.public_url = public_url
        self.list_names = list_names

    def shown(self, answer: Answer) -> Answer:
        """The handler with its refusals shown as pages."""

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except HTTPException as refusal:
                return self._page("refused.html", refusal.status_code, why=refusal.detail)

        return handler

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        return page(name, status=status, policy=READER_POLICY, banner=self.banner, **values)

    # --- unsubscribing --------------------------------------------------------------------------------------

    async def show_unsubscribe(self, request: Request) -> Response:
        """The page of a link; changes nothing."""
        return await run_in_threadpool(self._unsubscribe_page, request.path_params["token"])

    async def unsubscribe(self, request: Request) -> Response:
        """End the Subscriptions, or take that back for one list."""
        form = await read_form(request, 4096)
        token = request.path_params["token"]
        answer = await run_in_threadpool(self._act, token, form.get("back", ""))
        if form.get("List-Unsubscribe") == "One-Click" and answer.status_code == 200:
            is_proof = await run_in_threadpool(self._named, TokenKind.PROOF, token)
            words = "This was a proof. Nothing was changed." if is_proof else "You are unsubscribed."
            return PlainTextResponse(words + "\n", headers=headers(READER_POLICY))
        return answer

    def _act(self, token: str, back: str) -> Response:
        delivery_id = self._named(TokenKind.READER, token)
        if delivery_id is None:
            return self._unsubscribe_page(token)
        with self.database.writing() as connection:
            reader = readers.find(connection, delivery_id)
            if reader is not None and not reader.is_gone:
                now = clock(connection)
                if back:
                    readers.resubscribe(connection, reader, back, now)
                else:
                    readers.unsubscribe(connection, reader, now)
        return self._unsubscribe_page(token, done="back" if back else "out")

    def _unsubscribe_page(self, token: str, done: str = "") -> Response:
        if self._named(TokenKind.PROOF, token):
            return self._page("proof_link.html")
        delivery_id = self._named(TokenKind.READER, token)
        if delivery_id is None:
            return self._page("unknown_link.html", 404)
        with self.database.reading() as connection:
            reader = readers.find(connection, delivery_id)
        if reader is None:
            return self._page("unknown_link.html", 404)
        if reader.is_gone:
            return self._page("gone.html")
        return self._page(
            "unsubscribe.html",
            title=reader.title,
            address=masked(reader.address),
            lists=[(slug, self.list_names.get(slug, slug), on) for slug, on in reader.lists.items()],
            done=done,
        )

    def _named(self, kind: TokenKind, token: str) -> str | None:
        return read(self.database.key("token"), kind, token)

    # --- a Proof's approval -----------------------------------------------------------------------------------

    async def show_approval(self, request: Request) -> Response:
        """What the Proof is; approves nothing."""
        return await run_in_threadpool(self._approval_page, request.path_params["token"])

    async def approve(self, request: Request) -> Response:
        """Write down who approves it."""
        form = await read_form(request, 4096)
        return await run_in_threadpool(self._approve, request.path_params["token"], form.get("by", ""))

    def _approve(self, token: str, by: str) -> Response:
        name = " ".join("".join(c if c.isprintable() else " " for c in by).split())
        if not name or len(name) > _NAME_CHARS:
            return self._approval_page(token, 422, f"Write your name, in at most {_NAME_CHARS} characters.")
        proof_id = self._named(TokenKind.APPROVAL, token)
        if proof_id is not None:
            with self.database.writing() as connection:
                proofs.approve(connection, proof_id, name, clock(connection))
        return self._approval_page(token)

    def _approval_page(self, token: str, status: int = 200, problem: str = "") -> Response:
        proof_id = self._named(TokenKind.APPROVAL, token)
        if proof_id is None:
            return self._page("unknown_link.html", 404)
        with self.database.reading() as connection:
            proof = proofs.find(connection, proof_id)
            counts = proofs.counts_of(connection, proof_id) if proof else {}
        if proof is None:
            return self._page("unknown_link.html", 404)
        return self._page("approval.html", status, proof=proof, counts=counts, problem=problem)

    # --- pictures and web copies ------------------------------------------------------------------------------

    async def picture(self, request: Request) -> Response:
        """A published picture; its name is its content, so it can be kept for ever."""
        return await run_in_threadpool(picture_from, self.public_folder, request.path_params["name"])

    async def web_copy(self, request: Request) -> Response:
        """The newest frozen Edition of a Campaign and Audience, without anything personal."""
        slug, audience = request.path_params["slug"], request.path_params["audience"]
        found = await run_in_threadpool(self._newest, slug, audience)
        if found is None:
            return self._page("no_web_copy.html", 404)
        policy = (
            f"default-src 'none'; img-src 'self' {self.public_url}; style-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )
        # It is for those who have the mail; what the organisations publish stands on their own sites.
        return Response(found, headers=headers(policy, X_Robots_Tag="noindex"), media_type="text/html")

    def _newest(self, slug: str, audience: str) -> str | None:
        with self.database.reading() as connection:
            campaign = campaigns.find(connection, slug)
            if campaign is None:
                return None
            frozen = campaigns.frozen_editions(connection, campaign.id)
        return next((each.web_html for each in reversed(frozen) if each.audience == audience), None)


def list_names(audiences: Sequence[Audience]) -> dict[str, str]:
    """List -> what its readers know it by: the name of the organisation that mails to it."""
    return {audience.member_list: audience.brand.name for audience in audiences}
