"""A file that a person names is read whole, or refused at once."""

import os
import socket
from pathlib import Path

import pytest

from dispatch.errors import BriefError
from dispatch.input_files import read_input_file


def read(file: Path, most: int = 1000) -> bytes:
    return read_input_file(file, most, BriefError, noun="The brief")


def why(file: Path, most: int = 1000) -> str:
    with pytest.raises(BriefError) as caught:
        read(file, most)
    assert len(caught.value.lines()) == 3
    assert caught.value.where == str(file)
    return caught.value.what


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    assert read(tmp_path / "a") == b"x" * 1000


def test_a_longer_file_than_allowed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1001)
    assert why(tmp_path / "a") == "The brief is too large: more than 1 kB."


def test_a_named_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert why(tmp_path / "pipe") == "The brief cannot be read: it is a named pipe, not a file."


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty", "/dev/random"])
def test_a_device_is_refused_at_once(device: str) -> None:
    assert "The brief cannot be read: " in why(Path(device))


def test_a_terminal_as_standard_input_is_refused() -> None:
    main, terminal = os.openpty()
    try:
        assert "it is a device" in why(Path(f"/dev/fd/{terminal}"))
    finally:
        os.close(main)
        os.close(terminal)


def test_a_folder_and_a_socket_are_refused(tmp_path: Path) -> None:
    assert why(tmp_path) == "The brief cannot be read: it is a folder."
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        assert "it is a socket" in why(tmp_path / "s")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert why(tmp_path / "gone") == "The brief cannot be read: there is no such file."
    assert why(tmp_path / "link") == "The brief cannot be read: there is no such file."
    assert "Too many levels of symbolic links" in why(tmp_path / "loop")
    assert "File name too long" in why(tmp_path / ("x" * 300))
    assert "a character that no file can have" in why(Path("a\0b"))
