"""A send through the storm. The larger ones, on both databases and by both calls of SES, are in `make storm`."""

from pathlib import Path

from tests.journey.scene import scene
from tests.journey.storm import never_struck, send_through_the_storm, settle_by_a_persons_word

PEOPLE = 400
QUICK = {"DISPATCH_SEND__CALLS_IN_FLIGHT": "16", "DISPATCH_SEND__SETTLE_SECONDS": "5"}


def test_after_the_storm_nobody_has_two_copies_and_everybody_has_one_or_is_named(
    tmp_path: Path, sqlite_url: str
) -> None:
    with scene(tmp_path, sqlite_url, PEOPLE, per_second=100, **QUICK) as at:
        happened = send_through_the_storm(at)
        assert at.violations() == []
        assert {message["operation"] for message in at.provider.messages()} == {"SendEmail"}
        assert never_struck(happened, "SendEmail", PEOPLE) == set()
        assert settle_by_a_persons_word(at) == []
