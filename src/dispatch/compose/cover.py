"""The cover of a Proof: what stands above the mail for its approvers."""

import html
import re
from dataclasses import dataclass, replace

from dispatch.model.edition import Edition

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cover:
    """What a Proof says about the mail beneath it."""

    code: str
    #: (Audience's name, people) each
    counts: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]
    #: the page on which it is approved
    approval_url: str


def with_cover(edition: Edition, cover: Cover) -> Edition:
    """The Edition as a Proof shows it: [PROOF] before the subject, the cover above the html and the text."""
    body = _BODY.search(edition.html)
    assert body is not None, "an Edition's html has a body"
    page = edition.html[: body.end()] + _as_html(edition, cover) + edition.html[body.end() :]
    return replace(
        edition,
        subject=f"[PROOF] {edition.subject}",
        html=page,
        text=_as_text(edition, cover) + "\n" + edition.text,
    )


def _counts(cover: Cover) -> str:
    return ", ".join(f"{name} {people}" for name, people in cover.counts)


def _sentences(edition: Edition, cover: Cover) -> list[str]:
    total = sum(people for _, people in cover.counts)
    said = [
        f"This is the {edition.audience} edition, not sent to anybody but you yet.",
        f"It would go to {total} people: {_counts(cover)}.",
        f"The code of this proof is {cover.code}.",
    ]
    said.extend(f"Look at this: {warning}" for warning in cover.warnings)
    return said


def _as_html(edition: Edition, cover: Cover) -> str:
    lines = "".join(
        f'<p style="margin:0 0 6px 0;">{html.escape(sentence)}</p>' for sentence in _sentences(edition, cover)
    )
    link = html.escape(cover.approval_url, quote=True)
    return (
        '<div style="background-color:#fff4c2;color:#1f2328;font-family:Helvetica,Arial,sans-serif;font-size:15px;'
        'line-height:22px;padding:16px 24px;border-bottom:2px solid #1f2328;" role="note">'
        f'<p style="margin:0 0 6px 0;"><strong>PROOF</strong></p>{lines}'
        f'<p style="margin:0;"><a ses:no-track href="{link}" style="color:#1f2328;">Look at it and approve it</a></p>'
        "</div>"
    )


def _as_text(edition: Edition, cover: Cover) -> str:
    lines = ["PROOF", "", *_sentences(edition, cover), "", "Look at it and approve it:", cover.approval_url]
    return "\n".join([*lines, "", "-" * 72, ""])
