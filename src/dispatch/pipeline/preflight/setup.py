"""Setup: what the rules look at besides the Brief."""

from dataclasses import dataclass

from dispatch.pipeline.ports import Mailer, Publisher
from dispatch.store.database import Database


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide whether mail may be sent."""

    #: where a person changes them: the path of dispatch.toml
    settings_file: str
    claim_seconds: int
    grace_seconds: int
    require_proof: bool
    allow_example_domains: bool
    allow_http: bool
    check_public_url: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """How mail would leave, and under which settings."""

    #: `practice`, `ses` or `smtp`
    transport: str
    database: Database
    mailer: Mailer
    publisher: Publisher
    #: the address at which readers reach our pages, "" for none
    public_url: str
    #: whether there is a queue from which the provider's events are read
    has_queue: bool
    rules: Rules

    @property
    def is_real(self) -> bool:
        """Whether mail would leave this computer."""
        return self.transport != "practice"
