"""Prepared pictures kept in a folder by the hash of their source, so that a second look costs nothing."""

import hashlib
import json
import tempfile
from pathlib import Path

from dispatch.model.brand import Picture

#: changes with the rules of images.mail, so that pictures prepared by older rules are made again
RECIPE = 1


class Shelf:
    """Prepares pictures, and keeps what it has made. `folder` None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def prepared(self, data: bytes, *, file: str) -> Picture:
        """The mail-ready picture of an image file's bytes. Raises PictureError."""
        source_hash = hashlib.sha256(data).hexdigest()
        kept = self._kept(source_hash)
        if kept is not None:
            return kept
        # Pillow is loaded only where there is something to prepare
        from dispatch.images import mail

        picture = mail.prepare(data, file=file)
        self._keep(picture)
        return picture

    def _card(self, source_hash: str) -> Path | None:
        return self._folder and self._folder / f"{source_hash}.{RECIPE}.json"

    def _kept(self, source_hash: str) -> Picture | None:
        """The picture that is kept, if it is whole."""
        card = self._card(source_hash)
        if card is None:
            return None
        try:
            fields = json.loads(card.read_text("utf-8"))
            data = (card.parent / Path(str(fields["name"])).name).read_bytes()
            if hashlib.sha256(data).hexdigest()[:32] != str(fields["name"]).split(".")[0]:
                return None
            return Picture(
                name=str(fields["name"]),
                source_hash=source_hash,
                width_px=int(fields["width_px"]),
                height_px=int(fields["height_px"]),
                data_bytes=len(data),
                media_type=str(fields["media_type"]),
                data=data,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or damaged: it is made again

    def _keep(self, picture: Picture) -> None:
        card = self._card(picture.source_hash)
        if card is None:
            return
        fields = {
            "name": picture.name,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "media_type": picture.media_type,
        }
        try:
            card.parent.mkdir(parents=True, exist_ok=True)
            _write(card.parent / picture.name, picture.data)
            _write(card, json.dumps(fields).encode())
        except OSError:
            return  # a shelf that cannot be written to only costs time


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
