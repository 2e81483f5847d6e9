"""Recipients at example domains are found by their domain, whatever else looks like one."""

import pytest

from dispatch.store.database import Database
from dispatch.store.example_domains import EXAMPLE_DOMAINS, example_recipients
from dispatch.store.members import Transaction
from dispatch.store.schema import members, subscriptions
from tests.store.samples import BOTH, NOW, leave, start
from tests.store.samples import key as key_of


def join(connection: Transaction, *addresses: str) -> None:
    """Put addresses on a list, also those that an import would refuse."""
    for number, address in enumerate(addresses):
        member = {"key": address.lower(), "address": address, "address_hash": f"{number:064x}", "name": ""}
        row = members.insert().values(**member, attributes={}, created_at=NOW, updated_at=NOW)
        member_id = connection.execute(row.returning(members.c.id)).scalar_one()
        on_list = {"member_list": "center", "state": "subscribed", "since": NOW, "source": "a test"}
        connection.execute(subscriptions.insert().values(member_id=member_id, **on_list))


def found(database: Database, *addresses: str, campaign: str | None = None) -> tuple[int, str]:
    with database.writing() as connection:
        if addresses:
            join(connection, *addresses)
        return example_recipients(connection, BOTH, campaign)


@pytest.mark.parametrize("domain", EXAMPLE_DOMAINS)
def test_every_example_domain_and_those_below_it_are_found_in_any_case(database: Database, domain: str) -> None:
    one = domain if "." in domain else f"mail.{domain}"
    addresses = (f"Zoe@{one.upper()}", f"ann@news.{one}")
    assert found(database, *addresses)[0] == 2


def test_addresses_that_only_look_like_examples_are_none(database: Database) -> None:
    alike = [
        "contest@real.org",
        "test@real.org",
        "ann.example.com@real.org",
        "bo@myexample.com",
        "cy@example.community.org",
        "di@test.real.org",
        "ed@example.com.real.org",
        "fay@latest.org",
    ]
    assert found(database, *alike) == (0, "")


def test_one_example_among_any_number_of_look_alikes_is_found_and_named(database: Database) -> None:
    alike = [f"contest{number}@real.org" for number in range(40)]
    assert found(database, *alike, "zoe@mail.test") == (1, "zoe@mail.test")


def test_people_who_would_get_nothing_do_not_count(database: Database) -> None:
    assert found(database, "ann@example.com", "bo@example.com")[0] == 2
    leave(database, "ann", "center")
    assert found(database) == (1, "bo@example.com")
    campaign = start(database)
    assert found(database, campaign=campaign.id) == (0, "")
    with database.reading() as connection:
        assert example_recipients(connection, BOTH, None, key_of("bo")) == (1, "bo@example.com")
