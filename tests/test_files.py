"""Pictures get into a folder whole or not at all, and what is there stays."""

import stat
import threading
from pathlib import Path

import pytest

from dispatch.errors import PictureError
from dispatch.files import FolderPublisher
from dispatch.model.brand import Picture


def picture(data: bytes = b"picture") -> Picture:
    return Picture("0123abcd.png", "f" * 64, 10, 10, len(data), "image/png", data)


def test_a_picture_is_written_under_its_name_for_everybody_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "public" / "i"
    FolderPublisher(folder).publish(picture())
    (file,) = folder.iterdir()
    assert (file.name, file.read_bytes()) == ("0123abcd.png", b"picture")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_picture_that_is_there_stays(tmp_path: Path) -> None:
    FolderPublisher(tmp_path).publish(picture())
    before = (tmp_path / "0123abcd.png").stat()
    FolderPublisher(tmp_path).publish(picture(b"another"))
    assert (tmp_path / "0123abcd.png").read_bytes() == b"picture"
    assert (tmp_path / "0123abcd.png").stat().st_mtime_ns == before.st_mtime_ns


def test_several_at_once_leave_one_whole_picture_and_nothing_else(tmp_path: Path) -> None:
    big = picture(b"x" * 500_000)
    gate = threading.Barrier(6)

    def publish() -> None:
        gate.wait()
        FolderPublisher(tmp_path).publish(big)

    threads = [threading.Thread(target=publish) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == big.data


def test_a_folder_that_cannot_be_made_is_told_in_three_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PictureError, match="cannot be published") as caught:
        FolderPublisher(tmp_path / "file" / "i").publish(picture())
    assert len(caught.value.lines()) == 3


def test_what_could_not_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PictureError, match="No space left"):
        FolderPublisher(tmp_path).publish(picture())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside.png", "/tmp/outside.png", "a/b.png", "", ".", ".."])
def test_a_name_that_is_no_plain_name_is_refused(tmp_path: Path, name: str) -> None:
    odd = Picture(name, "f" * 64, 10, 10, 1, "image/png", b"x")
    with pytest.raises(PictureError):
        FolderPublisher(tmp_path / "i").publish(odd)
    assert list(tmp_path.iterdir()) == []
