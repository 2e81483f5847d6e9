"""The web inbox: every captured mail as its reader would see it. Nothing in a mail can act on the page."""

import math
import re
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dispatch.practice import mails
from dispatch.practice.at_home import at_home
from dispatch.practice.state import State

#: messages on one page
PAGE = 50
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The mail itself: no script, no form; pictures from this computer only, so that nothing leaves it.
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: http://127.0.0.1:* http://localhost:*; form-action 'none'; frame-ancestors 'self'"
)
_FOLDER = files("dispatch.practice") / "pages"


def _environment() -> Environment:
    loader = FunctionLoader(lambda name: (_FOLDER / name).read_text(encoding="utf-8"))
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["moment"] = lambda seconds: mails.iso(seconds)[:19].replace("T", " ") + " UTC"
    made.filters["readable"] = mails.header_text
    return made


class Inbox:
    """The pages under /inbox."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.pages = _environment()

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/", at_home(self.home), methods=["GET"]),
            Route("/inbox", at_home(self.listing), methods=["GET"]),
            Route("/inbox/style.css", at_home(self.style), methods=["GET"]),
            Route("/inbox/{message_id}", at_home(self.mail), methods=["GET"]),
            Route("/inbox/{message_id}/html", at_home(self.html), methods=["GET"]),
        ]

    async def home(self, request: Request) -> Response:
        """The root leads to the inbox."""
        return RedirectResponse("/inbox", 302)

    async def style(self, request: Request) -> Response:
        """The pages' style sheet."""
        return Response((_FOLDER / "style.css").read_text(encoding="utf-8"), media_type="text/css")

    async def listing(self, request: Request) -> Response:
        """The messages, newest first; `q` searches address and subject, `from` chooses a sender."""
        query, sender = request.query_params.get("q", "").strip(), request.query_params.get("from", "")
        where, values = _condition(query, sender)
        total = self.state.number(f"SELECT count(*) FROM mail WHERE {where}", *values)  # noqa: S608  # `where` is made of fixed parts
        last = max(1, math.ceil(total / PAGE))
        page = min(max(1, _whole(request.query_params.get("page", "1"))), last)
        sql = f"SELECT * FROM mail WHERE {where} ORDER BY number DESC LIMIT {PAGE} OFFSET {(page - 1) * PAGE}"  # noqa: S608  # as above, and two whole numbers
        found = [mails.read(row) for row in self.state.rows(sql, *values)]
        senders = [
            row["sender"] for row in self.state.rows("SELECT DISTINCT sender FROM mail ORDER BY sender LIMIT 20")
        ]
        shown: dict[str, Any] = {
            "mails": found,
            "total": total,
            "page": page,
            "last": last,
            "query": query,
            "sender": sender,
        }
        return self._page("inbox.html", senders=senders, **shown)

    async def mail(self, request: Request) -> Response:
        """One mail: html, text, headers or source, by `view`."""
        mail = mails.by_id(self.state, request.path_params["message_id"])
        if mail is None:
            return self._page("missing.html", status=404)
        seen = mails.render(self.state, mail)
        views = [
            name
            for name in ("desktop", "phone", "text", "headers", "source")
            if seen.html or name not in ("desktop", "phone")
        ]
        view = request.query_params.get("view", views[0])
        return self._page("mail.html", mail=mail, seen=seen, views=views, view=view if view in views else views[0])

    async def html(self, request: Request) -> Response:
        """The html part alone, for the frame on the mail's page."""
        mail = mails.by_id(self.state, request.path_params["message_id"])
        if mail is None:
            return PlainTextResponse("There is no such message.", 404)
        headers = {"content-security-policy": _MAIL_POLICY, **_COMMON}
        return HTMLResponse(_with_base(mails.render(self.state, mail).html), headers=headers)

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        headers = {"content-security-policy": _PAGE_POLICY, **_COMMON}
        return HTMLResponse(self.pages.get_template(name).render(**values), status, headers=headers)


_COMMON = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}


def _with_base(html: str) -> str:
    """The html with its links opening outside the frame; what is before its head remains there."""
    head = re.search(r"<head\b[^>]*>", html, re.I) or re.match(r"\s*<!doctype[^>]*>", html, re.I)
    place = head.end() if head else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


def _condition(query: str, sender: str) -> tuple[str, list[str]]:
    where, values = ["1"], []
    if query:
        pattern = "%" + query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where.append("(recipient LIKE ? ESCAPE '\\' OR subject LIKE ? ESCAPE '\\')")
        values += [pattern, pattern]
    if sender:
        where.append("sender = ?")
        values.append(sender)
    return " AND ".join(where), values


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
