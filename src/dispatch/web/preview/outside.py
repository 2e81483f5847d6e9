"""What the preview is handed from outside: the database, the provider's account, and a way for the mails of a Proof.

It knows no provider: the command that starts it puts these together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.model.message import Account
    from dispatch.pipeline.ports import Mailer, Publisher
    from dispatch.store.database import Database


@dataclass(frozen=True, slots=True)
class Courier:
    """What mails a Proof."""

    database: "Database"
    mailer: "Mailer"
    publisher: "Publisher"
    #: the address at which readers reach our pages
    public_url: str


@dataclass(frozen=True, slots=True)
class Outside:
    """How the preview reaches what is not its own. Each of them may raise DispatchError."""

    #: the database of this transport's Campaigns, with the lists as they are now
    open_database: "Callable[[], Database]"
    #: differs once the lists may have changed
    lists_mark: Callable[[], object]
    #: what the provider grants now
    account: "Callable[[], Account]"
    courier: Callable[[], Courier]
