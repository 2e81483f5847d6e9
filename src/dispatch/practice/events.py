"""Which events a message will have, as rows that fall due; and their bodies once they do."""

import json
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from dispatch.practice import behaviour, mails, shapes, templates
from dispatch.practice.behaviour import PlannedEvent
from dispatch.practice.configuration_sets import topics
from dispatch.practice.content import Content
from dispatch.practice.faults import EVENTS, Faults
from dispatch.practice.mails import Mail
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State

#: a late event's seconds, where its rule says none
_LATE = 30.0
_SQL = "INSERT INTO planned_event VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)"
#: why SES puts addresses on the account's suppression list
Reasons = tuple[str, ...]


class Events:
    """Plans events at the acceptance and makes their bodies at the publication."""

    def __init__(self, state: State, settings: PracticeSettings, faults: Faults) -> None:
        self.state = state
        self.settings = settings
        self.faults = faults
        #: set when an event must be seen before the answer of the call just made
        self.is_event_first = False

    def plan(self, content: Content, accepted: list[tuple[int, Mail]], reasons: Reasons) -> None:
        """Write the events to come of the messages of one call, each with its number."""
        rows: list[tuple[Any, ...]] = []
        lists = self._suppressed([mail.recipient for _, mail in accepted])
        known: dict[str, list[str]] = {}
        for number, mail in accepted:
            suppressed = lists.get(mail.recipient.lower(), "")
            for planned in self._planned(content, mail, suppressed, reasons):
                if planned.kind not in known:
                    known[planned.kind] = topics(self.state, mail.configuration_set, planned.kind)
                if known[planned.kind]:
                    rows += self._rows(number, mail, planned, known[planned.kind])
        self.state.db.executemany(_SQL, rows)

    def body(self, row: sqlite3.Row, now: float) -> str | None:
        """The SNS notification of a due event; None where its message was deleted or had no link to click."""
        mail = mails.by_number(self.state, row["mail"])
        if mail is None:
            return None
        detail = json.loads(row["detail"])
        due = shapes.Due(row["kind"], row["at"], detail, row["notification_id"], row["topic"])
        link = ""
        if due.kind == "Click":
            links = mails.links(self.state, mail)
            if not links or detail.get("distinct", 0) >= len(links):
                return None
            link = links[detail["distinct"]] if "distinct" in detail else links[int(detail["link"] * len(links))]
        return shapes.envelope(shapes.event(due, mail, self.settings.region, link), due, now, self.settings.region)

    def _suppressed(self, addresses: list[str]) -> dict[str, str]:
        if not self.state.number("SELECT 1 FROM record WHERE kind = 'suppressed' LIMIT 1"):
            return {}
        marks = ", ".join("?" * len(addresses))
        sql = f"SELECT name, body FROM record WHERE kind = 'suppressed' AND name IN ({marks})"  # noqa: S608  # only question marks are put in
        found = self.state.rows(sql, *[address.lower() for address in addresses])
        return {row["name"]: json.loads(row["body"])["Reason"] for row in found}

    def _planned(self, content: Content, mail: Mail, suppressed: str, reasons: Reasons) -> list[PlannedEvent]:
        if missing := templates.missing(content.wanted, mail.data):
            return [PlannedEvent("Rendering Failure", 0.3, {"missing": missing})]
        crowd = self.settings.crowd_habits if self.settings.crowd else None
        plan = behaviour.plan(mail.recipient, crowd, suppressed if suppressed in reasons else "")
        if not suppressed and not behaviour.is_simulator(mail.recipient):
            self._suppress(mail, plan, reasons)
        return [one for one in plan if content.has_html or one.kind not in ("Open", "Click")]

    def _suppress(self, mail: Mail, plan: list[PlannedEvent], reasons: Reasons) -> None:
        for one in plan:
            reason = _reason(one)
            if reason and reason in reasons:
                at = mail.accepted_at + one.after * self.settings.event_delay_factor
                kept = {"EmailAddress": mail.recipient, "Reason": reason, "LastUpdateTime": at}
                self.state.put("suppressed", mail.recipient.lower(), kept)

    def _rows(self, number: int, mail: Mail, planned: PlannedEvent, wanted: list[str]) -> list[tuple[Any, ...]]:
        rule = self.faults.applies(mail.operation, [mail.recipient], EVENTS, planned.kind)
        fault = rule.fault if rule else ""
        if fault == "lose-event":
            return []
        due = mail.accepted_at + self.settings.event_delay + planned.after * self.settings.event_delay_factor
        if rule and fault == "late-event":
            due += _LATE if rule.seconds is None else rule.seconds
        if fault == "event-first":
            due = mail.accepted_at
            self.is_event_first = True
        at, detail = mail.accepted_at + planned.after, json.dumps(planned.detail)
        rows: list[tuple[Any, ...]] = []
        for topic in wanted:
            # The topic's name is the queue's name: practice has no subscriptions.
            queue = topic.rpartition(":")[2]
            row = (queue, topic, due, at, number, planned.kind, detail, str(uuid.uuid4()))
            rows += [row, row] if fault == "double-event" else [row]
        return rows


def _reason(planned: PlannedEvent) -> str:
    """Why an event puts its address on the account's suppression list, "" if it does not."""
    detail: Mapping[str, Any] = planned.detail
    if planned.kind == "Bounce" and detail["type"] == "Permanent" and detail["subtype"] == "General":
        return "BOUNCE"
    return "COMPLAINT" if planned.kind == "Complaint" and "subtype" not in detail else ""
