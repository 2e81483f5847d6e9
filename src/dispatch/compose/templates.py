"""The workspace's templates: compiled once, rendered strictly, mistakes named by template, line and block."""

import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.loaders import FunctionLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from dispatch.compose.template_lint import mistake_in
from dispatch.errors import TemplateError

#: what every workspace's templates must hold
BASE = "base.mjml.j2"
FOLDER = "templates"


class Templates:
    """The templates of one workspace, ready to render."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = dict(sources)
        self._environment = ImmutableSandboxedEnvironment(
            autoescape=True,
            undefined=StrictUndefined,
            loader=FunctionLoader(self._load),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
            cache_size=200,
        )

    def _load(self, name: str) -> tuple[str, str, None] | None:
        source = self._sources.get(name)
        if source is not None and (mistake := mistake_in(source)):
            raise _error(mistake[1], name, mistake[0], "")
        # the name as file name, so that a traceback can tell the template's line
        return None if source is None else (source, name, None)

    def render(self, name: str, context: Mapping[str, Any], *, block: str = "") -> Markup:
        """A template filled. `block` names what of the brief it is for. Raises TemplateError."""
        try:
            return Markup(self._environment.get_template(name).render(context))  # noqa: S704 - autoescape has escaped
        except TemplateSyntaxError as err:
            raise _error(str(err.message), err.name or name, err.lineno, block) from err
        except TemplateNotFound as err:
            raise _error(f"there is no template {err.name!r}", name, _line(err, self._sources, name)[1], block) from err
        except (
            JinjaError,
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ) as err:
            where = _line(err, self._sources, name)
            raise _error(str(err) or type(err).__name__, where[0], where[1], block) from err


def _line(err: BaseException, sources: Mapping[str, str], name: str) -> tuple[str, int]:
    """Template and line of the innermost frame that is a template's."""
    frames = [frame for frame in traceback.extract_tb(err.__traceback__) if frame.filename in sources]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else (name, 0)


def _error(why: str, name: str, line: int, block: str) -> TemplateError:
    place = f"{FOLDER}/{name}" + (f", line {line}" if line else "")
    return TemplateError(
        f"The template {name} cannot be used: {why.rstrip('.')}.",
        where=f"{place}, for {block}" if block else place,
        todo="Fix that line; docs/templates.md says what a template may use.",
    )


@lru_cache(maxsize=8)
def _compiled(sources: tuple[tuple[str, str], ...]) -> Templates:
    return Templates(dict(sources))


def compiled(sources: Mapping[str, str]) -> Templates:
    """The templates of a workspace; kept, so that a second render need not read them again."""
    return _compiled(tuple(sorted(sources.items())))
