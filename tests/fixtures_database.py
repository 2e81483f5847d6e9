"""Fixtures: a fresh database, once in SQLite and once in a PostgreSQL server that these tests start themselves."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dispatch.store.database import Database

#: Runs the server until standard input ends, as it does however the test process ends; then removes its folder.
_UNTIL_INPUT_ENDS = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server; cd /; rm -rf "$OLDPWD"'
_QUICK = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "80",
    "autovacuum": "off",
}


def programs() -> Path:
    """The folder with PostgreSQL's server programs, the newest; the run fails where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.exit("PostgreSQL's server is missing; install it: apt-get install postgresql", returncode=1)


def server_account() -> pwd.struct_passwd | None:
    """Whom the server runs as, because it refuses root; None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a socket in `folder` only."""

    folder: Path

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://dispatch@/{name}?host={self.folder}"

    def run(self, sql: str) -> None:
        """One statement outside any transaction."""
        with psycopg.connect(host=str(self.folder), user="dispatch", dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.encode())

    def answers(self) -> bool:
        """Whether the server takes connections yet."""
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process's own; gone with it, also after Ctrl-C or a kill."""
    binaries, account = programs(), server_account()
    # Not under pytest's own folder, which the server's account cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="dispatch-pg-"))
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    _initialise(binaries, folder, account)
    server = _start(binaries, folder, account)
    try:
        found = PostgresServer(folder)
        _wait_until_it_answers(found, server)
        yield found
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(timeout=60)


def _as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _initialise(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> None:
    options = ["--username=dispatch", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
    made = subprocess.run(
        [str(binaries / "initdb"), "--pgdata", str(folder / "data"), *options],
        cwd=folder,
        capture_output=True,
        text=True,
        **_as_account(account),
    )
    assert made.returncode == 0, made.stderr


def _start(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> "subprocess.Popen[bytes]":
    settings = [word for name, value in _QUICK.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings]
    with (folder / "log").open("wb") as output:
        return subprocess.Popen(
            ["/bin/sh", "-c", _UNTIL_INPUT_ENDS, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            # Ctrl-C reaches the tests alone; the server ends when they have ended.
            start_new_session=True,
            **_as_account(account),
        )


def _wait_until_it_answers(found: PostgresServer, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    log = found.folder / "log"
    while not found.answers():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database of the newest version, to copy."""
    postgres_server.run("CREATE DATABASE newest")
    Database.open(postgres_server.url("newest")).close()
    return "newest"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest version, to copy."""
    file = tmp_path_factory.mktemp("template") / "newest.db"
    Database.in_file(file).close()
    return file


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The URL of a new PostgreSQL database of the newest version."""
    with _postgres_database(postgres_server, postgres_template) as url:
        yield url


@contextmanager
def _postgres_database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database of the newest version: the test runs once with each."""
    if request.param == "sqlite":
        file = tmp_path / "dispatch.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table: the test runs once with each."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with _postgres_database(request.getfixturevalue("postgres_server"), "template1") as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database, open; the test runs once with each."""
    with Database.open(database_url) as opened:
        yield opened
