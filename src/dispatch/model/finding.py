"""Finding: one thing that a check saw, with its place and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Level(StrEnum):
    """How much a Finding weighs."""

    #: `send` refuses, unless a person overrides this code by name
    ERROR = "error"
    #: shown before sending; does not stop it
    WARNING = "warning"
    #: worth knowing
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands; lines and columns count from 1, 0 means unknown."""

    #: the file, relative to the workspace where it can be
    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a Brief or of an Edition."""

    level: Level
    #: stable, lower-case words joined by hyphens, documented in docs/findings.md
    code: str
    #: what is wrong, one sentence
    message: str
    place: Place
    #: what to do about it, one sentence
    advice: str
    #: the Audience whose Edition shows it, "" for the Brief as a whole
    audience: str = ""


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """Those Findings that stop a `send`."""
    return [finding for finding in findings if finding.level is Level.ERROR]


def by_audiences(findings: Iterable[Finding]) -> list[tuple[Finding, list[str]]]:
    """Return each Finding once, without its Audience, with the Audiences that it was seen for (none for the Brief)."""
    found: dict[Finding, list[str]] = {}
    for finding in findings:
        slugs = found.setdefault(replace(finding, audience=""), [])
        if finding.audience:
            slugs.append(finding.audience)
    return list(found.items())
