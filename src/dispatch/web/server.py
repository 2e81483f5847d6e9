"""A web server on this computer: a socket that listens at once, and uvicorn on it until it is told to stop."""

import socket
from typing import Any

import uvicorn

from dispatch.errors import WorkspaceError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises WorkspaceError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as err:
        sock.close()
        raise WorkspaceError(
            f"Nothing can listen at {host}:{port}: {err.strerror}.",
            where="Another program may use that port, or the address is not this computer's.",
            todo="Name another port with --port; --port 0 takes a free one.",
        ) from err
    return sock


def run(app: Any, sock: socket.socket) -> None:
    """Serve an application on a listening socket until Ctrl-C or SIGTERM; requests under way are finished."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        # Addresses of readers' pages carry their tokens: they stay out of logs.
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=5,
    )
    try:
        uvicorn.Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        return
