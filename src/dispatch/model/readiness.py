"""Readiness: what stands in the way of sending, and what a person should know before it."""

from dataclasses import dataclass
from typing import Self

from dispatch.errors import DispatchError, ProblemsFound


@dataclass(frozen=True, slots=True)
class Readiness:
    """What rules found: values, so that all of it can be shown at once."""

    #: each of them stops the send
    problems: tuple[DispatchError, ...] = ()
    #: sentences; none of them stops the send
    notes: tuple[str, ...] = ()

    def __add__(self, other: Self) -> Self:
        return type(self)(self.problems + other.problems, self.notes + other.notes)

    def require(self, what: str) -> None:
        """Raise ProblemsFound under the heading `what`, with every problem, if there is one."""
        if self.problems:
            raise ProblemsFound(what, self.problems)
