"""Which events a mail will have, as rows that fall due; and their bodies once they do."""

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dispatch.practice import behaviour, mails, shapes
from dispatch.practice.behaviour import Happening
from dispatch.practice.faults import EVENTS, Faults
from dispatch.practice.settings import PracticeSettings
from dispatch.practice.state import State

#: a late event's seconds, where its rule says none
_LATE = 30.0
_SQL = "INSERT INTO happening VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the events of one accepted mail hang on."""

    number: int
    at: float
    road: str
    #: bare addresses
    recipients: list[str]
    configuration_set: str
    #: whether SES would put its pixel in and rewrite the links
    tracks_opens: bool
    tracks_clicks: bool
    #: a name that the template wants and the data lack, "" for none
    missing: str = ""
    #: whether a virus was found
    infected: bool = False
    template: str = ""


class Events:
    """Plans events at the acceptance and makes their bodies at the publication."""

    def __init__(self, state: State, settings: PracticeSettings, faults: Faults) -> None:
        self.state = state
        self.settings = settings
        self.faults = faults

    def plan(self, accepted: list[Accepted], suppressed_reasons: tuple[str, ...]) -> bool:
        """Write the events to come of mails of one call; gives whether one must be seen before the answer."""
        rows: list[tuple[Any, ...]] = []
        targets: dict[str, list[dict[str, Any]]] = {}
        lists = self._suppressed([one for mail in accepted for one in mail.recipients])
        is_first = False
        for mail in accepted:
            name = mail.configuration_set
            if name not in targets:
                targets[name] = self._targets(name)
            for place, address in enumerate(mail.recipients):
                fate = self._fate(mail, address, lists.get(address.lower(), ""), suppressed_reasons)
                for happening in fate if place == 0 else _per_recipient(fate):
                    is_first |= self._rows(rows, mail, address, happening, targets[name])
        self.state.db.executemany(_SQL, rows)
        return is_first

    def body(self, row: sqlite3.Row, now: float) -> str | None:
        """The SNS notification of a due event; None where its mail was deleted or had no link to click."""
        mail = mails.by_number(self.state, row["mail"])
        if mail is None:
            return None
        detail = json.loads(row["detail"])
        due = shapes.Due(row["kind"], row["at"], row["recipient"], detail, row["notification_id"], row["topic"])
        link = ""
        if due.kind == "Click":
            links = mails.links(self.state, mail)
            if not links or detail.get("distinct", 0) >= len(links):
                return None
            link = links[detail["distinct"]] if "distinct" in detail else links[int(detail["link"] * len(links))]
        return shapes.envelope(shapes.event(due, mail, self.settings.region, link), due, now, self.settings.region)

    def _targets(self, configuration_set: str) -> list[dict[str, Any]]:
        known = self.state.get("configuration-set", configuration_set) or {}
        found = known.get("destinations", {}).values()
        return [one for one in found if one.get("Enabled") and "TopicArn" in one.get("SnsDestination", {})]

    def _suppressed(self, addresses: list[str]) -> dict[str, str]:
        if not self.state.number("SELECT 1 FROM record WHERE kind = 'suppressed' LIMIT 1"):
            return {}
        marks = ", ".join("?" * len(addresses))
        sql = f"SELECT name, body FROM record WHERE kind = 'suppressed' AND name IN ({marks})"  # noqa: S608  # only question marks are put in
        found = self.state.rows(sql, *[address.lower() for address in addresses])
        return {row["name"]: json.loads(row["body"])["Reason"] for row in found}

    def _fate(self, mail: Accepted, address: str, suppressed: str, reasons: tuple[str, ...]) -> list[Happening]:
        if mail.missing:
            return [Happening("Rendering Failure", 0.3, {"missing": mail.missing, "template": mail.template})]
        if mail.infected:
            return [Happening("Send", 0.0), Happening("Reject", 0.3)]
        crowd = self.settings.crowd_habits if self.settings.crowd else None
        plan = behaviour.plan(address, crowd, suppressed if suppressed in reasons else "")
        if not suppressed and not behaviour.is_simulator(address):
            self._suppress(mail, address, plan, reasons)
        return [one for one in plan if _is_tracked(mail, one)]

    def _suppress(self, mail: Accepted, address: str, plan: list[Happening], reasons: tuple[str, ...]) -> None:
        for one in plan:
            reason = _reason(one)
            if reason and reason in reasons:
                body = {"Reason": reason, "LastUpdateTime": mail.at + one.after * self.settings.event_delay_factor}
                self.state.put("suppressed", address.lower(), {"EmailAddress": address, **body})

    def _rows(
        self,
        rows: list[tuple[Any, ...]],
        mail: Accepted,
        address: str,
        happening: Happening,
        targets: list[dict[str, Any]],
    ) -> bool:
        kind = happening.kind
        wanted = [
            one["SnsDestination"]["TopicArn"] for one in targets if shapes.MATCHING[kind] in one["MatchingEventTypes"]
        ]
        if not wanted:
            return False
        rule = self.faults.strike(mail.road, [address], EVENTS, kind)
        fault = rule.fault if rule else ""
        if fault == "lose-event":
            return False
        due = mail.at + self.settings.event_delay + happening.after * self.settings.event_delay_factor
        if rule and fault == "late-event":
            due += _LATE if rule.seconds is None else rule.seconds
        if fault == "event-first":
            due = mail.at
        copies = 2 if fault == "double-event" else 1
        for topic in wanted:
            row = _row(topic, due, mail, address, happening)
            rows += [row] * copies
        return fault == "event-first"


def _row(topic: str, due: float, mail: Accepted, address: str, happening: Happening) -> tuple[Any, ...]:
    at = mail.at + happening.after
    detail = json.dumps(happening.detail)
    # The topic's name is the queue's name: practice has no subscriptions.
    return (
        topic.rpartition(":")[2],
        topic,
        due,
        at,
        mail.number,
        happening.kind,
        address,
        detail,
        str(uuid.uuid4()),
    )


def _per_recipient(fate: list[Happening]) -> list[Happening]:
    """What is published for each recipient; the rest tells of the mail as a whole."""
    return [one for one in fate if one.kind not in ("Send", "Reject", "Rendering Failure")]


def _is_tracked(mail: Accepted, happening: Happening) -> bool:
    if happening.kind == "Open":
        return mail.tracks_opens
    return happening.kind != "Click" or mail.tracks_clicks


def _reason(happening: Happening) -> str:
    """Why an event puts its address on the account's suppression list, "" if it does not."""
    detail: Mapping[str, Any] = happening.detail
    if happening.kind == "Bounce" and detail["type"] == "Permanent" and detail["subtype"] == "General":
        return "BOUNCE"
    return "COMPLAINT" if happening.kind == "Complaint" and "subtype" not in detail else ""
