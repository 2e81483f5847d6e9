"""The lines between the title and the text: who signs, for whom, in which programme, and where they are on the web."""

import re
from dataclasses import dataclass, field, replace

from dispatch.authoring import looks
from dispatch.authoring.dates import read_date
from dispatch.authoring.document import Draft, LeftOut, Remark, Signer
from dispatch.authoring.word_check import words_of

_PARTS = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|,\s+|\s*[（(](?=[^()（）]+[)）]$)|[，、]")
_AND = re.compile(r"\s+(?:and|&|и|и)\s+|\s*[，、,;]\s*(?:and\s+)?|\s*和\s*")


@dataclass
class Byline:
    """What the lines of the byline have said so far."""

    draft: Draft
    #: indexes of the authors that the next role or organisation belongs to
    open_authors: list[int] = field(default_factory=list)
    #: the organisation that the next site belongs to
    open_organisation: str = ""

    def take(self, line: str, following: str, place: int) -> bool:
        """Whether a line of the byline is understood; it is in the draft then."""
        line = " ".join(line.split())
        for reader in (self._date, self._site, self._email, self._by, self._programme, self._organisation, self._role):
            if reader(line, place):
                return True
        return self._names(line, following, place)

    def _date(self, line: str, place: int) -> bool:
        found = read_date(line)
        if found is None or self.draft.date is not None:
            return False
        self.draft.date = found.day
        self.draft.understood.append(Remark(f"Date: {found.day.isoformat()}, typed as “{line}”", place))
        if line != found.day.isoformat():
            reason = f"the date as typed; brief.md has {found.day.isoformat()}"
            self.draft.left_out.append(LeftOut(line, reason, place))
        if found.is_ambiguous:
            self.draft.look_at.append(
                Remark(f"“{line}” was read as {found.day:%d %B %Y}, month first. Check the date.", place)
            )
        return True

    def _site(self, line: str, place: int) -> bool:
        site = looks.read_site(line)
        if not site or not self.open_organisation or self.draft.organisations.get(self.open_organisation):
            return False
        self.draft.organisations[self.open_organisation] = site
        self.draft.understood.append(Remark(f"Site of {self.open_organisation}: {site}", place))
        return True

    def _email(self, line: str, place: int) -> bool:
        if not looks.is_email(line):
            return False
        self.draft.left_out.append(LeftOut(line, "an e-mail address; a brief has no place for one", place))
        return True

    def _by(self, line: str, place: int) -> bool:
        who = looks.read_by(line)
        if not who or looks.is_sentence(line):
            return False
        start = line[: len(line) - len(who)].strip()
        return self._sign(who, place, is_sure=True, start=start)

    def _programme(self, line: str, place: int) -> bool:
        if self.draft.programme or not looks.is_programme(line) or self._has_name(line):
            return False
        self.draft.programme = line
        self.draft.understood.append(Remark(f"Programme: {line}", place))
        return True

    def _organisation(self, line: str, place: int) -> bool:
        if not looks.is_organisation(line) or self._has_name(line):
            return False
        waiting = [at for at in self.open_authors if not self.draft.authors[at].organisation]
        if line in self.draft.organisations and not waiting:
            return False
        for at in waiting:
            self.draft.authors[at] = replace(self.draft.authors[at], organisation=line)
        self.draft.organisations.setdefault(line, "")
        self.open_organisation = line
        self.draft.understood.append(Remark(f"Organisation: {line}", place))
        return True

    def _role(self, line: str, place: int) -> bool:
        waiting = [at for at in self.open_authors if not self.draft.authors[at].role]
        if not waiting or not looks.is_role(line) or self._has_name(line):
            return False
        for at in waiting:
            self.draft.authors[at] = replace(self.draft.authors[at], role=line)
        self.draft.understood.append(Remark(f"Role: {line}", place))
        return True

    def _names(self, line: str, following: str, place: int) -> bool:
        is_followed = bool(following) and (
            looks.is_role(following) or looks.is_organisation(following) or looks.is_programme(following)
        )
        return self._sign(line, place, is_sure=is_followed)

    def _has_name(self, line: str) -> bool:
        """Whether a line begins with a name and goes on with something else."""
        first, *rest = [part for part in _PARTS.split(line) if part]
        return bool(rest) and looks.is_name(first) and not looks.is_role(first)

    def _sign(self, line: str, place: int, *, is_sure: bool, start: str = "") -> bool:
        """Take a line as the names of authors, each perhaps with role and organisation."""
        signers = read_signers(line, is_sure=is_sure)
        if not signers:
            return False
        count = len(self.draft.authors)
        self.draft.authors.extend(signers)
        self.open_authors = list(range(count, len(self.draft.authors)))
        taken = words_of(" ".join(f"{signer.name} {signer.role} {signer.organisation}" for signer in signers))
        if words := " ".join((words_of(f"{start} {line}") - taken).elements()):
            self.draft.left_out.append(LeftOut(words, "words about the authors' names", place))
        for signer in signers:
            words = ", ".join(part for part in (signer.name, signer.role, signer.organisation) if part)
            self.draft.understood.append(Remark(f"Author: {words}", place))
            if signer.organisation:
                self.open_organisation = signer.organisation
        return True


def read_signers(line: str, *, is_sure: bool) -> list[Signer]:
    """The authors that a line names, none where it is something else.

    Without certainty from elsewhere ("By …", a role on the next line), a line needs a role of its own.
    """
    names = [part for part in _AND.split(line) if part]
    if is_sure and len(names) > 1 and all(looks.is_name(name) and not looks.is_role(name) for name in names):
        return [Signer(name) for name in names]
    parts = [part.strip(" )）") for part in _PARTS.split(line) if part.strip(" )）")]
    if not parts or not looks.is_name(parts[0]):
        return []
    role, organisation = _role_and_organisation(line, parts)
    if len(parts) == 1:
        return [Signer(parts[0])] if is_sure else []
    if not role and not organisation:
        return []
    return [Signer(parts[0], role, organisation)]


def _role_and_organisation(line: str, parts: list[str]) -> tuple[str, str]:
    """What stands after the name, as typed: the role up to the first part that names an organisation."""
    rest = line[len(parts[0]) :].strip(" ,|•·–—-()（），、")
    if not rest or not (looks.is_role(rest) or looks.is_organisation(rest)):
        return "", ""
    for part in parts[1:]:
        at = rest.find(part)
        if looks.is_organisation(part) and not looks.is_role(part):
            return rest[:at].strip(" ,|•·–—-()（），、"), rest[at:].strip(" )）")
    return rest, ""
