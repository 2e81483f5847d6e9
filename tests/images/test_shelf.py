"""Prepared pictures are kept, and what is kept is whole."""

from pathlib import Path

import pytest
from PIL import Image

from dispatch.errors import PictureError
from dispatch.images.shelf import Shelf
from tests.images.test_mail import encoded, photo


def test_a_picture_is_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(photo(300, 200))
    made = Shelf(tmp_path / "shelf").prepared(data, file="a.jpg")
    opened: list[object] = []
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: opened.append(args))
    assert Shelf(tmp_path / "shelf").prepared(data, file="a.jpg") == made
    assert opened == []


@pytest.mark.parametrize("damage", [b"", b"nonsense", b'{"name": "../../etc/passwd"}', b"[]"])
def test_a_damaged_shelf_is_filled_again(tmp_path: Path, damage: bytes) -> None:
    data = encoded(photo(300, 200))
    shelf = Shelf(tmp_path)
    made = shelf.prepared(data, file="a.jpg")
    for file in tmp_path.iterdir():
        file.write_bytes(damage)
    assert shelf.prepared(data, file="a.jpg") == made
    assert shelf.prepared(data, file="a.jpg") == made


def test_a_shelf_that_cannot_be_written_to_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert Shelf(tmp_path / "file").prepared(encoded(photo(300, 200)), file="a.jpg").width_px == 300


def test_what_cannot_be_prepared_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        Shelf(tmp_path).prepared(b"no picture", file="a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_no_half_written_files_stay_behind(tmp_path: Path) -> None:
    Shelf(tmp_path).prepared(encoded(photo(300, 200)), file="a.jpg")
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".jpg", ".json"]
