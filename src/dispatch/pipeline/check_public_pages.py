"""Reach: whether readers can unsubscribe and see the pictures, asked from outside before real mail leaves."""

from collections.abc import Sequence

from dispatch.errors import DispatchError, ProviderError
from dispatch.model.brand import Picture
from dispatch.store.campaigns import new_id
from dispatch.store.database import Database
from dispatch.tokens import TokenKind, picture_url, sign, unsubscribe_url

#: for one answer, in seconds
PATIENCE_SECONDS = 10.0
#: of an answer that are read
MOST_BYTES = 10_000_000
_TODO = "Check that `dispatch serve` runs behind that address, on this database, and that the address is right."


def unreachable(database: Database, public_url: str, pictures: Sequence[Picture]) -> list[DispatchError]:
    """What readers would find broken: the unsubscribe address and the published pictures."""
    token = sign(database.key("token"), TokenKind.PROOF, new_id())
    url = unsubscribe_url(public_url, token)
    problems: list[DispatchError] = []
    if why := _why_not_unsubscribe(url):
        where = "the unsubscribe address that every mail carries"
        problems.append(ProviderError(f"Readers could not unsubscribe: {why}.", where=where, todo=_TODO))
    for picture in pictures:
        if why := _why_not_picture(picture_url(public_url, picture.name), picture.data):
            where = picture_url(public_url, picture.name)
            problems.append(ProviderError(f"Readers would not see a picture: {why}.", where=where, todo=_TODO))
    return problems


def _why_not_unsubscribe(url: str) -> str:
    """The page shows by GET; a POST as mail programs make it (RFC 8058 section 3.2) answers 200 without a redirect."""
    status, _, why = _ask("GET", url)
    if status != 200:
        return why or f"the page answers {status}"
    status, _, why = _ask("POST", url)
    if status != 200:
        return why or f"the one-click POST answers {status}"
    # Who answers 200 to everything is not ours, or not on this database.
    status, _, why = _ask("GET", url[:-1] + ("A" if url[-1] != "A" else "B") + "x")
    return why or ("" if status == 404 else f"a link that nobody signed answers {status}, not 404")


def _why_not_picture(url: str, data: bytes) -> str:
    status, found, why = _ask("GET", url)
    if status != 200:
        return why or f"its address answers {status}"
    return "" if found == data else "its address shows other bytes"


def _ask(method: str, url: str) -> tuple[int, bytes, str]:
    """(status, body, why there is no answer)."""
    import httpx2

    form = {"List-Unsubscribe": "One-Click"} if method == "POST" else None
    try:
        with (
            httpx2.Client(timeout=PATIENCE_SECONDS, follow_redirects=False) as client,
            client.stream(method, url, data=form) as answer,
        ):
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    return 0, b"", "the answer is far too long"
            return answer.status_code, body, ""
    except httpx2.HTTPError as err:
        return 0, b"", f"no answer ({type(err).__name__})"
