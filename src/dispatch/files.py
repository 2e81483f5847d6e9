"""FolderPublisher: a Publisher into a folder, which `dispatch serve` or any web server shows."""

import os
import tempfile
from pathlib import Path

from dispatch.errors import PictureError
from dispatch.model.brand import Picture


class FolderPublisher:
    """Puts pictures into a folder, each under its name; names follow from the content, so a file never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def publish(self, picture: Picture) -> None:
        """Write the picture whole or not at all; one that is there stays. Raises PictureError."""
        target = self._folder / picture.name
        if picture.name in ("", "..") or target.name != picture.name or target.parent != self._folder:
            raise PictureError("A picture's name is no plain file name.", where=repr(picture.name))
        try:
            if not target.exists():
                self._write(target, picture.data)
        except OSError as err:
            raise PictureError(
                f"A picture cannot be published: {err.strerror}.",
                where=str(target),
                todo="Check that there is room on the disk and that this account may write there.",
            ) from err

    def _write(self, target: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            draft.chmod(0o644)
            draft.replace(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
