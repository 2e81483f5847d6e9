"""Nothing that a test does leaves this computer, and nothing of the user's own set-up reaches a test."""

import ipaddress
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest

#: what boto3 finds instead of the user's own account: nobody listens on port 9 of this computer
AWS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


#: more than a whole run ever keeps at once
ROOM_BYTES = 2 * 1024**3


class OutsideTrafficError(RuntimeError):
    """A test tried to reach another computer."""


def pytest_configure(config: pytest.Config) -> None:
    """Before any test or fixture: an environment and a folder of our own, and a guard on sockets and names."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", quick_folder())
    for name in list(os.environ):
        if name.startswith(("AWS_", "DISPATCH_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ.update(AWS)
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="dispatch-state-")
    _guard("connect")
    _guard("connect_ex")
    _guard_names()


def pytest_unconfigure(config: pytest.Config) -> None:
    """After all tests: what they kept among the user's own files goes."""
    shutil.rmtree(os.environ["XDG_STATE_HOME"], ignore_errors=True)


def quick_folder() -> str:
    """Return where the tests' folders are made: in memory where there is room, because SQLite syncs at every commit."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES:
        return str(memory)
    return tempfile.gettempdir()


def is_here(address: object) -> bool:
    """Whether a socket address is on this computer: a loopback address or a local path."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(method: str) -> None:
    real = getattr(socket.socket, method)

    def guarded(self: socket.socket, address: Any) -> Any:
        if not is_here(address):
            raise OutsideTrafficError(f"a test may not reach {address}")
        return real(self, address)

    setattr(socket.socket, method, guarded)


def _guard_names() -> None:
    real = socket.getaddrinfo

    def guarded(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_here((name,)) and name != "0.0.0.0":
            raise OutsideTrafficError(f"a test may not look up {name}")
        return real(host, *rest, **options)

    socket.getaddrinfo = guarded
