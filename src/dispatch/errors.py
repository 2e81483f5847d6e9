"""Everything that dispatch refuses or cannot do, named for the person who must act.

Each error is three lines for a person: what is wrong, where, and what to do. The commands and the pages catch
`DispatchError` and show those lines; nothing else catches it in passing.
"""

from collections.abc import Sequence


class DispatchError(Exception):
    """The root of all of dispatch's own errors.

    `what` says what is wrong, `where` the file, line, row, setting or address, `todo` what to do about it. The last two
    may be empty.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(what)

    def lines(self) -> list[str]:
        """The message as the lines to show: what, where, what to do (empty ones left out)."""
        return [line for line in (self.what, self.where, self.todo) if line]


class ProblemsFound(DispatchError):
    """Several problems at once, so that they can be fixed together."""

    def __init__(self, what: str, problems: Sequence[DispatchError], *, todo: str = "") -> None:
        super().__init__(what, todo=todo)
        self.problems = tuple(problems)

    def lines(self) -> list[str]:
        """The heading, then each problem's lines, indented."""
        shown = [self.what]
        for problem in self.problems:
            first, *rest = problem.lines()
            shown.append(f"- {first}")
            shown.extend(f"  {line}" for line in rest)
        if self.todo:
            shown.append(self.todo)
        return shown


class BriefError(DispatchError):
    """The author's text must change."""


class DocumentError(DispatchError):
    """A document from outside (.docx, .txt) cannot be taken in."""


class PictureError(DispatchError):
    """A picture must be replaced."""


class TemplateError(DispatchError):
    """A template of the workspace must be fixed."""


class RosterError(DispatchError):
    """A member list or a file of members must be fixed."""


class SettingsError(DispatchError):
    """dispatch.toml or a DISPATCH_… variable must change."""


class WorkspaceError(DispatchError):
    """The folder is not a workspace, or something in it stands in the way."""


class CampaignError(DispatchError):
    """The moment is wrong: the Campaign's state does not allow this."""


class StoreError(DispatchError):
    """The database cannot be reached or is of another version."""


class ProviderError(DispatchError):
    """The mail provider refuses, is paused, or cannot be reached."""


class NotificationError(DispatchError):
    """What the provider sent cannot be understood; it is kept and shown."""
