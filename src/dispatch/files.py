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
        if target.exists():
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                file.write(picture.data)
            Path(draft).chmod(0o644)
            Path(draft).replace(target)
        except OSError as err:
            raise PictureError(
                f"A picture cannot be published: {err.strerror}.",
                where=str(target),
                todo="Check that there is room on the disk and that this account may write there.",
            ) from err
