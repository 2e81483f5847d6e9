"""Home: real mail leaves from one place, so that no copy of a database mails people a second time."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dispatch.errors import StoreError
from dispatch.model.campaign import CampaignState
from dispatch.store import campaigns, homes
from dispatch.store.audit import record
from dispatch.store.claims import queued
from dispatch.store.database import Database, clock
from dispatch.store.homes import Home, Place

#: parts of a path that belong to programs that keep folders in step (compared without case)
_SYNC_PARTS = {
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud drive": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "mobile documents": "iCloud Drive",
    "com~apple~clouddocs": "iCloud Drive",
    "cloudstorage": "a cloud drive",
}
_SYNC_BEGINNINGS = {"onedrive": "OneDrive", "googledrive-": "Google Drive", "dropbox (": "Dropbox"}
#: files that such a program leaves in the folders that it keeps
_SYNC_MARKS = {
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
    ".849C9593-D756-4E56-8D6E-42412F2A707B": "OneDrive",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
}
_ADOPT = "If mail is to leave from here from now on, and from nowhere else: dispatch home adopt"


@dataclass(frozen=True, slots=True)
class HomeFound:
    """Where a database lies, and whether that is its home."""

    place: Place
    #: None before the first real mail
    home: Home | None
    #: why real mail must not leave from here; "" where it may
    problem: str = ""
    todo: str = ""


def look(database: Database) -> HomeFound:
    """Where the database lies, and whether real mail may leave from there."""
    place = homes.place_of(database)
    # Held, because a send that is counted between a look at the database and one at a counter would seem a backup.
    with database.writing() as connection:
        homes.hold(connection)
        home = homes.home_of(connection)
        restored = (_restored(database, home) or _restored_whole(home)) if home is not None else ""
    if database.is_sqlite and (program := kept_in_step(Path(place.path))):
        problem = f"The database lies in a folder that {program} keeps in step with other computers."
        todo = "Move the workspace into a folder of this computer alone, or name a database with DISPATCH_DATABASE_URL."
        return HomeFound(place, home, problem, todo)
    if home is None:
        return HomeFound(place, home)
    if home.moved_to:
        problem = f"This database was moved to {home.moved_to}."
        return HomeFound(place, home, problem, "Set database_url to that one, and keep this one as a backup only.")
    if home.place != place:
        problem = f"This is a copy: the database is at home on another machine or in another place, {home.place.path}."
        return HomeFound(place, home, problem, _ADOPT)
    if restored:
        return HomeFound(place, home, restored, _ADOPT)
    return HomeFound(place, home)


def _restored(database: Database, home: Home) -> str:
    file = homes.counter_file(database)
    if file is None:
        return ""
    counter = homes.read_counter(file)
    if counter is None:
        # A first send that was killed between the commit and the counter.
        return "" if home.sends <= 1 else f"This may be a backup that was put back: the counter {file} is missing."
    if counter.instance != home.instance:
        return f"This is a copy: the counter {file} belongs to another one."
    if counter.sends > home.sends:
        missing = counter.sends - home.sends
        return f"This is a backup that was put back: {missing} sends of real mail since then are missing in it."
    return ""


def _restored_whole(home: Home) -> str:
    """A backup of everything brings the counter beside the file along, and a server's brings none."""
    counter = homes.read_counter(homes.own_counter_file(home))
    if counter is None or counter.instance != home.instance or counter.sends <= home.sends:
        return ""
    missing = counter.sends - home.sends
    return f"This is a backup that was put back: {missing} sends of real mail from this computer are missing in it."


def refuse_elsewhere(database: Database) -> None:
    """Raise StoreError where real mail must not leave from this database."""
    found = look(database)
    if found.problem:
        raise StoreError(found.problem, where=found.place.path, todo=found.todo)


def count_send(database: Database) -> None:
    """Count a send of real mail, in the database and beside it; the first one makes this place the home."""
    place = homes.place_of(database)
    with database.writing() as connection:
        homes.hold(connection)
        if homes.home_of(connection) is None:
            homes.move_in(connection, place)
        homes.count_send(connection)
    _write_counters(database)


def adopt(database: Database) -> list[str]:
    """Make this place the home, on a person's word; gives the slugs of the Campaigns that it paused.

    What another copy sent since is known only from the events that were read before: so everything stops first, and
    a person looks before anything goes on. Raises StoreError for a folder that is kept in step.
    """
    found = look(database)
    if database.is_sqlite and (program := kept_in_step(Path(found.place.path))):
        raise StoreError(f"A folder that {program} keeps in step cannot be a home.", todo=found.todo)
    paused = []
    with database.writing() as connection:
        for campaign in campaigns.all_campaigns(connection):
            may_start = campaign.state in (CampaignState.SCHEDULED, CampaignState.SENDING)
            if may_start and queued(connection, campaign.id):
                reason = "This database took over from another copy, which may have mailed people since."
                todo = "Look with `dispatch show`, then: dispatch resume"
                campaigns.set_state(connection, campaign.id, CampaignState.PAUSED, reason, todo)
                paused.append(campaign.slug)
        homes.hold(connection)
        homes.move_in(connection, found.place)
        about = {"path": found.place.path, "before": found.home.place.path if found.home else "", "paused": paused}
        record(connection, "home adopted", now=clock(connection), detail=about)
    _write_counters(database)
    return paused


def _write_counters(database: Database) -> None:
    """Write beside the database, and among the user's own files, what is committed in it."""
    # One process at a time, so that the number of an earlier send never replaces that of a later one.
    with database.writing() as connection:
        homes.hold(connection)
        home = homes.home_of(connection)
        assert home is not None  # made just before
        file = homes.counter_file(database)
        if file is not None:
            homes.write_counter(file, home)
        own = homes.own_counter_file(home)
        # It tells one thing more, and mail does not depend on it: not every user has a home that can be written.
        with suppress(OSError):
            own.parent.mkdir(parents=True, exist_ok=True)
            homes.write_counter(own, home)


def kept_in_step(file: Path) -> str:
    """The program that keeps a file's folder in step with other computers; "" for none that shows."""
    for part in file.parent.parts:
        name = part.casefold()
        if name in _SYNC_PARTS:
            return _SYNC_PARTS[name]
        for beginning, program in _SYNC_BEGINNINGS.items():
            if name.startswith(beginning):
                return program
    for folder in file.parents:
        for mark, program in _SYNC_MARKS.items():
            # Dropbox keeps a folder of that name, with its program's own files, in every home.
            if (folder / mark).exists() and folder != Path.home():
                return program
    return ""
