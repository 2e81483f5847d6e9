"""Files that a person names, read whole: nothing that is no file, and nothing without end."""

import os
import stat
from pathlib import Path

from dispatch.errors import DispatchError

_KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFIFO: "it is a named pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


def read_input_file(
    file: Path, most_bytes: int, error: type[DispatchError], *, noun: str, where: str = "", todo: str = ""
) -> bytes:
    """Return the bytes of a file that a person named.

    Raise `error` about the `noun`, at `where` (else the file's path), for a folder, a pipe or a device, at once and
    without reading from it; for a file that is not there, cannot be read, or has more than `most_bytes`.
    """
    where = where or str(file)
    try:
        # Whether it is a file is asked first, because opening a device can do something; and of the open file again,
        # because it can be replaced in between. Opening a pipe does not wait for somebody who writes.
        why = _why_not_a_file(file.stat().st_mode)
        if not why:
            with os.fdopen(os.open(file, _FLAGS), "rb") as stream:
                why = _why_not_a_file(os.fstat(stream.fileno()).st_mode)
                data = b"" if why else stream.read(most_bytes + 1)
    except FileNotFoundError:
        why = "there is no such file"
    except OSError as err:
        why = err.strerror or type(err).__name__
    except ValueError:
        why = "its name holds a character that no file can have"
    if why:
        raise error(f"{noun} cannot be read: {why}.", where=where, todo=todo or "Check the name and the folder.")
    if len(data) > most_bytes:
        what = f"{noun} is too large: more than {_size(most_bytes)}."
        raise error(what, where=where, todo="Check that it is the right file.")
    return data


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def _why_not_a_file(mode: int) -> str:
    """Why this is no file that can be read to its end; "" where it is one."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "it is not a file")


def _size(number: int) -> str:
    return f"{number // 1_000_000} MB" if number >= 1_000_000 else f"{number // 1000} kB"
