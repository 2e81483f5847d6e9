"""docs/practice.md names all that there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from dispatch.practice import account, behaviour, faults
from dispatch.practice.settings import PracticeSettings

TEXT = (Path(__file__).parents[2] / "docs" / "practice.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "word",
    [
        *(f"name+{label}@" for label in behaviour.LABELS),
        *(f"{name}@{behaviour.SIMULATOR}" for name in ("success", "bounce", "ooto", "complaint", "suppressionlist")),
        *(f"`{fault}`" for fault in faults.KNOWN),
        *(f"`{field.name}`" for field in fields(PracticeSettings)),
        *(f"`{field.name}`" for field in fields(account.AccountValues)),
    ],
)
def test_the_page_names_every_address_fault_and_setting(word: str) -> None:
    assert word in TEXT
