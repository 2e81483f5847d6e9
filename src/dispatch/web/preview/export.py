"""The preview as files that open without a server, to be passed on."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from dispatch.errors import DispatchError, WorkspaceError
from dispatch.web.page import PAGES, render
from dispatch.web.preview import differences, links, mail
from dispatch.web.preview.choice import LIGHTS, SHOWS, WIDTHS, Choice
from dispatch.web.preview.live import Shown
from dispatch.web.preview.people import People
from dispatch.web.preview.sheets import Sheets, places_of

#: the parts that need no server
TABS = ("mail", "inbox", "differences", "findings", "links", "people")
#: marks a folder that may be written over
MARK = '<meta name="generator" content="dispatch preview">'
_FRAMES = ("mail", "blocked", "stripped")


class FileAddresses:
    """Addresses of files in one folder; the mails lie in `mail/`, the pictures in `i/`."""

    is_live = False

    def asset(self, name: str) -> str:
        """The style sheet or the script."""
        return name

    def page(self, key: str, choice: Choice | None = None) -> str:
        """A page; a place in the mail is shown in the mail alone."""
        if key != "mail" or choice is None:
            return "index.html" if key == "mail" else f"{key}.html"
        if choice.place:
            return self.frame(choice.audience, choice)
        names = [choice.audience, choice.show if choice.show != "mail" else ""]
        if choice.show in _FRAMES:
            names += [choice.width, choice.light if choice.light != "light" else ""]
        return "-".join(filter(None, ("mail", *names))) + ".html" if any(names) else "index.html"

    def frame(self, audience: str, choice: Choice) -> str:
        """A mail, as a frame shows it."""
        place = f"#line-{choice.place}" if choice.place else ""
        return f"mail/{audience}-{choice.show}-{choice.light}.html{place}"

    def picture(self, name: str) -> str:
        """A picture of the mail."""
        return f"i/{name}"


def export(shown: Shown, people: People, folder: Path) -> int:
    """Write the preview of one rendering into a folder; gives the number of files.

    The list of people is left out: these files are made to be passed on. Raises what keeps the Brief from being shown,
    and WorkspaceError where the folder holds something else.
    """
    if shown.problem is not None:
        raise shown.problem
    _make_room(folder)
    count = 0
    try:
        for name, data in _files(shown, people):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            count += 1
    except OSError as err:
        raise WorkspaceError(
            f"The preview cannot be written: {err.strerror}.",
            where=str(folder),
            todo="Name a folder that you may write.",
        ) from err
    return count


def _make_room(folder: Path) -> None:
    index = folder / "index.html"
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not index.is_file() or MARK not in index.read_text("utf-8", errors="replace"):
        raise WorkspaceError(
            "The folder holds something else.", where=str(folder), todo="Name a new folder, or an earlier preview."
        )


def _files(shown: Shown, people: People) -> Iterator[tuple[str, bytes]]:
    assert shown.prepared is not None
    for asset in ("style.css", "preview.js"):
        yield asset, (PAGES / asset).read_bytes()
    for picture in shown.prepared.pictures.values():
        yield f"i/{picture.name}", picture.data
    yield from _mails(shown)
    yield from _pages(shown, people)


def _mails(shown: Shown) -> Iterator[tuple[str, bytes]]:
    assert shown.prepared is not None
    addresses = FileAddresses()
    for audience, show, light in product(shown.bearings.audiences, _FRAMES, LIGHTS):
        choice = Choice(audience.slug, show=show, light=light)
        html = mail.filled(shown.prepared.editions[audience.slug], {}, "#")[1]
        page = mail.shown(
            html, choice.look, shown.bearings.public_url, "../i/", places_of(shown, audience), has_server=False
        )
        yield addresses.frame(audience.slug, choice), page.encode()


def _pages(shown: Shown, people: People) -> Iterator[tuple[str, bytes]]:
    sheets = Sheets(FileAddresses(), TABS)
    for choice in _choices(shown):
        values = sheets.common(shown, "mail") | sheets.mail(shown, choice, {})
        yield sheets.addresses.page("mail", choice), render("preview_mail.html", **values).encode()
    try:
        plan = people.plan(shown)
    except DispatchError as err:
        plan = {"plan": None, "plan_problem": err.lines()}
    for key, values in (
        ("inbox", sheets.inbox(shown, {})),
        ("differences", differences.sheet(shown)),
        ("findings", sheets.findings(shown)),
        ("links", links.sheet(shown, {})),
        ("people", plan),
    ):
        page = render(f"preview_{key}.html", refused=[], **sheets.common(shown, key), **values)
        yield sheets.addresses.page(key), page.encode()


def _choices(shown: Shown) -> Iterator[Choice]:
    """Every choice that is a page of its own."""
    for audience, show in product(["", *(each.slug for each in shown.bearings.audiences)], SHOWS):
        if show not in _FRAMES:
            yield Choice(audience, show=show)
            continue
        for width, light in product(WIDTHS, LIGHTS):
            yield Choice(audience, width, light, show)
