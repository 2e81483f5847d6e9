"""Who opened or clicked, by the signs of one event and of all with one mail."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.model.bot_detection import Act, judge, together
from dispatch.model.delivery import EventKind
from dispatch.model.event import Reader

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


DELIVERED = datetime(2026, 11, 24, 9, tzinfo=UTC)


def act(kind: EventKind, seconds: float, link: str = "", reader: Reader = Reader.HUMAN) -> Act:
    return Act(kind, DELIVERED + timedelta(seconds=seconds), reader, link)


@pytest.mark.parametrize(
    ("kind", "seconds", "reader"),
    [
        (EventKind.OPENED, 1.9, Reader.MACHINE),
        (EventKind.OPENED, 2.0, Reader.HUMAN),
        (EventKind.CLICKED, 4.9, Reader.MACHINE),
        (EventKind.CLICKED, 5.0, Reader.HUMAN),
        (EventKind.OPENED, -1.0, Reader.MACHINE),
    ],
)
def test_who_is_faster_than_anybody_reads_is_a_machine(kind: EventKind, seconds: float, reader: Reader) -> None:
    assert together([act(kind, seconds)], DELIVERED) == [reader]
    assert together([act(kind, seconds)], None) == [Reader.HUMAN]


def test_three_different_links_at_once_are_clicked_by_a_machine() -> None:
    burst = [act(EventKind.CLICKED, 60 + 0.5 * number, f"https://example.org/{number}") for number in range(4)]
    later = act(EventKind.CLICKED, 90, "https://example.org/1")
    opened = act(EventKind.OPENED, 60)

    assert together([*burst, later, opened], DELIVERED) == [Reader.MACHINE] * 4 + [Reader.HUMAN] * 2


@pytest.mark.parametrize(
    ("links", "apart"), [("aab", 0.5), ("ab", 0.1), ("abc", 1.5)], ids=["two links", "two clicks", "one by one"]
)
def test_a_person_may_click_fast(links: str, apart: float) -> None:
    acts = [act(EventKind.CLICKED, 60 + apart * number, link) for number, link in enumerate(links)]

    assert together(acts, DELIVERED) == [Reader.HUMAN] * len(acts)


def test_a_program_that_clicks_without_end_is_judged_at_once() -> None:
    links = [f"https://example.org/{number % 7}" for number in range(50_000)]
    acts = [act(EventKind.CLICKED, 60 + number / 10_000, link) for number, link in enumerate(links)]

    assert set(together(acts, DELIVERED)) == {Reader.MACHINE}


def test_haste_raises_no_verdict_to_human() -> None:
    proxy, machine = (act(EventKind.OPENED, 60, reader=reader) for reader in (Reader.PROXY, Reader.MACHINE))

    assert together([proxy, machine], DELIVERED) == [Reader.PROXY, Reader.MACHINE]
