"""Workspaces as people have them, and the real command run in them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import run_in_process

#: a command that takes longer has hung
COMMAND_SECONDS = 120


@dataclass
class Journey:
    """A workspace in a folder of its own, and the commands run in it."""

    folder: Path
    #: variables for every command
    environ: dict[str, str] = field(default_factory=dict)
    #: what the last command printed on standard error
    errors: str = ""
    #: the address of a provider that a fixture started; else that of the workspace's own practice server
    provider_url: str = ""

    def run(self, *arguments: str, status: int | None = 0, environ: Mapping[str, str] | None = None) -> str:
        """What a command prints on standard output; its exit status must be `status` (None: any).

        It runs in this process; `start` and `run_process` are for what only a process of its own can show.
        """
        named = ["--workspace", str(self.folder), *arguments]
        return self._checked(run_in_process(named, self.variables(environ), self.folder), status)

    def run_process(self, *arguments: str, status: int | None = 0, environ: Mapping[str, str] | None = None) -> str:
        """As `run`, in a process of its own."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.variables(environ),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return self._checked(done, status)

    def _checked(self, done: "subprocess.CompletedProcess[str]", status: int | None) -> str:
        assert status is None or done.returncode == status, (done.args, done.returncode, done.stdout, done.stderr)
        self.errors = done.stderr
        return done.stdout

    def run_json(self, *arguments: str, status: int | None = 0, environ: Mapping[str, str] | None = None) -> Any:
        """The document that a command prints."""
        printed = self.run(*arguments, "--json", status=status, environ=environ)
        assert printed, self.errors
        return json.loads(printed)

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """A command that goes on while the test does."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.variables(environ),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # bash starts background jobs with SIGINT ignored; a test of Ctrl-C needs it as a terminal has it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "dispatch", "--workspace", str(self.folder), *arguments]

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a command."""
        return {**os.environ, **self.environ, **(more or {})}

    def write_members(self, member_list: str, people: Mapping[str, str]) -> None:
        """Put people, address -> name, on a list."""
        file = self.folder / "people.csv"
        file.write_text("email,name\n" + "".join(f"{a},{n}\n" for a, n in people.items()), encoding="utf-8")
        self.run("members", "import", str(file), "--list", member_list, "--yes")

    def write_brief(self, slug: str, title: str, text: str = "A paragraph of the brief.") -> None:
        """A small brief of its own."""
        folder = self.folder / "briefs" / slug
        folder.mkdir(parents=True, exist_ok=True)
        front = [
            "---",
            f'title: "{title}"',
            f"date: {slug[:10]}",
            'preheader: "What the brief says, in one line of an inbox."',
            "authors:",
            '  - name: "Ann Author"',
            "---",
            "",
        ]
        (folder / "brief.md").write_text("\n".join([*front, text, ""]), encoding="utf-8")

    def practice(self) -> "PracticeSeen":
        """The practice server of this workspace, started if need be."""
        return PracticeSeen(self.run_json("practice", "start")["url"])

    @property
    def practice_seen(self) -> "PracticeSeen":
        """The practice server that runs already."""
        if self.provider_url:
            return PracticeSeen(self.provider_url)
        return PracticeSeen(json.loads((self.folder / ".dispatch" / "practice.json").read_text())["url"])


@dataclass(frozen=True)
class PracticeSeen:
    """What the practice server itself says."""

    url: str

    def messages(self, campaign: str = "") -> list[dict[str, Any]]:
        """Every mail that it accepted, in order."""
        found = self.ask(f"/api/messages?campaign={campaign}" if campaign else "/api/messages")
        assert isinstance(found, list)
        return found

    def grant(self, **account: Any) -> None:
        """Change what the account grants."""
        self.ask("/api/account", method="PUT", body=account)

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The JSON answer to a request."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


#: quick for tests: the claim and the grace are short, and yet the grace is long enough for the server of a busy
#: machine to have read what a killed process left in the network
QUICK = {
    "DISPATCH_SEND__HOLD_SECONDS": "0",
    "DISPATCH_SEND__CLAIM_SECONDS": "2",
    "DISPATCH_SEND__GRACE_SECONDS": "12",
    "DISPATCH_SEND__SETTLE_SECONDS": "45",
    "DISPATCH_SES__HIDDEN_SECONDS": "1",
}


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A workspace as `dispatch init` writes it, with empty databases of the newest version, to copy."""
    folder = tmp_path_factory.mktemp("new") / "workspace"
    done = run_in_process(["init", str(folder)], os.environ)
    assert done.returncode == 0, done.stderr
    state = folder / ".dispatch"
    state.mkdir()
    for name in ("dispatch.db", "practice.db"):
        shutil.copyfile(sqlite_template, state / name)
    return folder


@pytest.fixture
def make_journey(new_workspace: Path, tmp_path: Path) -> Iterator[Callable[..., Journey]]:
    """Makes workspaces; their practice servers end with the test."""
    made: list[Journey] = []

    def make(name: str = "workspace", **environ: str) -> Journey:
        shutil.copytree(new_workspace, tmp_path / name)
        made.append(Journey(tmp_path / name, {**QUICK, **environ}))
        return made[-1]

    yield make
    for journey in made:
        if (journey.folder / ".dispatch" / "practice.json").exists():
            journey.run("practice", "stop", status=None)


@pytest.fixture
def journey(make_journey: Callable[..., Journey]) -> Journey:
    """One workspace as `dispatch init` writes it."""
    return make_journey()
