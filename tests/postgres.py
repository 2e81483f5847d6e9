"""A PostgreSQL server of the caller's own: made, started, stopped, and gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

#: runs the server until standard input ends, as it does however the calling process ends
_UNTIL_INPUT_ENDS = '"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server'
_AND_REMOVE = _UNTIL_INPUT_ENDS + '; cd /; rm -rf "$OLDPWD"'
#: it listens on a socket in its folder only
_SETTINGS = {"listen_addresses": "", "max_connections": "120"}


class PostgresServer:
    """A server whose files lie in `folder`; `settings` are its own, beside those that keep it apart.

    Where it is not to be started again, its files go with it, even if the calling process is killed.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], *, starts_again: bool) -> None:
        self.folder = folder
        self._settings = {**_SETTINGS, **settings}
        self._account = _account()
        self._script = _UNTIL_INPUT_ENDS if starts_again else _AND_REMOVE
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its files."""
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        options = ["--username=dispatch", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = [str(_programs() / "initdb"), "--pgdata", str(self.folder / "data"), *options]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **self._as_account())
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it; it answers when this returns."""
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(_programs() / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *settings]
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", self._script, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                # Ctrl-C reaches the caller alone; the server ends when that has ended.
                start_new_session=True,
                **self._as_account(),
            )
        until = time.monotonic() + 60
        while not self._answers():
            log = (self.folder / "log").read_text()
            assert self._process.poll() is None, log
            assert time.monotonic() < until, log
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it: every connection breaks."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(timeout=60)

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://dispatch@/{name}?host={self.folder}"

    def new_database(self, name: str) -> str:
        """The URL of a new, empty database."""
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def run(self, sql: str) -> None:
        """One statement outside any transaction."""
        with psycopg.connect(host=str(self.folder), user="dispatch", dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.encode())

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}


@contextmanager
def postgres(settings: Mapping[str, str] | None = None, *, starts_again: bool = False) -> Iterator[PostgresServer]:
    """A running server, gone at the end, also after Ctrl-C or a kill; with `starts_again` it can be stopped before."""
    # Not under pytest's own folder, which the server's account cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="dispatch-pg-"))
    server = PostgresServer(folder, settings or {}, starts_again=starts_again)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder with PostgreSQL's server programs, the newest; the run fails where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.exit("PostgreSQL's server is missing; install it: apt-get install postgresql", returncode=1)


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as, because it refuses root; None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
