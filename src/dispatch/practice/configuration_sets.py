"""Configuration sets and their event destinations."""

import re
from collections.abc import Mapping
from typing import Any

from dispatch.practice import shapes
from dispatch.practice.settings import ACCOUNT_ID, PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Operation, Refusal, bad_request, not_found

Members = dict[str, Any]
_KIND = "configuration-set"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
#: event types that a destination may ask for
_TYPES = frozenset({*shapes.MATCHING.values(), "SUBSCRIPTION"})
_MAX_DESTINATIONS = 10


class ConfigurationSets:
    """The operations on configuration sets."""

    def __init__(self, state: State, settings: PracticeSettings) -> None:
        self.state = state
        name = settings.configuration_set
        if state.get(_KIND, name) is None:
            # The one of the settings, whose events go to the queue of the settings.
            topic = f"arn:aws:sns:{settings.region}:{ACCOUNT_ID}:{settings.queue_name}"
            destination = {
                "Enabled": True,
                "MatchingEventTypes": sorted(shapes.MATCHING.values()),
                "SnsDestination": {"TopicArn": topic},
            }
            state.put(_KIND, name, {"destinations": {settings.queue_name: destination}})

    def operations(self) -> list[Operation]:
        """The operations, as botocore's model has them."""
        one = "configuration-sets/{ConfigurationSetName}"
        all_of_it, named = f"{one}/event-destinations", f"{one}/event-destinations/{{EventDestinationName}}"
        return [
            Operation("CreateConfigurationSet", "POST", "configuration-sets", self.create),
            Operation("GetConfigurationSet", "GET", one, self.get),
            Operation("CreateConfigurationSetEventDestination", "POST", all_of_it, self.create_destination),
            Operation("GetConfigurationSetEventDestinations", "GET", all_of_it, self.get_destinations),
            Operation("UpdateConfigurationSetEventDestination", "PUT", named, self.update_destination),
            Operation("DeleteConfigurationSetEventDestination", "DELETE", named, self.delete_destination),
        ]

    def create(self, call: Call) -> Members:
        """Add a configuration set, without destinations."""
        name = _name(call, "ConfigurationSetName")
        if self.state.get(_KIND, name) is not None:
            raise Refusal("AlreadyExistsException", f"Configuration set <{name}> already exists.")
        options = {key: call.members[key] for key in ("SendingOptions", "Tags") if key in call.members}
        self.state.put(_KIND, name, {**options, "destinations": {}})
        return {}

    def get(self, call: Call) -> Members:
        """One configuration set."""
        name, found = self._named(call)
        found.pop("destinations")
        return {"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": True}, **found}

    def create_destination(self, call: Call) -> Members:
        """Add an event destination; an SNS topic's events go to the queue of the topic's name."""
        name, found = self._named(call)
        own = _name(call, "EventDestinationName")
        if own in found["destinations"]:
            raise Refusal("AlreadyExistsException", f"An event destination with name <{own}> already exists.")
        if len(found["destinations"]) >= _MAX_DESTINATIONS:
            said = f"A configuration set has at most {_MAX_DESTINATIONS} event destinations."
            raise Refusal("LimitExceededException", said)
        found["destinations"][own] = _destination(call)
        self.state.put(_KIND, name, found)
        return {}

    def get_destinations(self, call: Call) -> Members:
        """The event destinations of a configuration set."""
        _, found = self._named(call)
        return {"EventDestinations": [{"Name": name, **one} for name, one in found["destinations"].items()]}

    def update_destination(self, call: Call) -> Members:
        """Replace an event destination."""
        name, found, own = self._named_destination(call)
        found["destinations"][own] = _destination(call)
        self.state.put(_KIND, name, found)
        return {}

    def delete_destination(self, call: Call) -> Members:
        """Remove an event destination."""
        name, found, own = self._named_destination(call)
        del found["destinations"][own]
        self.state.put(_KIND, name, found)
        return {}

    def _named(self, call: Call) -> tuple[str, Members]:
        name = call.text("ConfigurationSetName")
        found = self.state.get(_KIND, name)
        if found is None:
            raise not_found(f"Configuration set <{name}> does not exist.")
        return name, found

    def _named_destination(self, call: Call) -> tuple[str, Members, str]:
        name, found = self._named(call)
        own = call.text("EventDestinationName")
        if own not in found["destinations"]:
            raise not_found(f"Event destination <{own}> does not exist.")
        return name, found, own


def check_sends(state: State, name: str) -> None:
    """Raise Refusal unless mail may be sent by this configuration set; "" is none, and always may."""
    found = state.get(_KIND, name) if name else {}
    if found is None:
        raise not_found(f"Configuration set <{name}> does not exist.")
    if not found.get("SendingOptions", {}).get("SendingEnabled", True):
        raise Refusal("SendingPausedException", f"Email sending is disabled for configuration set <{name}>.")


def topics(state: State, name: str, kind: str) -> list[str]:
    """The SNS topics to which a configuration set publishes events of a kind (SES's word in `eventType`)."""
    found = (state.get(_KIND, name) or {}).get("destinations", {}).values()
    return [
        one["SnsDestination"]["TopicArn"]
        for one in found
        if one["Enabled"] and "TopicArn" in one.get("SnsDestination", {})
        if shapes.MATCHING[kind] in one["MatchingEventTypes"]
    ]


def _name(call: Call, member: str) -> str:
    name = call.text(member)
    if not _NAME.match(name):
        raise bad_request(f"{member} may have 1 to 64 of A-Z, a-z, 0-9, _ and -.")
    return name


def _destination(call: Call) -> Members:
    given = call.members.get("EventDestination")
    if not isinstance(given, Mapping):
        raise bad_request("EventDestination is missing.")
    if unknown := set(given.get("MatchingEventTypes") or ()) - _TYPES:
        raise bad_request(f"Invalid event type: {sorted(unknown)[0]}.")
    return {"Enabled": False, "MatchingEventTypes": [], **given}
