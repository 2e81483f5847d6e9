"""Who opened or clicked, by the signs of one event, each verdict with its rule."""

import pytest

from dispatch.model.event import Reader
from dispatch.model.reader import judge

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@pytest.mark.parametrize(
    ("agent", "bot_event", "reader", "rule"),
    [
        (CHROME, "Unlikely", Reader.HUMAN, "no sign of a machine"),
        (CHROME, "", Reader.HUMAN, "no sign of a machine"),
        (CHROME, "Likely", Reader.MACHINE, "the provider says it is likely a bot"),
        ("", "", Reader.MACHINE, "prefetch by a mail program (bare user agent)"),
        ("Mozilla/5.0", "Unlikely", Reader.MACHINE, "prefetch by a mail program (bare user agent)"),
        ("  Mozilla/5.0 ", "", Reader.MACHINE, "prefetch by a mail program (bare user agent)"),
        (GMAIL, "Unlikely", Reader.PROXY, "picture proxy of a mail provider"),
        (GMAIL, "Likely", Reader.MACHINE, "the provider says it is likely a bot"),
        ("YahooMailProxy; https://help.yahoo.com", "", Reader.PROXY, "picture proxy of a mail provider"),
    ],
)
def test_a_verdict_comes_with_its_rule(agent: str, bot_event: str, reader: Reader, rule: str) -> None:
    assert judge(agent, bot_event) == (reader, rule)


@pytest.mark.parametrize(
    "agent",
    [
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
        "Mimecast",
        "Cisco IronPort",
        "python-requests/2.31.0",
        "curl/8.1.2",
        "Wget/1.21",
        "Go-http-client/2.0",
        "Java/17.0.2",
        "okhttp/4.9.3",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120 Safari/537.36",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Slackbot-LinkExpanding 1.0",
        "WhatsApp/2.23",
    ],
)
def test_scanners_and_programs_are_machines(agent: str) -> None:
    assert judge(agent, "Unlikely")[0] is Reader.MACHINE


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119 Mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0",
    ],
)
def test_people_with_ordinary_programs_are_people(agent: str) -> None:
    assert judge(agent, "")[0] is Reader.HUMAN
