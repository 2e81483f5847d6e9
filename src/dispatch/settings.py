"""The workspace and its settings: dispatch.toml, overridden by DISPATCH_… variables.

A workspace is the nearest folder upward that holds a dispatch.toml. Unknown keys, in the file or in the environment,
are errors that name the nearest known one.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dispatch.errors import DispatchError, ProblemsFound, SettingsError, WorkspaceError
from dispatch.input_files import read_input_file
from dispatch.sections import Settings

#: the file that makes a folder a workspace
SETTINGS_FILE = "dispatch.toml"
#: variables with this prefix override settings; two underscores stand for a step into a section
PREFIX = "DISPATCH_"
#: names a workspace; not itself a setting
WORKSPACE_VARIABLE = "DISPATCH_WORKSPACE"
#: settings that had another name in an earlier version
RENAMED = {"mail.via": "mail.transport"}
_MOST_BYTES = 1_000_000
#: the folder of the workspace where dispatch keeps its own files
STATE_FOLDER = ".dispatch"


def find_workspace(start: Path) -> Path:
    """The nearest folder upward from `start` that holds a dispatch.toml.

    Raises WorkspaceError where there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise WorkspaceError(
        "This folder is not a dispatch workspace.",
        where=f"Looked for {SETTINGS_FILE} in {start.resolve()} and the folders above it.",
        todo="Go into your workspace, name it with `dispatch --workspace DIR …`, or make one: dispatch init DIR",
    )


def load(workspace: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of a workspace: its dispatch.toml, overridden by the variables of `environ`.

    Raises SettingsError, or ProblemsFound with all that is wrong at once.
    """
    file = workspace / SETTINGS_FILE
    lines, values = _read(file)
    problems: list[DispatchError] = []
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name != WORKSPACE_VARIABLE:
            problems.extend(_override(values, name, value))
    settings = None
    try:
        settings = Settings.model_validate(values)
        problems.extend(_contradictions(settings, file, lines))
    except ValidationError as err:
        problems.extend(_explain(err, file, lines, environ))
    if len(problems) == 1:
        raise problems[0]
    if problems or settings is None:
        raise ProblemsFound("The settings have several problems.", problems)
    return settings


def _read(file: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines of dispatch.toml and its values. Raises SettingsError."""
    data = read_input_file(file, _MOST_BYTES, SettingsError, noun=SETTINGS_FILE)
    try:
        text = data.decode("utf-8-sig")
        return text.splitlines(), tomllib.loads(text)
    except UnicodeDecodeError as err:
        raise SettingsError(
            f"{SETTINGS_FILE} cannot be read: {err}.", where=str(file), todo="Save it as UTF-8 text."
        ) from err
    # A number of thousands of digits is a plain ValueError, thousands of brackets are a RecursionError.
    except (ValueError, RecursionError) as err:
        raise SettingsError(
            f"{SETTINGS_FILE} cannot be read: {err}.",
            where=str(file),
            todo="Fix that line; texts stand in double quotes, one setting a line.",
        ) from err


def keys() -> Iterator[str]:
    """Every setting as `section.key`; `*` stands for a name that the workspace chooses."""
    yield from _keys_of(Settings, "")


def _keys_of(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in section.model_fields.items():
        key = prefix + (info.alias or name)
        kind = info.annotation
        if get_origin(kind) is dict:
            yield from _keys_of(get_args(kind)[1], f"{key}.*.")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _keys_of(kind, f"{key}.")
        else:
            yield key


def _override(values: dict[str, Any], name: str, value: str) -> list[DispatchError]:
    """Put one variable into the values; gives what is wrong with it."""
    path = name.removeprefix(PREFIX).lower().split("__")
    known = {key: key.split(".") for key in keys()}
    if new_name := RENAMED.get(".".join(path)):
        variable = PREFIX + new_name.upper().replace(".", "__")
        todo = f"Write {variable} instead."
        return [SettingsError(f"The setting {name} has a new name: {variable}.", where="in the environment", todo=todo)]
    if not any(_fits(path, steps) for steps in known.values()):
        variables = [PREFIX + key.upper().replace(".", "__") for key in known]
        near = difflib.get_close_matches(name.upper(), variables, n=1, cutoff=0.6)
        return [
            SettingsError(
                f"There is no setting {_printable(name)}.",
                where="in the environment",
                todo=f"Did you mean {near[0]}?"
                if near
                else "Remove the variable; docs/settings.md lists all settings.",
            )
        ]
    target = values
    for step in path[:-1]:
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            return []  # the validation of the file says what is wrong there
    target[path[-1]] = value
    return []


def _fits(path: list[str], steps: list[str]) -> bool:
    return len(path) == len(steps) and all(step in ("*", part) for part, step in zip(path, steps, strict=True))


def _contradictions(settings: Settings, file: Path, lines: list[str]) -> Iterator[SettingsError]:
    for key, said in settings.contradictions():
        where = f"{file}{_line_of(lines, key.split('.'))}"
        yield SettingsError(f"{said}.", where=where, todo="docs/settings.md says what it takes.")


def _explain(err: ValidationError, file: Path, lines: list[str], environ: Mapping[str, str]) -> Iterator[SettingsError]:
    for problem in err.errors(include_url=False):
        message = problem["msg"].removeprefix("Value error, ")
        # Of a name that cannot be used pydantic says that it is the key.
        steps = [str(step) for step in problem["loc"] if step != "[key]"]
        key = ".".join(steps)
        variable = PREFIX + "__".join(steps).upper()
        place = f"{file}{_line_of(lines, steps)}"
        where = f"the variable {variable}" if variable in environ else place
        if key in RENAMED and problem["type"] == "extra_forbidden":
            todo = f"Write {RENAMED[key]} instead of {key}."
            yield SettingsError(f"The setting {key!r} has a new name: {RENAMED[key]!r}.", where=where, todo=todo)
        elif problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(steps[-1], _siblings(steps), n=1, cutoff=0.5)
            todo = f"Did you mean {near[0]!r}?" if near else "Remove it; docs/settings.md lists all settings."
            yield SettingsError(f"There is no setting {key!r}.", where=where, todo=todo)
        else:
            yield SettingsError(
                f"The setting {key!r} is not usable: {message.rstrip('.')}.",
                where=where,
                todo="docs/settings.md says what it takes.",
            )


def _printable(name: str) -> str:
    """A name on one line, without characters that would act on a terminal."""
    return "".join(char if char.isprintable() else "?" for char in name)


def _siblings(steps: list[str]) -> list[str]:
    depth = len(steps) - 1
    known = [key.split(".") for key in keys()]
    return [parts[depth] for parts in known if len(parts) > depth and _fits(steps[:depth], parts[:depth])]


def _line_of(lines: list[str], steps: list[str]) -> str:
    """`:12` for the line of a key, as far as a plain look at the file can tell; else ""."""
    section = ""
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[]")
        elif stripped.split("=")[0].strip() == steps[-1] and section == ".".join(steps[:-1]):
            return f":{number}"
        if stripped.startswith("[") and section == ".".join(steps):
            return f":{number}"
    return ""
