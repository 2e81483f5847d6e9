"""The folder of a brief on disk: written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dispatch.errors import DocumentError

BRIEF_FILE = "brief.md"
#: what a brief.md was before an update, in case something is wanted back
BEFORE_FILE = "brief.before-update.md"


def write_folder(target: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Write brief.md and its pictures (name below `target` -> bytes) into a folder that holds no brief.md yet.

    A new folder appears whole, by one rename; nothing is left behind where that fails. Raises DocumentError.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _write_into(target, text, pictures)
            return
        made = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", dir=target.parent))
        try:
            made.chmod(0o755)
            _write_all(made, text, pictures)
            made.rename(target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as err:
        raise DocumentError(
            f"The brief cannot be written: {err.strerror or err}.",
            where=str(target),
            todo="Check that the folder may be written to and the disk has room; or name another with --out DIR.",
        ) from err


def update_folder(target: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Put a newer brief.md in the place of the old one, which is kept next to it. Raises DocumentError."""
    try:
        before = (target / BRIEF_FILE).read_bytes()
        _replace(target / BEFORE_FILE, before)
        _write_into(target, text, pictures)
    except OSError as err:
        raise DocumentError(
            f"The brief cannot be updated: {err.strerror or err}.",
            where=str(target),
            todo="Close the program that has its files open, and try again.",
        ) from err


def _write_all(folder: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    for name, data in pictures.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "images").mkdir(exist_ok=True)
    (folder / BRIEF_FILE).write_text(text, encoding="utf-8", newline="\n")


def _write_into(folder: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Pictures first, brief.md last: until it is there, nothing refers to them."""
    (folder / "images").mkdir(exist_ok=True)
    for name, data in pictures.items():
        _replace(folder / name, data)
    _replace(folder / BRIEF_FILE, text.encode())


def _replace(path: Path, data: bytes) -> None:
    """Write a file next to its place and put it there in one step."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        made = Path(name)
        made.chmod(0o644)
        made.replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
