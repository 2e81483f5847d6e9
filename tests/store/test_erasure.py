"""Erasing a person takes away all that names them, and no number changes."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from dispatch.audience.addresses import read_address
from dispatch.audience.changes import plan_changes
from dispatch.audience.rows import read_rows
from dispatch.model.member import Address, SuppressionReason
from dispatch.model.message import Refused, Unknown
from dispatch.store import campaigns as campaign_store
from dispatch.store import ledger
from dispatch.store import members as store
from dispatch.store.audit import record
from dispatch.store.database import Database
from dispatch.store.erasure import Erased, erase, forget_late_notifications
from dispatch.store.member_import import apply
from dispatch.store.schema import (
    audit,
    campaigns,
    deliveries,
    editions,
    events,
    metadata,
    notifications,
    probes,
    proof_messages,
    proofs,
    subscriptions,
    suppressions,
)
from tests.store.samples import claim, join, start

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def address(typed: str) -> Address:
    found = read_address(typed)
    assert isinstance(found, Address)
    return found


ANN = address("Ann@example.com")


def take_in(connection: Connection, rows: str) -> None:
    sheet = read_rows(("email,name\n" + rows).encode(), "list.csv")
    changes = plan_changes(sheet, "center", {}, 0)
    apply(connection, changes, source="list.csv", now=NOW)


def campaign(connection: Connection, number: int, states: dict[str, str]) -> None:
    """A Campaign with one Delivery for each address, in the state given."""
    name = f"{number:032d}"
    connection.execute(
        campaigns.insert().values(
            id=name, slug=name, title=name, date="", state="sending", transport="ses", created_at=NOW
        )
    )
    texts = dict.fromkeys(["member_list", "subject", "preheader", "html", "text", "web_html", "sender", "reply_to"], "")
    edition = connection.execute(
        editions.insert()
        .values(campaign_id=name, audience="center", fingerprint=name, created_at=NOW, **texts)
        .returning(editions.c.id)
    ).scalar_one()
    for typed, state in states.items():
        key = address(typed).key
        connection.execute(
            deliveries.insert().values(
                id=f"{number}-{key.partition('@')[0]}",
                campaign_id=name,
                key=key,
                address=typed,
                address_hash=store.hash_address(connection, key),
                audience="center",
                edition_id=edition,
                state=state,
            )
        )


def notification(connection: Connection, number: int, body: str, delivery_id: str = "") -> None:
    values = {"id": number, "transport_id": str(number), "body": body, "received_at": NOW, "state": "read"}
    connection.execute(notifications.insert().values(**values))
    if delivery_id:
        connection.execute(
            events.insert().values(
                delivery_id=delivery_id, kind="delivered", at=NOW, fingerprint=str(number), notification_id=number
            )
        )


def rows_of(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def everything(database: Database) -> str:
    """All texts of all tables."""
    with database.reading() as connection:
        found = [[tuple(row) for row in connection.execute(table.select())] for table in metadata.sorted_tables]
    return json.dumps(found, default=str, ensure_ascii=False).lower()


def test_nothing_names_the_person_any_more_and_all_others_stay(database: Database) -> None:
    with database.writing() as connection:
        take_in(connection, "Ann@example.com,Ann Quaver\njoann@example.com,Joann Other\n")
        store.unsubscribe(connection, ANN.key, None, "unsubscribe page", NOW)
        campaign(connection, 1, {"Ann@example.com": "delivered", "joann@example.com": "delivered"})
        campaign(connection, 2, {"Ann@example.com": "queued", "joann@example.com": "queued"})
        notification(connection, 1, '{"to": "somebody"}', "1-ann")
        notification(connection, 2, '{"Message": "{\\"destination\\": [\\"ANN@example.com\\"]}"}')
        notification(
            connection,
            3,
            '{"Message": "{\\"destination\\": [\\"joann@example.com\\"]}"}',
            "1-joann",
        )
        notification(connection, 4, '{"text": "seen\\\\nann@example.com."}')
        connection.execute(
            proofs.insert().values(
                id="p",
                slug="s",
                code="c",
                created_at=NOW,
                fingerprints={},
                settings={},
                counts={},
                addresses=["ann@example.com", "joann@example.com"],
            )
        )
    with database.writing() as connection:
        erased = erase(connection, ANN, NOW)
        address_hash = store.hash_address(connection, ANN.key)
    assert erased == Erased(member=True, skipped=1, deliveries=2, notifications=3, trail=2)
    left = everything(database).replace("joann@example.com", "")
    assert "ann@example.com" not in left
    assert "quaver" not in left
    assert rows_of(database, notifications.c.id) == [(3,)]
    assert rows_of(database, deliveries.c.seq, deliveries.c.address, deliveries.c.state, deliveries.c.reason) == [
        (1, address_hash, "delivered", ""),
        (2, "joann@example.com", "delivered", ""),
        (3, address_hash, "skipped", "erased"),
        (4, "joann@example.com", "queued", ""),
    ]
    assert rows_of(database, suppressions.c.address_hash, suppressions.c.reason) == [(address_hash, "erased")]
    assert rows_of(database, audit.c.id, audit.c.act, audit.c.address)[1:] == [
        (2, "unsubscribed", address_hash),
        (3, "member erased", address_hash),
    ]
    assert len(rows_of(database, subscriptions.c.member_id)) == 1


def test_events_of_an_erased_person_stay_and_count(database: Database) -> None:
    with database.writing() as connection:
        campaign(connection, 1, {"Ann@example.com": "delivered"})
        notification(connection, 1, "{}", "1-ann")
        erase(connection, ANN, NOW)
    assert rows_of(database, events.c.kind, events.c.notification_id) == [("delivered", None)]


def test_a_notification_that_comes_after_the_erasure_is_forgotten_once_it_is_read(database: Database) -> None:
    with database.writing() as connection:
        campaign(connection, 1, {"Ann@example.com": "submitted", "joann@example.com": "submitted"})
        erase(connection, ANN, NOW)
        notification(connection, 1, "ann@example.com", "1-ann")
        notification(connection, 2, "joann@example.com", "1-joann")
        assert forget_late_notifications(connection, [1, 2]) == 1
        assert forget_late_notifications(connection, [1, 2]) == 0
    assert rows_of(database, notifications.c.id) == [(2,)]
    assert len(rows_of(database, events.c.id)) == 2


def test_an_import_after_an_erasure_keeps_the_person_out(database: Database) -> None:
    with database.writing() as connection:
        take_in(connection, "Ann@example.com,Ann\n")
        erase(connection, ANN, NOW)
        sheet = read_rows(b"email\nann@example.com\n", "list.csv")
        changes = plan_changes(sheet, "center", store.known(connection, [ANN.key]), 0)
    assert changes.changes[0].reason == "suppressed (erased)"


def test_erasing_replaces_the_reason_of_an_older_suppression(database: Database) -> None:
    with database.writing() as connection:
        store.suppress(connection, ANN.key, SuppressionReason.BOUNCED, "550 no such mailbox", NOW)
        erase(connection, ANN, NOW)
        suppression = store.suppression_of(connection, ANN.key)
    assert suppression is not None
    assert (suppression.reason, suppression.detail) == (SuppressionReason.ERASED, "")


def test_erasing_twice_or_somebody_unknown_does_no_harm(database: Database) -> None:
    with database.writing() as connection:
        first = erase(connection, ANN, NOW)
        second = erase(connection, ANN, NOW)
    assert first == second == Erased(member=False, skipped=0, deliveries=0, notifications=0, trail=0)


def test_an_act_about_another_spelling_is_found(database: Database) -> None:
    person = address("Jane@Exämple.example.com")
    with database.writing() as connection:
        record(connection, "unsubscribed", now=NOW, address="Jane@Exämple.example.com")
        record(connection, "unsubscribed", now=NOW, address="jane@xn--exmple-cua.example.com")
        assert erase(connection, person, NOW).trail == 2


def test_an_erased_person_is_in_no_column_of_any_table(database: Database) -> None:
    """Also where a mail server quoted them: whole, as a link writes the address, and by the local part alone."""
    person = address("Zq.Quaver@example.com")
    words = "550 5.1.1 <Zq.Quaver@example.com>: zq.quaver unknown; see https://x.example/?a=zq.quaver%40example.com"
    with database.writing() as connection:
        take_in(connection, "Zq.Quaver@example.com,Ann\njoann@example.com,Joann Other\n")
        campaign(connection, 1, {"Zq.Quaver@example.com": "failed", "joann@example.com": "failed"})
        campaign(connection, 2, {"Zq.Quaver@example.com": "bounced"})
        # The identifiers that `campaign` makes of names are the tests' own.
        nameless = func.replace(deliveries.c.id, "zq.quaver", "person")
        connection.execute(update(deliveries).values(id=nameless, reason=words))
        connection.execute(update(campaigns).values(reason=words, todo=words, canary=[1, 2]))
        of_delivery = {"delivery_id": "1-person", "kind": "bounced", "at": NOW, "fingerprint": "9"}
        connection.execute(events.insert().values(**of_delivery, rule=words[:40], detail={"words": words}))
        notification(connection, 1, json.dumps({"to": words}))
        about = {"known": words, "more": [words]}
        record(connection, "assumed sent", now=NOW, address="zq.quaver@example.com", detail=about)
        record(connection, "campaign paused", now=NOW, detail={"reason": words})
        shown = {"fingerprints": {}, "settings": {}, "counts": {}, "addresses": ["Zq.Quaver@example.com"]}
        approved = {"approved_by": "Zq.Quaver@example.com", "approved_at": NOW}
        connection.execute(proofs.insert().values(id="p", slug="s", code="c", created_at=NOW, **shown, **approved))
        sent = {"id": "m", "proof_id": "p", "audience": "center", "address": "Zq.Quaver@example.com"}
        connection.execute(proof_messages.insert().values(**sent, outcome=words))
        probe = {"id": "r", "campaign_id": f"{1:032d}", "created_at": NOW, "outcome": words}
        connection.execute(probes.insert().values(**probe))
        connection.execute(update(deliveries).where(deliveries.c.id == "1-joann").values(reason="550 joann unknown"))
    with database.writing() as connection:
        erase(connection, person, NOW)
    left = everything(database)
    assert "quaver" not in left
    assert "joann@example.com" in left
    assert "550 joann unknown" in left


def test_what_a_mail_server_says_is_kept_without_addresses(database: Database) -> None:
    words = "550 5.1.1 <ann@example.com>: no such mailbox"
    join(database, "center", "ann", "bob")
    started = start(database)
    first, second = claim(database, started)
    with database.writing() as connection:
        ledger.settle(connection, [(first, Refused(words)), (second, Unknown(words))])
        campaign_store.pause_if_sending(connection, started.id, words, "Look at it.")
    left = everything(database)
    assert "550 5.1.1 <…>: no such mailbox" in left
    assert "<ann@example.com>" not in left
