"""The inbox shows every mail, says that it is practice, and gives no mail any power."""

import pytest

from tests.fixtures_practice import PracticeServer, bulk, mail

HOSTILE = '<script>document.title="owned"</script><img src=x onerror="alert(1)"><p>Body</p>'


def hostile(to: str = "ann@example.com") -> dict[str, object]:
    body = {"Html": {"Data": HOSTILE}, "Text": {"Data": "</pre><script>alert(2)</script>"}}
    return mail(
        to,
        FromEmailAddress='"<script>alert(3)</script>" <news@example.com>',
        Content={"Simple": {"Subject": {"Data": "<img src=x onerror=alert(4)>"}, "Body": body}},
    )


@pytest.mark.parametrize("path", ["/inbox", "/inbox?q=none", "/inbox/none", "/inbox?page=99999999999&from=%00"])
def test_every_page_begins_by_saying_that_it_is_practice(practice: PracticeServer, path: str) -> None:
    _, text, headers = practice.page(path)
    body = text[text.index("<body>") :]
    assert body.split(">", 2)[2].startswith("PRACTICE: NOTHING LEAVES THIS COMPUTER<")
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_inbox_lists_the_newest_first_and_pages(practice: PracticeServer) -> None:
    for turn in range(2):
        practice.ses.send_bulk_email(**bulk([f"m{turn}{place:02}@example.com" for place in range(30)]))
    _, first, _ = practice.page("/inbox")
    assert first.index("m129@example.com") < first.index("m128@example.com") < first.index("m010@example.com")
    assert "60 messages, page 1 of 2" in first
    assert "m009@example.com" not in first
    _, second, _ = practice.page("/inbox?page=2")
    assert "m009@example.com" in second
    assert 'rel="prev"' in second


def test_the_inbox_is_searched_by_address_and_subject(practice: PracticeServer) -> None:
    practice.ses.send_bulk_email(**bulk(["ann@example.com", "bob@example.com", "100%_@example.com"]))
    for query, wanted in (("ANN", "ann@example.com"), ("For+N1", "bob@example.com"), ("%25_", "100%_@example.com")):
        _, text, _ = practice.page(f"/inbox?q={query}")
        assert wanted in text
        assert "1 message " in text


def test_the_inbox_shows_one_audience_by_its_sender(practice: PracticeServer) -> None:
    practice.ses.send_email(**mail("ann@example.com"))
    practice.ses.send_email(**mail("bob@example.com", FromEmailAddress="The Coalition <news@example.org>"))
    _, text, _ = practice.page("/inbox?from=The+Coalition+%3Cnews%40example.org%3E")
    assert "bob@example.com" in text
    assert "ann@example.com" not in text


@pytest.mark.parametrize("view", ["desktop", "phone", "text", "headers", "source", "none"])
def test_a_hostile_mail_is_only_text_on_every_view(practice: PracticeServer, view: str) -> None:
    message_id = practice.ses.send_email(**hostile())["MessageId"]  # type: ignore[arg-type]  # members as a plain mapping
    for path in (f"/inbox/{message_id}?view={view}", "/inbox"):
        status, text, headers = practice.page(path)
        assert status == 200
        assert "<script" not in text
        assert "<img" not in text
        assert "script-src" not in headers["content-security-policy"]


def test_the_html_of_a_mail_is_served_into_a_sandbox(practice: PracticeServer) -> None:
    message_id = practice.ses.send_email(**hostile())["MessageId"]  # type: ignore[arg-type]  # as above
    _, text, headers = practice.page(f"/inbox/{message_id}/html")
    assert "<p>Body</p>" in text
    policy = headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    _, page, _ = practice.page(f"/inbox/{message_id}")
    assert '<iframe class="desktop"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_text_headers_and_source_can_be_read(practice: PracticeServer) -> None:
    message_id = practice.ses.send_email(**mail("ann@example.com"))["MessageId"]
    assert "<pre>Good day.</pre>" in practice.page(f"/inbox/{message_id}?view=text")[1]
    assert "<dt>Subject</dt><dd>A brief</dd>" in practice.page(f"/inbox/{message_id}?view=headers")[1]
    assert "Content-Type: text/plain" in practice.page(f"/inbox/{message_id}?view=source")[1]


def test_the_root_leads_to_the_inbox_and_the_health_page_says_who_answers(practice: PracticeServer) -> None:
    assert "<h1>Practice inbox</h1>" in practice.page("/")[1]
    assert practice.api("GET", "/api/health") == {"practice": True, "pid": practice.pid}


@pytest.mark.parametrize("path", ["/inbox", "/api/messages", "/api/health"])
def test_only_this_computer_may_ask(practice: PracticeServer, path: str) -> None:
    assert practice.page(path, {"Host": "evil.example.com"})[0] == 403
    assert practice.page(path, {"Origin": "https://evil.example.com"})[0] == 403
    assert practice.page(path, {"Host": "localhost:1234"})[0] == 200


def test_a_mails_html_keeps_its_doctype_first_and_its_links_open_outside_the_frame(practice: PracticeServer) -> None:
    html = "<!doctype html><html><head><title>T</title></head><body><p>Body</p></body></html>"
    simple = {"Simple": {"Subject": {"Data": "S"}, "Body": {"Html": {"Data": html}}}}
    message_id = practice.ses.send_email(**mail("ann@example.com", Content=simple))["MessageId"]
    _, text, _ = practice.page(f"/inbox/{message_id}/html")
    assert text.startswith('<!doctype html><html><head><base target="_blank"><title>')
