"""What the preview is handed from outside: the database, the provider's account, and how a Proof is sent.

It knows no provider: the command that starts it puts these together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dispatch.model.message import Account
    from dispatch.pipeline.preflight.setup import Setup
    from dispatch.store.database import Database


@dataclass(frozen=True, slots=True)
class Outside:
    """How the preview reaches what is not its own. Each of them may raise DispatchError."""

    #: the database of this transport's Campaigns, with the lists as they are now
    open_database: "Callable[[], Database]"
    #: differs once the lists may have changed
    lists_mark: Callable[[], object]
    #: what the provider grants now
    account: "Callable[[], Account]"
    #: how the mails of a Proof leave, as the settings say now; closed at its end
    setup: "Callable[[], AbstractContextManager[Setup]]"
