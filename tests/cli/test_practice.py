"""`dispatch practice`: the server starts, answers only this computer, and stops when it is asked to."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.fixtures_journey import Journey


def test_the_server_starts_and_stops_and_says_so(journey: Journey) -> None:
    url = journey.run_json("practice", "start")["url"]
    assert f"is running. Its inbox: {url}/inbox" in journey.run("practice", "status")
    # A page of another site, or of another name of this computer, cannot stop it.
    for header in ({"Origin": "https://evil.example.com"}, {"Host": "evil.example.com"}):
        with pytest.raises(HTTPError) as caught:
            urlopen(Request(f"{url}/api/stop", method="POST", headers=header), timeout=10)
        assert caught.value.code == 403
        caught.value.close()
    assert journey.practice_seen.ask("/api/health")["practice"] is True
    assert "The practice server has stopped." in journey.run("practice", "stop")
    assert "The practice server is not running." in journey.run("practice", "stop")
    assert journey.run_json("practice", "status") == {"running": False}
