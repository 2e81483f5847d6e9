"""What a test needs, as markers: `browser` and `server`. `make check` leaves both out.

They are set here by what a test uses, so that nobody has to think of them; `pytestmark = pytest.mark.server` sets one
by hand, in a file whose tests start processes or servers themselves.
"""

from pathlib import Path

import pytest

#: fixtures that start a process or a server
SERVERS = {"postgres_server", "running", "practice", "make_journey", "preview", "seen", "filled_workspace"}
JOURNEYS = Path(__file__).parent / "journey"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by what it needs."""
    for item in items:
        needed = set(getattr(item, "fixturenames", ()))
        if "browser" in needed:
            item.add_marker("browser")
        if needed & SERVERS or _is_on_postgresql(item) or JOURNEYS in item.path.parents:
            item.add_marker("server")


def _is_on_postgresql(item: pytest.Item) -> bool:
    """Whether this is the run of a test on PostgreSQL; `database_url` asks for the server only when it runs."""
    call = getattr(item, "callspec", None)
    return call is not None and "postgresql" in call.params.values()
