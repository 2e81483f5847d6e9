"""SendEmail and SendBulkEmail take what SES takes, keep it, and refuse the rest in SES's words."""

import json
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
    content = {"Subject": "S {{n}}", "Text": "T {{n}}"}
    return {"Template": {"TemplateContent": content, "TemplateData": '{"n": "1"}', **more}}


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
        "operation": "SendEmail",
    }
    whole = practice.api("GET", f"/api/messages/{message_id}")
    assert (whole["html"], whole["text"], whole["reply_to"]) == ("<p>H</p>", "T", ["desk@example.com"])
    names = [name for name, _ in whole["headers"]]
    assert names.index("List-Unsubscribe") < names.index("List-Unsubscribe-Post")
    assert "Content-Type: multipart/alternative" in whole["source"]


def test_a_bulk_call_gives_each_person_their_own_headers_tags_and_values(practice: PracticeServer) -> None:
    answer = practice.ses.send_bulk_email(**bulk(["ann@example.com", "bob@example.com"]))
    results = answer["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS"]
    listed = practice.messages()
    assert [(one["to"], one["subject"], one["tags"]["delivery"]) for one in listed] == [
        ("ann@example.com", "For N0", "d0"),
        ("bob@example.com", "For N1", "d1"),
    ]
    assert {one["operation"] for one in listed} == {"SendBulkEmail"}
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
    "a content that is not for one message": {"Content": template()},
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
    "two recipients": {"Destination": {"ToAddresses": ["a@example.com", "b@example.com"]}},
    "a copy for someone else": {"Destination": {"ToAddresses": ["a@example.com"], "CcAddresses": ["b@example.com"]}},
}
BAD_TEMPLATES: dict[str, dict[str, Any]] = {
    "a block": {"TemplateContent": {"Subject": "S", "Text": "{{#if a}}b{{/if}}"}},
    "an open brace": {"TemplateContent": {"Subject": "S", "Text": "{{name"}},
    "data that are no JSON": {"TemplateData": "{name: 1}"},
    "data that are a list": {"TemplateData": "[]"},
    "data of 262145": {"TemplateData": json.dumps({"n": "x" * 262_136})},
    "more than 500 KB": {"TemplateContent": {"Subject": "S", "Text": "x" * 513_000}},
    "a request of more than 1 MB": {"TemplateContent": {"Subject": "S", "Text": "x" * 1_050_000}},
    "no subject": {"TemplateContent": {"Subject": "", "Text": "T"}},
    "no text and no html": {"TemplateContent": {"Subject": "S"}},
}


@pytest.mark.parametrize("what", BAD_CALLS)
def test_a_call_that_is_not_well_formed_is_a_bad_request_and_keeps_nothing(practice: PracticeServer, what: str) -> None:
    code, status, words = refusal(practice.ses.send_email, **mail("ann@example.com", **BAD_CALLS[what]))
    assert (code, status) == ("BadRequestException", 400)
    assert words
    assert practice.messages() == []


@pytest.mark.parametrize("what", BAD_TEMPLATES)
def test_a_template_that_is_not_well_formed_is_a_bad_request_and_keeps_nothing(
    practice: PracticeServer, what: str
) -> None:
    call = bulk(["ann@example.com"], DefaultContent=template(**BAD_TEMPLATES[what]))
    assert refusal(practice.ses.send_bulk_email, **call)[:2] == ("BadRequestException", 400)
    assert practice.messages() == []


def test_the_largest_things_that_fit_are_taken(practice: PracticeServer) -> None:
    headers = [{"Name": f"X-{place}", "Value": "v"} for place in range(14)] + [{"Name": "X", "Value": "v" * 995}]
    tags = [{"Name": "t" * 256, "Value": "v" * 256}]
    practice.ses.send_email(**mail("ann@example.com", Content=simple(Headers=headers), EmailTags=tags))
    common = template(TemplateData=json.dumps({"n": "x" * 262_135}))
    practice.ses.send_bulk_email(**bulk([f"m{place}@example.com" for place in range(50)], DefaultContent=common))
    assert len(practice.messages()) == 51


def test_values_are_not_escaped_and_their_line_breaks_give_no_second_header(practice: PracticeServer) -> None:
    call = bulk(["ann@example.com"])
    data = json.dumps({"name": "<b>A & B</b>\r\nBcc: evil@example.com"})
    call["BulkEmailEntries"][0]["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"] = data
    message_id = practice.ses.send_bulk_email(**call)["BulkEmailEntryResults"][0]["MessageId"]
    whole = practice.api("GET", f"/api/messages/{message_id}")
    assert whole["subject"] == "For <b>A & B</b> Bcc: evil@example.com"
    assert "<b>A & B</b>" in whole["html"]
    assert "\nBcc:" not in whole["source"].partition("\n\n")[0]


def test_a_name_outside_ascii_is_garbled_as_ses_does_and_an_encoded_one_is_passed_on(
    practice: PracticeServer,
) -> None:
    encoded = "=?utf-8?b?S3JpxaF0w7Nm?= <news@example.com>"
    raw = "Kristóf Poduszló <news@example.com>"
    practice.ses.send_email(**mail("a@example.com", FromEmailAddress=raw, ReplyToAddresses=[raw]))
    practice.ses.send_email(**mail("b@example.com", FromEmailAddress=encoded))
    first, second = practice.messages()
    garbled = "Krist=F3f_Poduszl=F3 <news@example.com>"
    assert (first["from"], second["from"]) == (garbled, encoded)
    assert practice.api("GET", f"/api/messages/{first['message_id']}")["reply_to"] == [garbled]
    assert "Krištóf &lt;news@example.com&gt;" in practice.page(f"/inbox/{second['message_id']}")[1]


def test_a_paused_configuration_set_sends_nothing(practice: PracticeServer) -> None:
    options: Any = {"SendingEnabled": False}
    practice.ses.create_configuration_set(ConfigurationSetName="paused", SendingOptions=options)
    call = mail("ann@example.com", ConfigurationSetName="paused")
    assert refusal(practice.ses.send_email, **call)[:2] == ("SendingPausedException", 400)


def test_51_entries_are_too_many(practice: PracticeServer) -> None:
    people = [f"m{place}@example.com" for place in range(51)]
    assert refusal(practice.ses.send_bulk_email, **bulk(people))[:2] == ("BadRequestException", 400)
    assert practice.messages() == []


def test_an_unknown_configuration_set_is_not_found(practice: PracticeServer) -> None:
    code, status, words = refusal(practice.ses.send_email, **mail("ann@example.com", ConfigurationSetName="none"))
    assert (code, status) == ("NotFoundException", 404)
    assert "none" in words
    bad = bulk(["ann@example.com"], ConfigurationSetName="none")
    assert refusal(practice.ses.send_bulk_email, **bad)[:2] == ("NotFoundException", 404)


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


def test_messages_are_listed_in_order_by_campaign_and_can_be_emptied(practice: PracticeServer) -> None:
    for place in range(3):
        tags = [{"Name": "campaign", "Value": f"c{place % 2}"}]
        practice.ses.send_email(**mail(f"m{place}@example.com", EmailTags=tags))
    assert [one["to"] for one in practice.messages()] == ["m0@example.com", "m1@example.com", "m2@example.com"]
    assert [one["to"] for one in practice.messages("c0")] == ["m0@example.com", "m2@example.com"]
    practice.api("DELETE", "/api/messages")
    assert practice.messages() == []
    assert practice.api("GET", "/api/messages/none") == 404


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
