"""`dispatch practice`: a local SES and SQS to try everything against; nothing leaves this computer."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.context import (
    PRACTICE_LINE,
    PRACTICE_NOTE,
    Context,
    json_option,
    pass_workspace,
    practice_note,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.practice.settings import PracticeSettings

#: the port that practice tries first, so that addresses in messages stay the same from day to day
FIRST_PORT = 8425
START_SECONDS = 20.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Running:
    """A practice server that answers; kept in .dispatch/practice.json."""

    port: int
    pid: int
    url: str
    queue_url: str
    configuration_set: str


@click.group(
    "practice",
    invoke_without_command=True,
    short_help="Run the local mail server; nothing leaves this computer.",
)
@json_option
@click.pass_context
def practice_command(ctx: click.Context, *, as_json: bool) -> None:
    """Start or stop the practice server, or show its status.

    It stands in for Amazon SES: it takes messages, shows them in a web inbox, and publishes delivery events as SES
    does. `dispatch send` starts it automatically while mail.transport is practice.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(status_command, as_json=as_json)


@practice_command.command("start")
@json_option
@pass_workspace
def start_command(context: Context, /, *, as_json: bool) -> None:
    """Start it, if it is not running."""
    _show(ensure_running(context), as_json=as_json)


@practice_command.command("status")
@json_option
@pass_workspace
def status_command(context: Context, /, *, as_json: bool) -> None:
    """Show whether it is running, and the address of its inbox."""
    _show(find_running(context), as_json=as_json)


@practice_command.command("stop")
@json_option
@pass_workspace
def stop_command(context: Context, /, *, as_json: bool) -> None:
    """Stop it; its messages and events stay for the next start."""
    from dispatch.errors import ProviderError

    running = find_running(context)
    if running is None:
        _show(None, as_json=as_json)
        return
    _ask(running.port, "/api/stop", method="POST")
    until = time.monotonic() + STOP_SECONDS
    while find_running(context) is not None:
        if time.monotonic() >= until:
            raise ProviderError(
                "The practice server does not stop.",
                where=f"It is process {running.pid}, at {running.url}.",
                todo=f"End that process: kill {running.pid}",
            )
        time.sleep(0.05)
    if as_json:
        print_json({"running": False, "stopped": True})
    else:
        click.echo(f"{PRACTICE_LINE}\nThe practice server has stopped. Its messages stay for the next start.")


@practice_command.command("run", hidden=True)
@pass_workspace
def run_command(context: Context, /) -> None:
    """Be the practice server: what `start` starts, in a session of its own."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from dispatch.practice.at_home import at_home
    from dispatch.practice.server import config
    from dispatch.practice.server import routes as practice_routes
    from dispatch.practice.settings import PracticeSettings
    from dispatch.store.database import Database
    from dispatch.web.readers import list_names
    from dispatch.web.readers import routes as reader_routes

    settings = PracticeSettings(owner=owner_of(context))
    database = Database.in_file(context.practice_database)
    listening = _listen(_last_port(context))
    running = _running(listening.getsockname()[1], settings)

    async def stop(request: Request) -> Response:
        server.should_exit = True
        return JSONResponse({"stopping": True})

    app = Starlette(
        routes=[
            Route("/api/stop", at_home(stop), methods=["POST"]),
            *reader_routes(
                database,
                public_folder=_practice_folder(context) / "public",
                banner=PRACTICE_LINE,
                public_url=running.url,
                list_names=list_names(context.settings.all_audiences()),
            ),
            *practice_routes(_practice_folder(context), settings=settings),
        ]
    )
    server = uvicorn.Server(config(app))
    # The address is noted once it is this process's: a reader of the note finds no other server there.
    _write(_note(context), json.dumps(asdict(running), indent=2))
    with listening:
        server.run(sockets=[listening])


def ensure_running(context: Context) -> Running:
    """Return the practice server, started if it is not running; it survives the command that started it.

    Raise ProviderError where it does not start.
    """
    with _starting(context):
        found = find_running(context)
        return found if found is not None else _start(context)


def find_running(context: Context) -> Running | None:
    """Return the practice server of this workspace, if it answers."""
    try:
        noted = practice_note(context.state_folder)
        running = Running(**{name: noted[name] for name in Running.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    health = _ask(running.port, "/api/health")
    return running if health is not None and health.get("pid") == running.pid else None


def _start(context: Context) -> Running:
    from dispatch.errors import ProviderError

    log = _practice_folder(context) / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - this program itself, with arguments of its own making
            [
                sys.executable,
                "-m",
                "dispatch",
                "--workspace",
                str(context.workspace),
                "practice",
                "run",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: it outlives the command that started it, and its terminal's Ctrl-C.
            **_detached(),
        )
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = find_running(context)
        if found is not None and found.pid == process.pid:
            return found
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    raise ProviderError(
        "The practice server did not start.",
        where=f"Its log: {log}",
        todo="Read the last lines of the log; to try again: dispatch practice start",
    )


def _running(port: int, settings: "PracticeSettings") -> Running:
    url = f"http://127.0.0.1:{port}"
    return Running(port, os.getpid(), url, f"{url}/queue/{settings.queue_name}", settings.configuration_set)


def _detached() -> dict[str, Any]:
    if os.name == "nt":
        flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        return {"creationflags": flags}
    return {"start_new_session": True}


@contextmanager
def _starting(context: Context) -> "Iterator[None]":
    """Only one process at a time starts the server; the others wait and then find it."""
    with (_practice_folder(context) / "starting.lock").open("w") as lock:
        if os.name != "nt":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _practice_folder(context: Context) -> Path:
    folder = context.state_folder / "practice"
    folder.mkdir(exist_ok=True)
    return folder


def _note(context: Context) -> Path:
    return context.state_folder / PRACTICE_NOTE


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _last_port(context: Context) -> int:
    try:
        return int(practice_note(context.state_folder)["port"])
    except (ValueError, KeyError, TypeError):
        return FIRST_PORT


def owner_of(context: Context) -> str:
    """Return what distinguishes this workspace's practice server from others that had, or will have, the same port."""
    return hashlib.sha256(str(context.workspace).encode()).hexdigest()[:12]


def _listen(wanted: int) -> socket.socket:
    """A listening socket of this computer: at the wanted port if it is free, else at any."""
    try:
        return socket.create_server(("127.0.0.1", wanted))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def _ask(port: int, path: str, method: str = "GET") -> dict[str, Any] | None:
    """A JSON answer of the server on this computer; None where nothing, or something else, answers."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else None


def _show(running: Running | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"running": running is not None, **(asdict(running) if running else {})})
        return
    click.echo(PRACTICE_LINE)
    if running is None:
        click.echo("The practice server is not running. To start it: dispatch practice start")
    else:
        click.echo(f"The practice server is running. Its inbox: {running.url}/inbox")
