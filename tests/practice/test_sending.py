"""SendEmail and SendBulkEmail take what SES takes, keep it, and refuse the rest in SES's words."""

import base64
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures_practice import PracticeServer, bulk, mail, practice_server


def refusal(call: Any, **members: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    answer: Any = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def simple(**more: Any) -> dict[str, Any]:
    body = {"Html": {"Data": "<p>H</p>"}, "Text": {"Data": "T"}}
    return {"Simple": {"Subject": {"Data": "S"}, "Body": body, **more}}


def template(**more: Any) -> dict[str, Any]:
    return {
        "Template": {"TemplateContent": {"Subject": "S {{n}}", "Text": "T {{n}}"}, "TemplateData": '{"n": "1"}', **more}
    }


def test_a_simple_mail_is_kept_with_all_that_was_said(practice: PracticeServer) -> None:
    headers = [
        {"Name": "List-Unsubscribe", "Value": "<https://example.com/u/1>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]
    sent = mail("Ann <ann@example.com>", Content=simple(Headers=headers), ReplyToAddresses=["desk@example.com"])
    message_id = practice.ses.send_email(**sent)["MessageId"]
    assert message_id.startswith("0100")
    assert message_id.endswith("-000000")
    (listed,) = practice.messages()
    assert listed.pop("accepted_at").endswith("Z")
    assert listed == {
        "to": "ann@example.com",
        "tags": {"campaign": "c1", "delivery": "d1"},
        "message_id": message_id,
        "from": "The Center <news@example.com>",
        "subject": "S",
        "road": "SendEmail",
    }
    whole = practice.api("GET", f"/api/messages/{message_id}")
    assert (whole["html"], whole["text"], whole["reply_to"]) == ("<p>H</p>", "T", ["desk@example.com"])
    names = [name for name, _ in whole["headers"]]
    assert names.index("List-Unsubscribe") < names.index("List-Unsubscribe-Post")
    assert whole["recipients"]["to"] == ["Ann <ann@example.com>"]
    assert "Content-Type: multipart/alternative" in whole["source"]


def test_a_raw_mail_speaks_for_itself(practice: PracticeServer) -> None:
    raw = EmailMessage()
    raw["From"], raw["To"], raw["Subject"] = "Ünal <news@example.com>", "bob@example.com", "Raw: naïve"
    raw["X-SES-MESSAGE-TAGS"], raw["X-SES-CONFIGURATION-SET"] = "campaign=c9, delivery=d9", "dispatch"
    raw.set_content("Plain.")
    raw.add_alternative("<p>Rich.</p>", subtype="html")
    practice.ses.send_email(Content={"Raw": {"Data": raw.as_bytes()}})
    (listed,) = practice.messages("c9")
    assert (listed["to"], listed["subject"], listed["tags"]["delivery"]) == ("bob@example.com", "Raw: naïve", "d9")
    whole = practice.api("GET", f"/api/messages/{listed['message_id']}")
    assert (whole["html"].strip(), whole["text"].strip()) == ("<p>Rich.</p>", "Plain.")
    assert practice.events(2)[0]["mail"]["tags"]["campaign"] == ["c9"]


def test_an_inline_template_is_filled_and_its_values_are_not_escaped(practice: PracticeServer) -> None:
    content = {"Subject": "For {{name}}", "Html": "<p>{{ name }}</p>{{ses:openTracker}}", "Text": "{{name}}"}
    inline = {"Template": {"TemplateContent": content, "TemplateData": json.dumps({"name": "<b>A & B</b>"})}}
    message_id = practice.ses.send_email(**mail("ann@example.com", Content=inline))["MessageId"]
    whole = practice.api("GET", f"/api/messages/{message_id}")
    assert whole["html"] == "<p><b>A & B</b></p>"
    assert whole["subject"] == "For <b>A & B</b>"


def test_a_stored_template_serves_both_roads_until_it_is_deleted(practice: PracticeServer) -> None:
    ses = practice.ses
    ses.create_email_template(TemplateName="brief", TemplateContent={"Subject": "For {{name}}", "Text": "{{name}}"})
    assert ses.get_email_template(TemplateName="brief")["TemplateContent"]["Subject"] == "For {{name}}"
    assert [one["TemplateName"] for one in ses.list_email_templates()["TemplatesMetadata"]] == ["brief"]
    stored: Any = {"Template": {"TemplateName": "brief", "TemplateData": '{"name": "all"}'}}
    ses.send_email(**mail("ann@example.com", Content=stored))
    ses.send_bulk_email(**bulk(["bob@example.com"], DefaultContent=stored))
    assert [one["subject"] for one in practice.messages()] == ["For all", "For N0"]
    ses.delete_email_template(TemplateName="brief")
    assert refusal(ses.get_email_template, TemplateName="brief")[:2] == ("NotFoundException", 404)
    assert refusal(ses.send_email, **mail("ann@example.com", Content=stored))[:2] == ("NotFoundException", 404)


def test_a_bulk_call_gives_each_person_their_own_headers_tags_and_values(practice: PracticeServer) -> None:
    answer = practice.ses.send_bulk_email(**bulk(["ann@example.com", "bob@example.com"]))
    results = answer["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS"]
    listed = practice.messages()
    assert [(one["to"], one["subject"], one["tags"]["delivery"]) for one in listed] == [
        ("ann@example.com", "For N0", "d0"),
        ("bob@example.com", "For N1", "d1"),
    ]
    assert {one["road"] for one in listed} == {"SendBulkEmail"}
    whole = practice.api("GET", f"/api/messages/{results[1]['MessageId']}")
    assert ["List-Unsubscribe", "<https://example.com/u/1>"] in whole["headers"]
    assert whole["html"] == "<p>Good day, N1.</p>"


def test_an_entrys_headers_win_over_the_templates_and_its_data_fill_up_the_common_ones(
    practice: PracticeServer,
) -> None:
    call = bulk(["ann@example.com"])
    call["DefaultContent"]["Template"] |= {
        "TemplateContent": {"Subject": "{{a}} {{name}}", "Text": "T"},
        "TemplateData": '{"a": "common", "name": "common"}',
        "Headers": [{"Name": "list-unsubscribe", "Value": "<x>"}, {"Name": "List-Id", "Value": "<brief.example.com>"}],
    }
    result = practice.ses.send_bulk_email(**call)["BulkEmailEntryResults"][0]
    whole = practice.api("GET", f"/api/messages/{result['MessageId']}")
    assert whole["subject"] == "common N0"
    lists = [header for header in whole["headers"] if header[0].lower().startswith("list-")]
    assert lists == [["List-Id", "<brief.example.com>"], ["List-Unsubscribe", "<https://example.com/u/0>"]]


LONG = [{"Name": f"X-{place}", "Value": "v"} for place in range(16)]
BAD_CALLS: dict[str, dict[str, Any]] = {
    "no content": {"Content": {}},
    "two contents": {"Content": {**simple(), **template()}},
    "no subject": {"Content": {"Simple": {"Subject": {"Data": ""}, "Body": {"Text": {"Data": "T"}}}}},
    "a subject of two lines": {"Content": {"Simple": {"Subject": {"Data": "a\nb"}, "Body": {"Text": {"Data": "T"}}}}},
    "no body": {"Content": {"Simple": {"Subject": {"Data": "S"}, "Body": {}}}},
    "no recipient": {"Destination": {"ToAddresses": []}},
    "no domain": {"Destination": {"ToAddresses": ["ann"]}},
    "a local part beyond ASCII": {"Destination": {"ToAddresses": ["jürgen@example.com"]}},
    "a domain beyond ASCII": {"Destination": {"ToAddresses": ["ann@exämple.com"]}},
    "an address of two lines": {"Destination": {"ToAddresses": ["ann@example.com\r\nBcc: x@example.com"]}},
    "no sender": {"FromEmailAddress": ""},
    "16 headers": {"Content": simple(Headers=LONG)},
    "a line break in a header": {"Content": simple(Headers=[{"Name": "X-A", "Value": "a\r\nBcc: b@example.com"}])},
    "a header beyond ASCII": {"Content": simple(Headers=[{"Name": "X-A", "Value": "é"}])},
    "a colon in a header's name": {"Content": simple(Headers=[{"Name": "X:A", "Value": "v"}])},
    "a space in a header's name": {"Content": simple(Headers=[{"Name": "X A", "Value": "v"}])},
    "a header's name of 127": {"Content": simple(Headers=[{"Name": "X" * 127, "Value": "v"}])},
    "a header's value of 996": {"Content": simple(Headers=[{"Name": "X", "Value": "v" * 996}])},
    "a header of 997": {"Content": simple(Headers=[{"Name": "X" * 10, "Value": "v" * 987}])},
    "a header of SES's own": {"Content": simple(Headers=[{"Name": "Subject", "Value": "v"}])},
    "a list header twice": {
        "Content": simple(Headers=[{"Name": "List-Id", "Value": "<a>"}, {"Name": "list-id", "Value": "<b>"}])
    },
    "a tag's value with a dot": {"EmailTags": [{"Name": "campaign", "Value": "a.b"}]},
    "a tag's name with an at sign": {"EmailTags": [{"Name": "a@b", "Value": "v"}]},
    "a tag's value of 257": {"EmailTags": [{"Name": "a", "Value": "v" * 257}]},
    "an empty tag": {"EmailTags": [{"Name": "a", "Value": ""}]},
    "a tag twice": {"EmailTags": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
    "a block in an inline template": {
        "Content": template(TemplateContent={"Subject": "S", "Text": "{{#if a}}b{{/if}}"})
    },
    "an open brace in a template": {"Content": template(TemplateContent={"Subject": "S", "Text": "{{name"})},
    "template data that are no JSON": {"Content": template(TemplateData="{name: 1}")},
    "template data that are a list": {"Content": template(TemplateData="[]")},
    "template data of 262145": {"Content": template(TemplateData=json.dumps({"n": "x" * 262_136}))},
    "a template of more than 500 KB": {"Content": template(TemplateContent={"Subject": "S", "Text": "x" * 513_000})},
    "a request of more than 1 MB": {"Content": template(TemplateContent={"Subject": "S", "Text": "x" * 1_050_000})},
    "an attachment without a name": {"Content": simple(Attachments=[{"RawContent": b"x", "FileName": ""}])},
}


@pytest.mark.parametrize("what", BAD_CALLS)
def test_a_call_that_is_not_well_formed_is_a_bad_request_and_keeps_nothing(practice: PracticeServer, what: str) -> None:
    code, status, words = refusal(practice.ses.send_email, **mail("ann@example.com", **BAD_CALLS[what]))
    assert (code, status) == ("BadRequestException", 400)
    assert words
    assert practice.messages() == []


def test_the_largest_things_that_fit_are_taken(practice: PracticeServer) -> None:
    headers = [{"Name": f"X-{place}", "Value": "v"} for place in range(14)] + [{"Name": "X", "Value": "v" * 995}]
    people = {"ToAddresses": [f"m{place}@example.com" for place in range(50)]}
    tags = [{"Name": "t" * 256, "Value": "v" * 256}]
    call = mail("", Destination=people, Content=simple(Headers=headers), EmailTags=tags)
    practice.ses.send_email(**call)
    practice.ses.send_email(**mail("ann@example.com", Content=template(TemplateData=json.dumps({"n": "x" * 262_135}))))
    practice.ses.send_bulk_email(**bulk([f"m{place}@example.com" for place in range(50)]))
    assert len(practice.messages()) == 52


def test_51_recipients_are_too_many(practice: PracticeServer) -> None:
    people = {"ToAddresses": [f"m{place}@example.com" for place in range(51)]}
    assert refusal(practice.ses.send_email, **mail("", Destination=people))[:2] == ("MessageRejected", 400)


def test_51_entries_are_too_many(practice: PracticeServer) -> None:
    people = [f"m{place}@example.com" for place in range(51)]
    assert refusal(practice.ses.send_bulk_email, **bulk(people))[:2] == ("BadRequestException", 400)
    assert practice.messages() == []


def test_a_raw_line_of_more_than_1000_characters_is_rejected(practice: PracticeServer) -> None:
    raw = b"From: news@example.com\r\nTo: a@example.com\r\nSubject: S\r\n\r\n" + b"x" * 1001
    assert refusal(practice.ses.send_email, Content={"Raw": {"Data": raw}})[0] == "MessageRejected"


def test_an_unknown_configuration_set_is_not_found(practice: PracticeServer) -> None:
    code, status, words = refusal(practice.ses.send_email, **mail("ann@example.com", ConfigurationSetName="none"))
    assert (code, status) == ("NotFoundException", 404)
    assert "none" in words
    bad = bulk(["ann@example.com"], ConfigurationSetName="none")
    assert refusal(practice.ses.send_bulk_email, **bad)[:2] == ("NotFoundException", 404)


def test_a_paused_configuration_set_sends_nothing(practice: PracticeServer) -> None:
    practice.ses.create_configuration_set(ConfigurationSetName="paused")
    practice.ses.put_configuration_set_sending_options(ConfigurationSetName="paused", SendingEnabled=False)
    call = mail("ann@example.com", ConfigurationSetName="paused")
    assert refusal(practice.ses.send_email, **call)[:2] == ("SendingPausedException", 400)


def test_one_bad_entry_spoils_only_itself(practice: PracticeServer) -> None:
    call = bulk(["a@example.com", "nobody", "c@example.com", "d@example.com", "e@example.com", "f@example.com"])
    call["BulkEmailEntries"][2]["ReplacementTags"][0]["Value"] = "no spaces"
    call["BulkEmailEntries"][3]["ReplacementHeaders"][0]["Value"] = "a\r\nb"
    call["BulkEmailEntries"][4]["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"] = "{"
    results = practice.ses.send_bulk_email(**call)["BulkEmailEntryResults"]
    bad = "INVALID_PARAMETER"
    assert [one["Status"] for one in results] == ["SUCCESS", bad, bad, bad, bad, "SUCCESS"]
    assert all(one.get("Error") for one in results if one["Status"] == bad)
    assert [one["to"] for one in practice.messages()] == ["a@example.com", "f@example.com"]


def test_a_virus_is_accepted_and_then_rejected(practice: PracticeServer) -> None:
    virus = base64.b64decode(
        "WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo="
    )
    files = [{"FileName": "eicar.com", "RawContent": virus}]
    practice.ses.send_email(**mail("ann@example.com", Content=simple(Attachments=files)))
    assert [event["eventType"] for event in practice.events(2)] == ["Send", "Reject"]


def test_messages_are_listed_in_order_by_campaign_and_can_be_emptied(practice: PracticeServer) -> None:
    for place in range(3):
        tags = [{"Name": "campaign", "Value": f"c{place % 2}"}]
        practice.ses.send_email(**mail(f"m{place}@example.com", EmailTags=tags))
    assert [one["to"] for one in practice.messages()] == ["m0@example.com", "m1@example.com", "m2@example.com"]
    assert [one["to"] for one in practice.messages("c0")] == ["m0@example.com", "m2@example.com"]
    practice.api("DELETE", "/api/messages")
    assert practice.messages() == []
    assert practice.api("GET", "/api/messages/none") == 404


def test_a_mail_to_several_people_is_sent_once_and_delivered_to_each(practice: PracticeServer) -> None:
    people = {"ToAddresses": ["a+deliver@example.com"], "CcAddresses": ["b+bounce@example.com"]}
    practice.ses.send_email(**mail("", Destination=people))
    events = practice.events(3)
    assert sorted(event["eventType"] for event in events) == ["Bounce", "Delivery", "Send"]
    assert all(event["mail"]["destination"] == ["a+deliver@example.com", "b+bounce@example.com"] for event in events)
    assert practice.ses.get_account()["SendQuota"]["SentLast24Hours"] == 2


def test_a_raw_mail_without_a_recipient_is_refused(practice: PracticeServer) -> None:
    raw = b"From: news@example.com\r\nSubject: S\r\n\r\nBody"
    assert refusal(practice.ses.send_email, Content={"Raw": {"Data": raw}})[0] == "BadRequestException"


def test_whatever_a_raw_mail_holds_it_can_be_shown(practice: PracticeServer) -> None:
    raw = (
        b"From: =?utf-8?q?a=2C_b?= <news@example.com>\r\nTo: =?x-none?b?////?= <a@example.com>\r\n"
        b"Subject: =?utf-8?b?broken\r\nX-Odd: \xff\xfe\r\nContent-Type: text/html; charset=none\r\n\r\n<p>\xe9</p>"
    )
    message_id = practice.ses.send_email(Content={"Raw": {"Data": raw}})["MessageId"]
    assert practice.messages()[0]["from"] == '"a, b" <news@example.com>'
    for view in ("desktop", "text", "headers", "source"):
        assert practice.page(f"/inbox/{message_id}?view={view}")[0] == 200
    assert practice.page(f"/inbox/{message_id}/html")[0] == 200


def test_a_value_with_line_breaks_gives_no_second_header(practice: PracticeServer) -> None:
    content = {"Subject": "For {{name}}", "Text": "T"}
    data = json.dumps({"name": "Ann\r\nBcc: evil@example.com"})
    inline = {"Template": {"TemplateContent": content, "TemplateData": data}}
    message_id = practice.ses.send_email(**mail("ann@example.com", Content=inline))["MessageId"]
    whole = practice.api("GET", f"/api/messages/{message_id}")
    assert whole["subject"] == "For Ann Bcc: evil@example.com"
    assert "\nBcc:" not in whole["source"]


@pytest.mark.parametrize(
    "body",
    [
        {"Content": {"Simple": "text"}, "FromEmailAddress": "a@example.com"},
        {"Content": {"Simple": {"Subject": "S", "Body": []}}, "FromEmailAddress": "a@example.com"},
        {"Content": [], "FromEmailAddress": 7},
        {"EmailTags": "x", "FromEmailAddress": "a@example.com"},
        ["not", "an", "object"],
    ],
)
def test_a_request_of_the_wrong_shape_is_refused_and_not_a_crash(tmp_path: Path, body: object) -> None:
    with practice_server(tmp_path, check_signatures=False) as practice:
        assert practice.api("POST", "/v2/email/outbound-emails", body) == 400
        assert practice.api("POST", "/v2/email/outbound-bulk-emails", body) == 400
