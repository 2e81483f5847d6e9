"""What the lines of a byline say, gathered author by author, and put into the draft."""

from dataclasses import dataclass, field, replace

from dispatch.authoring import line_kinds
from dispatch.authoring.dates import TypedDate, find_date
from dispatch.authoring.document import Draft, LeftOut, Remark, Signer, SourceParagraph
from dispatch.authoring.evidence import Facts, signs_of
from dispatch.authoring.names import read_signers, split_role
from dispatch.authoring.roles import Decision, decide
from dispatch.authoring.word_check import words_of

_MARKS = "*†‡¹²³⁴⁵⁶⁷⁸⁹"


@dataclass
class Byline:
    """Takes the lines of a byline one after the other."""

    draft: Draft
    notes: dict[str, list[SourceParagraph]]
    #: index of the first author of the last line with names
    _first: int = 0
    #: lines with roles and organisations under these authors, which `close` gives to them
    _roles: list[str] = field(default_factory=list)
    _organisations: list[str] = field(default_factory=list)
    #: the organisation that the next site belongs to
    _open_organisation: str = ""
    #: a site stood under these authors: the organisations after it are not theirs
    _has_site: bool = False

    def take(self, line: SourceParagraph, decision: Decision) -> bool:
        """Return whether a line found its place in the draft."""
        takers = {
            "date": self._date,
            "author": self._author,
            "role": self._role,
            "organisation": self._organisation,
            "programme": self._programme,
            "site": self._site,
            "email": self._email,
            "label": self._label,
            "standfirst": self._standfirst,
        }
        taker = takers.get(decision.role)
        if taker is None or not taker(line):
            return False
        if decision.role == "author" and not line_kinds.read_by(line.words) and decision.points < 60:
            said = f"The author is a guess, by place and form: “{line.words}”."
            self.draft.look_at.append(Remark(said, line.place))
        return True

    def close(self) -> None:
        """Give the roles and organisations that stand under a line of names to its authors."""
        authors = self.draft.authors[self._first :]
        for at, author in enumerate(authors):
            role, organisation = _theirs(self._roles, at, len(authors)), _theirs(self._organisations, at, len(authors))
            self.draft.authors[self._first + at] = replace(
                author,
                role=", ".join(filter(None, (author.role, role))),
                organisation=", ".join(filter(None, (author.organisation, organisation))),
            )
        self._roles, self._organisations = [], []
        self._first = len(self.draft.authors)
        self._has_site = False

    # --- one line of each kind --------------------------------------------------------------------------------

    def _date(self, line: SourceParagraph) -> bool:
        found = find_date(line.words)
        if found is None or self.draft.date is not None:
            return False
        date, rest = found
        say_date(self.draft, date, line, rest)
        if rest:
            self._next_to_a_date(replace(line, spans=SourceParagraph.of(rest).spans))
        return True

    def _next_to_a_date(self, line: SourceParagraph) -> None:
        roles = ("author", "label", "organisation", "programme", "role")
        signs = signs_of(line, Facts()) | {"after the title", "next to a date", "no author yet"}
        decision = decide(signs, roles)
        if not decision.role or not self.take(line, decision):
            self.draft.leave_out(line, "words next to the date")

    def _author(self, line: SourceParagraph) -> bool:
        text = line.words
        if (found := find_date(text)) and found[1]:
            if self.draft.date is None:
                say_date(self.draft, found[0], line, found[1])
            else:
                self.draft.leave_out(line, "a second date")
            text = found[1].strip()
        who = (line_kinds.read_by(text) or text).rstrip(_MARKS + " ")
        signers = read_signers(who)
        if not signers:
            return False
        self.close()
        self._first = len(self.draft.authors)
        signers = [replace(signer, name=signer.name.rstrip(_MARKS)) for signer in signers]
        self.draft.authors.extend(self._with_biographies(line, signers))
        taken = words_of(" ".join(f"{s.name} {s.role} {s.organisation}" for s in signers))
        if words := " ".join((words_of(text) - taken).elements()):
            self.draft.left_out.append(LeftOut(words, "words about the authors' names", line.place))
        for signer in signers:
            shown = ", ".join(part for part in (signer.name, signer.role, signer.organisation) if part)
            self.draft.understood.append(Remark(f"Author: {shown}", line.place))
            self._open_organisation = signer.organisation or self._open_organisation
        for name in dict.fromkeys(signer.organisation for signer in signers if signer.organisation):
            self.draft.named_organisations.extend([(name, line.place)] * text.count(name))
        return True

    def _with_biographies(self, line: SourceParagraph, signers: list[Signer]) -> list[Signer]:
        """The authors, with what their notes say about them: a byline cannot call a note, but has biographies."""
        keys = [span.note for span in line.spans if span.note in self.notes]
        plain = replace(line, spans=tuple(span for span in line.spans if span.note not in keys))
        self.draft.say_lost(plain, "the byline")
        for span in line.spans:
            if span.note in keys and span.text.strip():
                self.draft.left_out.append(LeftOut(span.text, "a note mark in the byline", line.place))
        for at, key in enumerate(dict.fromkeys(keys)):
            paragraphs = self.notes.pop(key)
            at = min(at, len(signers) - 1)
            words = " ".join(filter(None, (signers[at].biography, *(p.words for p in paragraphs))))
            signers[at] = replace(signers[at], biography=words)
            for paragraph in paragraphs:
                self.draft.say_lost(paragraph, "a biography")
            number = key.rpartition(":")[2] if key.startswith("typed:") else ""
            if number:
                self.draft.left_out.append(LeftOut(number, "the number of the author's note", line.place))
            said = f"The author's note became the biography of {signers[at].name}."
            self.draft.understood.append(Remark(said, line.place))
        return signers

    def _role(self, line: SourceParagraph) -> bool:
        role, organisation = split_role(line.words)
        if len(self.draft.authors) == self._first or not role:
            return False
        self._roles.append(role)
        self.draft.say_lost(line, "the byline")
        self.draft.understood.append(Remark(f"Role: {role}", line.place))
        if organisation:
            self._note_organisation(organisation, line)
        return True

    def _organisation(self, line: SourceParagraph) -> bool:
        named = [*self.draft.organisations, *(author.organisation for author in self.draft.authors)]
        known = next((name for name in named if line_kinds.fold(name) == line_kinds.fold(line.words)), "")
        if known and len(self.draft.authors) == self._first:
            self._open_organisation = known
            self.draft.organisations.setdefault(known, "")
            self.draft.leave_out(line, "the name of an organisation, which stands twice")
            return True
        self.draft.say_lost(line, "the byline")
        self._note_organisation(line.words, line)
        return True

    def _note_organisation(self, name: str, line: SourceParagraph) -> None:
        open_authors = [author for author in self.draft.authors[self._first :] if not author.organisation]
        if open_authors and not self._has_site:
            self._organisations.append(name)
        self.draft.organisations.setdefault(name, "")
        self.draft.named_organisations.append((name, line.place))
        self._open_organisation = name
        self.draft.understood.append(Remark(f"Organisation: {name}", line.place))

    def _programme(self, line: SourceParagraph) -> bool:
        if self.draft.programme:
            return False
        self.draft.programme = line.words
        self.draft.say_lost(line, "the byline")
        self.draft.understood.append(Remark(f"Programme: {line.words}", line.place))
        return True

    def _site(self, line: SourceParagraph) -> bool:
        site, name = line_kinds.read_site(line.words), self._open_organisation
        if not name or self.draft.organisations.get(name):
            return False
        self.draft.organisations[name] = site
        self._has_site = True
        self.draft.say_lost(line, "the byline")
        self.draft.understood.append(Remark(f"Site of {name}: {site}", line.place))
        return True

    def _email(self, line: SourceParagraph) -> bool:
        self.draft.leave_out(line, "an e-mail address; a brief has no place for one")
        return True

    def _label(self, line: SourceParagraph) -> bool:
        if line.notes:
            return False
        self.draft.leave_out(line, "a label over the title")
        return True

    def _standfirst(self, line: SourceParagraph) -> bool:
        if self.draft.standfirst:
            return False
        self.draft.standfirst = line.words
        self.draft.say_lost(line, "the standfirst")
        self.draft.understood.append(Remark(f"Standfirst: {line.words}", line.place))
        return True


def say_date(draft: Draft, found: TypedDate, line: SourceParagraph, rest: str = "") -> None:
    """Put a date into the draft, and say how it was typed."""
    draft.date = found.day
    typed = " ".join((words_of(line.words) - words_of(rest)).elements()) if rest else line.words
    draft.understood.append(Remark(f"Date: {found.day.isoformat()}, typed as “{line.words}”", line.place))
    if typed != found.day.isoformat():
        reason = f"the date as typed; brief.md has {found.day.isoformat()}"
        draft.left_out.append(LeftOut(typed, reason, line.place))
    if found.is_ambiguous:
        said = f"“{line.words}” was read as {found.day:%d %B %Y}, month first. Check the date."
        draft.look_at.append(Remark(said, line.place))


def _theirs(lines: list[str], at: int, count: int) -> str:
    """What of the lines under several authors is one author's: a line each, else all lines for all."""
    return lines[at] if len(lines) == count else ", ".join(lines)
