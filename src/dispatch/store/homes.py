"""The home of a database: the machine and the place where it lies, and how many sends it has seen there.

A counter beside a SQLite file holds the number of sends too, and so does one among this user's own files, which no
backup of a workspace or of a server holds. A backup that is put back brings an older number with it, and a copy comes
without the counter, or from another place.
"""

import json
import os
import socket
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from dispatch.errors import StoreError
from dispatch.input_files import read_input_file
from dispatch.store.campaigns import new_id
from dispatch.store.database import Database, clock
from dispatch.store.schema import homes

#: what follows the name of the database's file in the name of its counter
COUNTER_SUFFIX = ".home"
#: a counter holds two short values
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database lies."""

    #: identifier of the machine; for PostgreSQL of the server
    machine: str
    #: its file; for PostgreSQL its name
    path: str


@dataclass(frozen=True, slots=True)
class Home:
    """The place that a database knows as its own."""

    place: Place
    #: random: which line of copies the counter belongs to
    instance: str
    #: sends of real mail since it moved in
    sends: int
    since: datetime
    #: the database that took over, "" while this one is at home
    moved_to: str


@dataclass(frozen=True, slots=True)
class Counter:
    """What stands in the file beside the database."""

    instance: str
    sends: int


def place_of(database: Database) -> Place:
    """Where the database lies now."""
    if database.is_sqlite:
        return Place(machine_id(), str(Path(str(database.engine.url.database)).resolve()))
    with database.reading() as connection:
        return Place(_server_id(connection), str(connection.execute(text("SELECT current_database()")).scalar_one()))


def _server_id(connection: Connection) -> str:
    """The server's own identifier, made when its data folder was; its address where it does not tell."""
    try:
        with connection.begin_nested():
            found = connection.execute(text("SELECT system_identifier FROM pg_control_system()"))
            return f"postgresql/{found.scalar_one()}"
    except DBAPIError:
        return f"postgresql/{connection.engine.url.host}:{connection.engine.url.port}"


def machine_id() -> str:
    """What tells this machine from others: the system's own identifier, else its name."""
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        try:
            if found := file.read_text(encoding="ascii").strip():
                return found
        except (OSError, UnicodeDecodeError):
            continue
    return _windows_id() or socket.gethostname()


def _windows_id() -> str:
    """What Windows keeps for this in its registry; "" elsewhere."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as opened:
            return str(winreg.QueryValueEx(opened, "MachineGuid")[0])
    return ""


def hold(connection: Connection) -> None:
    """Let no other process look for a home, or make one, until this transaction ends."""
    if connection.dialect.name == "postgresql":
        # In SQLite every writing transaction is alone already.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("dispatch home"))))


def home_of(connection: Connection) -> Home | None:
    """The home that the database knows; None before its first real mail."""
    row = connection.execute(select(homes)).first()
    if row is None:
        return None
    return Home(Place(row.machine, row.path), row.instance, row.sends, row.since, row.moved_to)


def move_in(connection: Connection, place: Place) -> Home:
    """Make a place the home of the database, with a new line of copies; the number of sends goes on."""
    before = home_of(connection)
    connection.execute(delete(homes))
    sends = before.sends if before else 0
    now = clock(connection)
    values = {"machine": place.machine, "path": place.path, "instance": new_id(), "sends": sends, "since": now}
    connection.execute(insert(homes).values(id=1, **values))
    found = home_of(connection)
    assert found is not None
    return found


def count_send(connection: Connection) -> None:
    """Count one send of real mail; the caller writes the counters after the commit."""
    connection.execute(update(homes).values(sends=homes.c.sends + 1))


def mark_moved(connection: Connection, to: str) -> None:
    """Write down that another database took over; this one sends no real mail any more."""
    connection.execute(update(homes).values(moved_to=to))


def counter_file(database: Database) -> Path | None:
    """The counter beside a SQLite file; None for PostgreSQL, whose copies are other servers or names."""
    if not database.is_sqlite:
        return None
    file = Path(str(database.engine.url.database))
    return file.with_name(file.name + COUNTER_SUFFIX)


def own_counter_file(home: Home) -> Path:
    """The counter among this user's own files, outside of any workspace; one for each line of copies."""
    given = os.environ.get("XDG_STATE_HOME", "")
    if sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA", "")
    # A relative one is to be ignored (XDG Base Directory Specification).
    folder = Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "state"
    return folder / "dispatch" / f"{home.instance}{COUNTER_SUFFIX}"


def read_counter(file: Path) -> Counter | None:
    """What the counter says; None where it is missing, damaged or no file."""
    try:
        found = json.loads(read_input_file(file, _MOST_BYTES, StoreError, noun="The counter"))
        return Counter(str(found["instance"]), int(found["sends"]))
    except (StoreError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_counter(file: Path, home: Home) -> None:
    """Write the counter whole or not at all."""
    draft = file.with_name(file.name + ".tmp")
    draft.write_text(json.dumps({"instance": home.instance, "sends": home.sends}), encoding="utf-8")
    draft.replace(file)
