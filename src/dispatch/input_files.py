"""Files that a person names, read whole: nothing that is no file, and nothing without end."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dispatch.errors import DispatchError

_KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFIFO: "it is a named pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


def open_input_file(file: Path, error: type[DispatchError], *, noun: str, where: str = "", todo: str = "") -> BinaryIO:
    """Return a file that a person named, open for reading.

    Raise `error` about the `noun`, at `where` (else the file's path), for a folder, a pipe or a device, at once and
    without reading from it, and for a file that is not there or cannot be read.
    """
    with _explained(file, error, noun=noun, where=where, todo=todo):
        # Whether it is a file is asked first, because opening a device can do something; and of the open file again,
        # because it can be replaced in between. Opening a pipe does not wait for somebody who writes.
        _require_file(file.stat().st_mode)
        stream = os.fdopen(os.open(file, _FLAGS), "rb")
        try:
            _require_file(os.fstat(stream.fileno()).st_mode)
        except OSError:
            stream.close()
            raise
        return stream


def read_input_file(
    file: Path, most_bytes: int, error: type[DispatchError], *, noun: str, where: str = "", todo: str = ""
) -> bytes:
    """Return the bytes of a file that a person named. Raise `error` as above, and for more than `most_bytes`."""
    with (
        open_input_file(file, error, noun=noun, where=where, todo=todo) as stream,
        _explained(file, error, noun=noun, where=where, todo=todo),
    ):
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        what = f"{noun} is too large: more than {_size(most_bytes)}."
        raise error(what, where=where or str(file), todo="Check that it is the right file.")
    return data


@contextmanager
def _explained(file: Path, error: type[DispatchError], *, noun: str, where: str, todo: str) -> Iterator[None]:
    """Raise `error` for whatever the operating system refuses."""
    try:
        yield
    except FileNotFoundError:
        why = "there is no such file"
    except OSError as err:
        why = err.strerror or str(err) or type(err).__name__
    except ValueError:
        why = "its name holds a character that no file can have"
    else:
        return
    raise error(
        f"{noun} cannot be read: {why}.", where=where or str(file), todo=todo or "Check the name and the folder."
    )


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def _require_file(mode: int) -> None:
    """Raise OSError for what cannot be read to its end."""
    if not stat.S_ISREG(mode):
        raise OSError(_KINDS.get(stat.S_IFMT(mode), "it is not a file"))


def _size(number: int) -> str:
    return f"{number // 1_000_000} MB" if number >= 1_000_000 else f"{number // 1000} kB"
