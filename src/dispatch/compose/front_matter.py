"""The YAML between the two `---` lines at the top of brief.md: read strictly, every problem with its line."""

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, MappingStartEvent, NodeEvent, ScalarEvent, SequenceStartEvent

from dispatch.compose.inlines import refusal
from dispatch.markup.characters import one_line
from dispatch.markup.front_matter import split
from dispatch.model.finding import Finding, Level, Place

_MAX_CHARACTERS = 65_536
_MAX_DEPTH = 8
_RTL = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "dv", "ug"})


def _date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError as err:
            raise ValueError("write it as 2023-09-19") from err
    return value


def _subjects(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


Line = Annotated[str, AfterValidator(one_line)]
Filled = Annotated[str, AfterValidator(one_line), Field(min_length=1)]
PerAudience = Annotated[dict[str, Line], BeforeValidator(_subjects)]


def _web_address(value: str) -> str:
    """Return a web address as it is; raise ValueError for what no mail may link to."""
    if not value.startswith(("http://", "https://")) or re.search(r"[\s<>\"']", value):
        raise ValueError("write a web address that begins with https://")
    if wrong := refusal(value):
        raise ValueError(wrong[1].rstrip("."))
    return value


def _site(value: str) -> str:
    """Return a site, with or without https://, as it is; raise ValueError for what is none."""
    if value:
        _web_address(value if "://" in value else f"https://{value}")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AuthorPart(_Part):
    """One entry of `authors`."""

    name: Filled
    role: Line = ""
    organisation: Line = ""
    biography: Line = ""


class OrganisationPart(_Part):
    """One entry of `organisations`."""

    name: Filled
    site: Annotated[Line, AfterValidator(_site)] = ""


class ReadingPart(_Part):
    """One entry of `read_next`."""

    title: Filled
    url: Annotated[Line, AfterValidator(_web_address)]


class FrontMatter(_Part):
    """All keys of the front matter."""

    title: Filled
    date: Annotated[dt.date, BeforeValidator(_date)]
    subject: PerAudience = {}
    preheader: PerAudience = {}
    standfirst: Line = ""
    programme: Line = ""
    authors: list[AuthorPart] = []
    organisations: list[OrganisationPart] = []
    read_next: list[ReadingPart] = []
    lang: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    dir: Literal["ltr", "rtl", ""] = ""

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`; where none is given, the one of the language."""
        return self.dir or ("rtl" if self.lang.split("-")[0].lower() in _RTL else "ltr")


@dataclass(frozen=True)
class Read:
    """What the front matter gave."""

    #: None where title or date cannot be had
    matter: FrontMatter | None
    findings: list[Finding]
    #: key -> line
    lines: Mapping[str, int] = field(default_factory=dict)
    #: the text below it, on the same lines as in the file
    body: str = ""


def read(text: str, file: str) -> Read:
    """The front matter of a brief.md and the text below it."""
    parts = split(text)
    if parts is None:
        return Read(None, [_missing(file)], body=text)
    # empty lines in front keep the line numbers of the file
    body = "\n" * text.count("\n", 0, parts.below) + parts.body
    matter, findings, places = _validate("\n" + parts.front, file)
    return Read(matter, findings, places, body)


def _missing(file: str) -> Finding:
    return Finding(
        Level.ERROR,
        "front-matter-missing",
        "The brief does not begin with its front matter.",
        Place(file, 1, 1),
        "Begin the file with a line ---, then title: and date: on lines of their own, then another line ---.",
    )


def _unreadable(file: str, line: int, column: int, why: str, advice: str) -> Finding:
    return Finding(
        Level.ERROR,
        "front-matter-unreadable",
        f"The front matter cannot be read: {why}.",
        Place(file, line, column),
        advice,
    )


def _validate(text: str, file: str) -> tuple[FrontMatter | None, list[Finding], dict[str, int]]:
    try:
        if finding := _forbidden(text, file):
            return None, [finding], {}
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as err:
        return None, [_yaml_error(err, file)], {}
    except (YAMLError, ValueError, TypeError, OverflowError, AttributeError, KeyError, IndexError) as err:
        # ruamel lets a few wrong numbers and dates out as plain Python errors
        why = str(err).split("\n")[0][:100] or "it is no YAML"
        return None, [_unreadable(file, 2, 1, why, "Put texts in double quotes.")], {}
    if not isinstance(data, CommentedMap):
        return None, [_unreadable(file, 2, 1, "it has no keys", 'Write lines such as title: "…"')], {}
    places = {str(key): data.lc.key(key)[0] + 1 for key in data}
    return (*_model(data, file, places), places)


def _yaml_error(err: MarkedYAMLError, file: str) -> Finding:
    mark = err.problem_mark or err.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (2, 1)
    problem = (err.problem or str(err)).split("\n")[0]
    if "mapping values" in problem:
        return _unreadable(
            file,
            line,
            column,
            "a colon stands inside the text",
            'Put that text in double quotes: title: "A: b"',
        )
    return _unreadable(file, line, column, problem.rstrip("."), "Put texts in double quotes, one key a line.")


def _forbidden(text: str, file: str) -> Finding | None:
    """Anchors, aliases, tags, depth and size that a front matter never needs."""
    if len(text) > _MAX_CHARACTERS:
        return _unreadable(file, 2, 1, "it is far too long", "Close it with a line ---; the brief's text stands below.")
    depth = 0
    for event in YAML(typ="rt").parse(text):
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif not isinstance(event, ScalarEvent | AliasEvent):
            depth -= type(event).__name__ in ("MappingEndEvent", "SequenceEndEvent")
        tagged = isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag is not None
        anchored = isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor is not None)
        if depth > _MAX_DEPTH or tagged or anchored:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            return _unreadable(
                file,
                line,
                column,
                "anchors (&), aliases (*), tags (!) and deep nesting are not used here",
                "Put texts in double quotes.",
            )
    return None


def _model(data: CommentedMap, file: str, places: Mapping[str, int]) -> tuple[FrontMatter | None, list[Finding]]:
    """The validated keys; keys that are wrong are reported and left out."""
    plain = _plain(data)
    try:
        return FrontMatter.model_validate(plain), []
    except ValidationError as err:
        findings = [_explain(problem, data, file) for problem in err.errors(include_url=False)]
        wrong = {str(problem["loc"][0]) for problem in err.errors(include_url=False)}
    kept = {key: value for key, value in plain.items() if key not in wrong}
    try:
        return FrontMatter.model_validate(kept), findings
    except ValidationError:
        return None, findings


def _plain(value: Any) -> Any:
    if isinstance(value, CommentedMap):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _explain(problem: Any, data: CommentedMap, file: str) -> Finding:
    steps = [step for step in problem["loc"] if not str(step).startswith("function-")]
    key = ".".join(str(step + 1) if isinstance(step, int) else str(step) for step in steps)
    place = Place(file, _line(data, steps))
    if problem["type"] == "missing":
        return Finding(
            Level.ERROR,
            "front-matter-missing-key",
            f"The front matter has no {key!r}.",
            place,
            f"Add a line {steps[-1]}: {'2023-09-19, the day of publication' if steps[-1] == 'date' else '…'}",
        )
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(steps[-1]), list(_siblings(steps)), n=1, cutoff=0.6)
        advice = f"Did you mean {near[0]!r}?" if near else "Remove it; docs/brief-format.md lists the keys."
        return Finding(
            Level.ERROR,
            "front-matter-unknown-key",
            f"There is no key {key!r} in the front matter.",
            place,
            advice,
        )
    if problem["type"] == "string_type":
        return Finding(
            Level.ERROR,
            "front-matter-type",
            f"{key!r} must be a text.",
            place,
            f'Put it in double quotes: {steps[-1]}: "…"',
        )
    message = problem["msg"].removeprefix("Value error, ")
    return Finding(
        Level.ERROR,
        "front-matter-type",
        f"{key!r} is not usable: {message}.",
        place,
        "docs/brief-format.md says what it takes.",
    )


def _siblings(steps: list[Any]) -> Iterator[str]:
    parts: dict[str, type[BaseModel]] = {
        "authors": AuthorPart,
        "organisations": OrganisationPart,
        "read_next": ReadingPart,
    }
    model = parts.get(str(steps[0]), FrontMatter) if len(steps) > 1 else FrontMatter
    yield from model.model_fields


def _line(data: Any, steps: list[Any]) -> int:
    """The line of the deepest step that the file has."""
    line = 1
    for step in steps:
        try:
            at = data.lc.item(step) if isinstance(data, CommentedSeq) else data.lc.key(step)
            line, data = at[0] + 1, data[step]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line
