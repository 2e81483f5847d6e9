"""Whether SES tells what becomes of mail: the event destinations of a configuration set.

Source: SES API v2 reference, GetConfigurationSetEventDestinations.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dispatch.aws.client import explain
from dispatch.errors import ProviderError

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

#: the kinds of event that settle a Delivery, in the order of a mail's life
NEEDED = ("SEND", "REJECT", "DELIVERY", "BOUNCE", "COMPLAINT")


def missing_event_types(client: "SESV2Client", configuration_set: str) -> list[ProviderError]:
    """Why SES would not tell everything that dispatch needs to know, none where it would.

    What several destinations tell counts together; where they lead cannot be seen from here. Raises ProviderError
    where SES cannot be asked.
    """
    where = f"the configuration set {configuration_set!r} ([ses] configuration_set)"
    try:
        answer = client.get_configuration_set_event_destinations(ConfigurationSetName=configuration_set)
    except ClientError as err:
        if err.response.get("Error", {}).get("Code") == "NotFoundException":
            todo = "Create it in the SES console, under Configuration sets, or correct the setting."
            return [ProviderError("Amazon SES does not know the configuration set.", where=where, todo=todo)]
        raise explain(err, "Asking SES where its events go") from err
    except BotoCoreError as err:
        raise explain(err, "Asking SES where its events go") from err
    enabled = [each for each in answer.get("EventDestinations", []) if each.get("Enabled", False)]
    if not enabled:
        todo = "Add one in the SES console, under Configuration sets, that leads to the queue, and enable it."
        return [ProviderError("No event destination is enabled: nothing would be known.", where=where, todo=todo)]
    told: set[str] = {kind for each in enabled for kind in each.get("MatchingEventTypes", [])}
    if missing := [kind for kind in NEEDED if kind not in told]:
        said = f"Amazon SES would not tell these events: {', '.join(missing)}."
        return [ProviderError(said, where=where, todo="Tick them at the event destination in the SES console.")]
    return []
