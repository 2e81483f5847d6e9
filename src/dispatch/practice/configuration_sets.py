"""Configuration sets and their event destinations."""

import re
from collections.abc import Mapping
from typing import Any

from dispatch.practice import shapes
from dispatch.practice.settings import ACCOUNT_ID, PracticeSettings
from dispatch.practice.state import State
from dispatch.practice.wire import Call, Refusal, bad_request, not_found

Members = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
#: event types that a destination may ask for
_TYPES = frozenset({*shapes.MATCHING.values(), "SUBSCRIPTION"})
_MAX_DESTINATIONS = 10


class Sets:
    """The configuration sets."""

    def __init__(self, state: State, settings: PracticeSettings) -> None:
        self.state = state
        self.settings = settings

    def begin(self) -> None:
        """Make the configuration set of the settings, whose events go to the queue of the settings."""
        name = self.settings.configuration_set
        if self.state.get("configuration-set", name) is not None:
            return
        topic = f"arn:aws:sns:{self.settings.region}:{ACCOUNT_ID}:{self.settings.queue_name}"
        destination = {
            "Enabled": True,
            "MatchingEventTypes": sorted(shapes.MATCHING.values()),
            "SnsDestination": {"TopicArn": topic},
        }
        self.state.put("configuration-set", name, {"destinations": {self.settings.queue_name: destination}})

    def create_set(self, call: Call) -> Members:
        """Make a configuration set, without destinations."""
        name = name_of(call, "ConfigurationSetName")
        if self.state.get("configuration-set", name) is not None:
            raise Refusal("AlreadyExistsException", f"Configuration set <{name}> already exists.")
        options = {
            key: call.members[key] for key in ("SendingOptions", "TrackingOptions", "Tags") if key in call.members
        }
        self.state.put("configuration-set", name, {**options, "destinations": {}})
        return {}

    def list_sets(self, call: Call) -> Members:
        """The names of the configuration sets."""
        return {"ConfigurationSets": list(self.state.every("configuration-set"))}

    def get_set(self, call: Call) -> Members:
        """One configuration set."""
        name, found = self._set(call)
        found.pop("destinations")
        return {"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": True}, **found}

    def delete_set(self, call: Call) -> Members:
        """Remove a configuration set."""
        name, _ = self._set(call)
        self.state.drop("configuration-set", name)
        return {}

    def put_set_sending(self, call: Call) -> Members:
        """Pause or resume the sending through one configuration set."""
        name, found = self._set(call)
        found["SendingOptions"] = {"SendingEnabled": bool(call.members.get("SendingEnabled", False))}
        self.state.put("configuration-set", name, found)
        return {}

    def create_destination(self, call: Call) -> Members:
        """Add an event destination; an SNS topic's events go to the queue of the topic's name."""
        name, found = self._set(call)
        own = name_of(call, "EventDestinationName")
        if own in found["destinations"]:
            raise Refusal("AlreadyExistsException", f"An event destination with name <{own}> already exists.")
        if len(found["destinations"]) >= _MAX_DESTINATIONS:
            raise Refusal(
                "LimitExceededException",
                f"A configuration set has at most {_MAX_DESTINATIONS} event destinations.",
            )
        found["destinations"][own] = _destination(call)
        self.state.put("configuration-set", name, found)
        return {}

    def get_destinations(self, call: Call) -> Members:
        """The event destinations of a configuration set."""
        _, found = self._set(call)
        return {"EventDestinations": [{"Name": name, **one} for name, one in found["destinations"].items()]}

    def update_destination(self, call: Call) -> Members:
        """Replace an event destination."""
        name, found, own = self._named_destination(call)
        found["destinations"][own] = _destination(call)
        self.state.put("configuration-set", name, found)
        return {}

    def delete_destination(self, call: Call) -> Members:
        """Remove an event destination."""
        name, found, own = self._named_destination(call)
        del found["destinations"][own]
        self.state.put("configuration-set", name, found)
        return {}

    def _set(self, call: Call) -> tuple[str, Members]:
        name = text(call, "ConfigurationSetName")
        found = self.state.get("configuration-set", name)
        if found is None:
            raise not_found(f"Configuration set <{name}> does not exist.")
        return name, found

    def _named_destination(self, call: Call) -> tuple[str, Members, str]:
        name, found = self._set(call)
        own = text(call, "EventDestinationName")
        if own not in found["destinations"]:
            raise not_found(f"Event destination <{own}> does not exist.")
        return name, found, own


def text(call: Call, name: str) -> str:
    """A member that must be there, a text. Raises Refusal."""
    value = call.members.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{name} is missing.")
    return value


def name_of(call: Call, member: str) -> str:
    """A member that must be a name as SES has them. Raises Refusal."""
    name = text(call, member)
    if not _NAME.match(name):
        raise bad_request(f"{member} may have 1 to 64 of A-Z, a-z, 0-9, _ and -.")
    return name


def _destination(call: Call) -> Members:
    given = call.members.get("EventDestination")
    if not isinstance(given, Mapping):
        raise bad_request("EventDestination is missing.")
    unknown = set(given.get("MatchingEventTypes") or ()) - _TYPES
    if unknown:
        raise bad_request(f"Invalid event type: {sorted(unknown)[0]}.")
    return {"Enabled": False, "MatchingEventTypes": [], **given}
