"""The front matter of a .md file: it goes into the draft before the text is looked at."""

import datetime as dt
from typing import Any

from dispatch.authoring.dates import read_date
from dispatch.authoring.document import Draft, LeftOut, Signer
from dispatch.markup.escape import quote_yaml

#: other names for our keys, as other programs write them
_NAMES = {
    "subtitle": "standfirst",
    "author": "authors",
    "published": "date",
    "program": "programme",
    "language": "lang",
}
_KEPT = ("subject", "preheader")


def take_front_matter(front: dict[str, Any], draft: Draft) -> None:
    """Put the keys of front matter into the draft; those that a brief does not have are left out and said."""
    for key, value in front.items():
        name = _NAMES.get(str(key).casefold(), str(key).casefold())
        if value and not _take(name, value, draft):
            words = " ".join(_words(value))
            draft.left_out.append(LeftOut(words, f"the key “{key}” of the front matter, which a brief does not have"))


def _take(name: str, value: Any, draft: Draft) -> bool:
    if name == "date":
        return _take_date(value, draft)
    if name == "authors":
        return _take_authors(value, draft)
    if name == "organisations" and isinstance(value, list) and all(isinstance(body, dict) for body in value):
        draft.organisations |= {str(body.get("name", "")): str(body.get("site", "")) for body in value}
        return True
    if name in ("title", "standfirst", "programme", "lang") and isinstance(value, str):
        setattr(draft, name, " ".join(value.split()))
        return True
    if name in _KEPT and isinstance(value, str):
        draft.kept.append(f"{name}: {quote_yaml(value)}")
        return True
    return False


def _take_date(value: Any, draft: Draft) -> bool:
    found = read_date(str(value)) if isinstance(value, str) else None
    day = value.date() if isinstance(value, dt.datetime) else value if isinstance(value, dt.date) else None
    if day is None and found is None:
        return False
    draft.date = day or (found.day if found else None)
    if isinstance(value, str) and draft.date and value.strip() != draft.date.isoformat():
        draft.left_out.append(LeftOut(value, f"the date as typed; brief.md has {draft.date.isoformat()}"))
    return True


def _take_authors(value: Any, draft: Draft) -> bool:
    entries = value if isinstance(value, list) else [value]
    signers = []
    for entry in entries:
        if isinstance(entry, str):
            signers.append(Signer(entry))
        elif isinstance(entry, dict) and entry.get("name"):
            extra = {key: str(entry.get(key) or "") for key in ("role", "organisation", "biography")}
            signers.append(Signer(str(entry["name"]), **extra))
        else:
            return False
    draft.authors = signers
    return True


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value.isoformat() if isinstance(value, dt.date) else str(value)]
