"""The words that dispatch itself puts around a Brief, from one file per language (data/words/)."""

import functools
import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files

#: language whose words stand where a Brief's own language has no file
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class FrameWords:
    """The words around a Brief in one language; `{number}`, `{credit}` and `{organisation}` are filled."""

    #: the language of these words, and its direction: `ltr` or `rtl`
    lang: str
    dir: str
    notes: str
    #: what a screen reader says for a footnote's mark
    note: str
    #: what an Ibid points at
    points_to: str
    read_next: str
    key_points: str
    about_author: str
    about_authors: str
    #: what stands before the authors' names; "" for nothing
    by: str
    photo: str
    picture: str
    pictures_missing: str
    read_on_web: str
    unsubscribe: str
    #: between `unsubscribe` and `change`
    or_: str
    change: str
    #: why the reader gets the Brief, where the settings' own English words would be foreign
    why: str


def frame_words(lang: str) -> FrameWords:
    """Return the words for a language tag such as `ru` or `zh-Hans`; the English ones where it has no file."""
    found = lang.split("-")[0].lower()
    return _read(found if found in languages() else FALLBACK)


def has_frame_words(lang: str) -> bool:
    """Return whether a language has words of its own."""
    return lang.split("-")[0].lower() in languages()


@functools.cache
def languages() -> frozenset[str]:
    """Return the languages that have a file."""
    found = files("dispatch.compose").joinpath("data/words").iterdir()
    return frozenset(each.name.removesuffix(".toml") for each in found if each.name.endswith(".toml"))


@functools.cache
def _read(lang: str) -> FrameWords:
    text = files("dispatch.compose").joinpath(f"data/words/{lang}.toml").read_text("utf-8")
    values = tomllib.loads(text) | {"lang": lang}
    return FrameWords(**{field.name: values[field.name.rstrip("_")] for field in fields(FrameWords)})
