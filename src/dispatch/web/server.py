"""A web server on this computer: a socket that listens at once, and uvicorn on it until it is told to stop."""

import logging
import socket
from collections.abc import Callable
from typing import Any

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


def run(app: Any, sock: socket.socket, *, on_stop: Callable[[], None] | None = None) -> None:
    """Serve an application on a listening socket until Ctrl-C or SIGTERM; requests under way are finished.

    `on_stop` is called at the signal, to end streams that would otherwise never end.
    """
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            if on_stop is not None:
                on_stop()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        log_level="error",
        # Addresses of readers' pages carry their tokens: they stay out of logs.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=5,
    )
    # A browser that keeps an idle connection open is no error.
    logging.getLogger("uvicorn.error").addFilter(lambda entry: "graceful shutdown exceeded" not in entry.getMessage())
    try:
        Server(config).run(sockets=[sock])
    except KeyboardInterrupt:
        return
