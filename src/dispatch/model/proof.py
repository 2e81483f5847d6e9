"""Proof: what was shown, to whom, when, and who approved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A mailing of all Editions for approval."""

    id: str
    slug: str
    #: what a person reads out: six characters
    code: str
    created_at: datetime
    #: Audience -> fingerprint of the Edition shown
    fingerprints: Mapping[str, str]
    #: settings that reach the mail, by their names, as they were
    settings: Mapping[str, str]
    addresses: tuple[str, ...]
    approved_by: str = ""
    approved_at: datetime | None = None

    def changes(self, fingerprints: Mapping[str, str], settings: Mapping[str, str]) -> list[str]:
        """What is not as it was shown, in words; nothing while the Proof holds."""
        edited = [name for name, mark in fingerprints.items() if self.fingerprints.get(name) != mark]
        names = sorted({*self.settings, *settings})
        moved = [name for name in names if self.settings.get(name, "") != settings.get(name, "")]
        return [f"the content for {name}" for name in edited] + [f"the setting {name}" for name in moved]
