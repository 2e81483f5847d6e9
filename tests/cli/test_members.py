"""`dispatch members` as a programme assistant runs it."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dispatch.cli.main import main
from dispatch.model.member import MemberKey, SuppressionReason
from dispatch.store import bulk_values
from dispatch.store import members as store
from dispatch.store.database import Database

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dispatch.toml").write_bytes((ROOT / "dispatch.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def members(workspace: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `dispatch members …` in the workspace."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dispatch", "members", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


def real_lists(workspace: Path) -> Database:
    return Database.in_file(workspace / ".dispatch" / "dispatch.db")


def write(folder: Path, text: str, name: str = "list.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return name


# --- the sample lists ---------------------------------------------------------------------------------------------


def test_the_sample_lists_hold_88_people_12_of_them_on_both(members: Run) -> None:
    for name, rows in (("center", 60), ("coalition", 40)):
        file = str(ROOT / "subscribers" / f"{name}.csv")
        ran = members("import", file, "--list", name, "--yes", "--json")
        assert (ran.status, ran.document["rows"], ran.document["warnings"]) == (0, rows, [])
        assert ran.document["applied"] is True
    people = members("list", "--json").document["members"]
    assert len(people) == 88
    assert sum(len(person["lists"]) == 2 for person in people) == 12
    assert {person["email"].partition("@")[2] for person in people} == {"example.com", "example.org"}
    assert sum(person["name"] == "" for person in people) == 1


# --- import -------------------------------------------------------------------------------------------------------


def test_an_import_shows_what_it_did_and_the_rows_add_up(members: Run, workspace: Path) -> None:
    members(
        "import",
        write(workspace, "email,name\nann@example.com,Anne\nbob@example.com,Bob\n"),
        "--list",
        "center",
        "--yes",
    )
    members("unsubscribe", "bob@example.com", "--yes")
    rows = "email,name\nann@example.com,Ann\nbob@example.com,Bob\ncy@example.com,Cy\nCY@example.com,Cy\nnobody\n\n"
    ran = members("import", write(workspace, rows), "--list", "center", "--yes")
    assert ran.status == 1
    shown = [line.strip() for line in ran.out.splitlines() if line.strip()]
    assert shown == [
        "list.csv (UTF-8, comma) into the list center:",
        "1  new members",
        "1  on this list already, with changes",
        "0  on this list already, unchanged",
        "1  unsubscribed from this list: stay away",
        "1  repeat an address of an earlier row",
        "1  cannot be used",
        "5  rows in the file (and 1 empty)",
        "Changes of name and attributes:",
        "row 2: ann@example.com, name: 'Anne' becomes 'Ann'",
        "Kept away:",
        shown[11],
        "Repeated in the file:",
        "row 5: CY@example.com. The same address stands in row 4, which counts.",
        "Rows that cannot be used:",
        "row 6: nobody. An email address must have an @-sign.",
        "Done: 2 changes applied to the list center.",
    ]
    assert shown[11].startswith("row 3: bob@example.com, unsubscribed from this list on 20")


def test_a_dry_run_changes_nothing(members: Run, workspace: Path) -> None:
    file = write(workspace, "email\nann@example.com\n")
    ran = members("import", file, "--list", "center", "--dry-run")
    assert (ran.status, ran.out.splitlines()[-1]) == (0, "This was a dry run: nothing was changed.")
    document = members("import", file, "--list", "center", "--dry-run", "--json").document
    assert (document["applied"], document["counts"]["new"]) == (False, 1)
    assert members("list", "--json").document["members"] == []


def test_without_a_terminal_and_without_yes_nothing_happens_and_the_status_is_2(members: Run, workspace: Path) -> None:
    ran = members("import", write(workspace, "email\nann@example.com\n"), "--list", "center")
    assert ran.status == 2
    assert "Add --yes" in ran.err
    assert members("list", "--json").document["members"] == []


def test_json_is_one_document_with_every_row(members: Run, workspace: Path) -> None:
    rows = "email;name;town\nann@example.com;Ann;Delft\nnobody;;\nann@example.com;;\n"
    ran = members("import", write(workspace, rows), "--list", "center", "--yes", "--json")
    assert ran.status == 1
    assert ran.err == ""
    assert ran.document == {
        "file": "list.csv",
        "list": "center",
        "encoding": "UTF-8",
        "separator": "semicolon",
        "attributes": ["town"],
        "rows": 3,
        "empty_rows": 0,
        "counts": {
            "new": 1,
            "joins": 0,
            "changed": 0,
            "unchanged": 0,
            "unsubscribed": 0,
            "suppressed": 0,
            "doubled": 1,
            "invalid": 1,
        },
        "warnings": [],
        "notes": [],
        "changes": [{"row": 2, "email": "ann@example.com", "kind": "new", "differences": [], "reason": ""}],
        "doubled": [
            {"row": 4, "email": "ann@example.com", "reason": "The same address stands in row 2, which counts."}
        ],
        "invalid": [{"row": 3, "email": "nobody", "reason": "An email address must have an @-sign."}],
        "dry_run": False,
        "applied": True,
    }


def test_an_unknown_list_is_refused_and_the_known_ones_are_named(members: Run, workspace: Path) -> None:
    ran = members("import", write(workspace, "email\nann@example.com\n"), "--list", "centre", "--yes")
    assert ran.status == 1
    assert ran.err.splitlines() == [
        "Error: There is no list 'centre'.",
        "  Lists that an audience in dispatch.toml names: center, coalition.",
        "  Did you mean --list center?",
    ]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (None, "The file cannot be read: there is no such file."),
        ("mail\nx@example.com\n", "There is no column `email`."),
        ("", "The file is empty."),
    ],
)
def test_an_unusable_file_is_refused_in_three_lines(members: Run, workspace: Path, rows: str | None, what: str) -> None:
    if rows is not None:
        write(workspace, rows)
    ran = members("import", "list.csv", "--list", "center", "--yes")
    assert ran.status == 1
    lines = ran.err.splitlines()
    assert lines[0] == f"Error: {what}"
    assert lines[1].startswith("  list.csv")
    assert len(lines) == 3


def test_the_other_lists_file_gives_a_warning(members: Run, workspace: Path) -> None:
    rows = "email\n" + "".join(f"p{n}@example.com\n" for n in range(12))
    members("import", write(workspace, rows), "--list", "coalition", "--yes")
    ran = members("import", "list.csv", "--list", "center", "--dry-run")
    assert "WARNING: Is this the right list? 12 of 12 people are on the list coalition" in ran.out


def answered(
    workspace: Path, answer: str, *arguments: str, meanwhile: Callable[[], object] = lambda: None
) -> tuple[int, str]:
    """The status and the screen of `dispatch …` at a terminal where a person answers, after something else happened."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from dispatch.cli.main import main; main()", *arguments],
        cwd=workspace,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    screen = b""
    while b"[y/N]:" not in screen and (read := _read(ours)):
        screen += read
    meanwhile()
    os.write(ours, answer.encode() + b"\n")
    while read := _read(ours):
        screen += read
    os.close(ours)
    return process.wait(timeout=60), screen.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


@pytest.mark.parametrize(("answer", "status", "people"), [("y", 0, 1), ("n", 1, 0)])
def test_at_a_terminal_a_person_is_asked(members: Run, workspace: Path, answer: str, status: int, people: int) -> None:
    file = write(workspace, "email\nann@example.com\n")
    ended, screen = answered(workspace, answer, "members", "import", file, "--list", "center")
    assert "Apply 1 change to the list center? [y/N]:" in screen
    assert ("Done: 1 change" in screen, "Nothing was changed" in screen) == (answer == "y", answer == "n")
    assert ended == status
    assert len(members("list", "--json").document["members"]) == people


def test_what_changes_while_the_question_stands_stops_the_import(members: Run, workspace: Path) -> None:
    members("add", "ann@example.com", "--list", "center")
    file = write(workspace, "email,name\nann@example.com,Ann\nbob@example.com,Bob\n")

    def leave() -> None:
        members("unsubscribe", "ann@example.com", "--yes")

    ended, screen = answered(workspace, "y", "members", "import", file, "--list", "center", meanwhile=leave)
    assert ended == 1
    assert "The list or the file changed while the question stood; nothing was imported." in screen
    (person,) = members("list", "--json").document["members"]
    assert (person["email"], person["name"], person["lists"][0]["state"]) == ("ann@example.com", "", "unsubscribed")


# --- add ----------------------------------------------------------------------------------------------------------


def test_one_person_is_added_and_named(members: Run) -> None:
    ran = members("add", "Ann Roe <Ann@example.com>", "--list", "center")
    assert (ran.status, ran.out) == (0, "Ann@example.com is a new member, on center.\n")
    assert members("add", "ann@example.com", "--list", "center").out.endswith("already; nothing was changed.\n")
    ran = members("add", "ann@example.com", "--list", "coalition", "--name", "Ann R.", "--json")
    assert ran.document == {"email": "ann@example.com", "list": "coalition", "kind": "joins"}
    shown = members("show", "ANN@example.com", "--json").document
    assert (shown["email"], shown["name"]) == ("Ann@example.com", "Ann R.")
    assert [(one["list"], one["source"]) for one in shown["lists"]] == [
        ("center", "added by hand"),
        ("coalition", "added by hand"),
    ]


def test_who_left_is_not_added_without_a_reason_and_the_reason_is_kept(members: Run) -> None:
    members("add", "ann@example.com", "--list", "center")
    members("unsubscribe", "ann@example.com", "--yes")
    ran = members("add", "ann@example.com", "--list", "center", "--yes-please")
    assert ran.status == 2
    ran = members("add", "ann@example.com", "--list", "center")
    assert ran.status == 1
    assert "was not added to center: the address is unsubscribed from this list on 20" in ran.err
    assert "--resubscribe" in ran.err
    ran = members("add", "ann@example.com", "--list", "center", "--resubscribe", "asked by telephone")
    assert (ran.status, ran.out) == (0, "ann@example.com is back on center; the reason is in the audit trail.\n")
    assert members("show", "ann@example.com", "--json").document["lists"][0]["state"] == "subscribed"


def test_who_is_suppressed_is_not_added_without_a_reason(members: Run, workspace: Path) -> None:
    with real_lists(workspace) as database, database.writing() as connection:
        store.suppress(connection, MemberKey("ann@example.com"), SuppressionReason.BOUNCED, "NoEmail", database.now())
    ran = members("add", "ann@example.com", "--list", "center")
    assert ran.status == 1
    assert "suppressed (bounced)" in ran.err
    assert members("show", "ann@example.com", "--json").document["suppressed"]["reason"] == "bounced"
    ran = members("add", "ann@example.com", "--list", "center", "--resubscribe", "the mailbox is back")
    assert ran.status == 0
    shown = members("show", "ann@example.com", "--json").document
    assert (shown["suppressed"], shown["lists"][0]["state"]) == (None, "subscribed")


@pytest.mark.parametrize("address", ["ann@", "ann@example.com, bob@example.com", "a\x1b[2J@example.com"])
def test_a_bad_address_is_refused_in_three_lines_safe_for_a_terminal(members: Run, address: str) -> None:
    ran = members("add", address, "--list", "center")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 3
    assert "\x1b" not in ran.err


def test_a_name_that_cannot_be_kept_is_refused(members: Run) -> None:
    ran = members("add", "ann@example.com", "--list", "center", "--name", "A\x1bnn")
    assert (ran.status, ran.err.splitlines()[0]) == (1, "Error: That name cannot be kept.")


# --- looking ------------------------------------------------------------------------------------------------------


def test_the_list_is_searched_without_regard_to_case_and_accents(members: Run, workspace: Path) -> None:
    members(
        "import",
        write(workspace, "email,name\njm@example.com,José Müller\nann@example.com,Ann\n"),
        "--list",
        "center",
        "--yes",
    )
    ran = members("list", "--list", "center", "--search", "jose mu")
    assert ran.out.splitlines() == [
        "email           name         lists",
        "jm@example.com  José Müller  center",
        "1 person.",
        "List center: 2 subscribed.",
    ]
    assert len(members("list", "--search", "EXAMPLE.COM", "--json").document["members"]) == 2


def test_what_a_stranger_put_into_a_name_does_not_reach_the_terminal(members: Run, workspace: Path) -> None:
    file = write(workspace, "email,name\nann@example.com,\u202eevil\n")
    members("import", file, "--list", "center", "--yes")
    for command in (["list"], ["show", "ann@example.com"]):
        assert "\u202e" not in members(*command).out


def test_somebody_unknown_is_said_to_be_unknown(members: Run) -> None:
    for command in (["show"], ["remove", "--list", "center", "--yes"], ["unsubscribe", "--yes"]):
        ran = members(command[0], "zoe@example.com", *command[1:])
        assert (ran.status, ran.err.splitlines()[0]) == (1, "Error: zoe@example.com is not a member.")


# --- leaving ------------------------------------------------------------------------------------------------------


def test_removing_takes_off_one_list_and_an_import_may_bring_back(members: Run, workspace: Path) -> None:
    file = write(workspace, "email\nann@example.com\n")
    members("import", file, "--list", "center", "--yes")
    members("import", file, "--list", "coalition", "--yes")
    assert members("remove", "ann@example.com", "--list", "center").status == 2
    assert members("remove", "ann@example.com", "--list", "center", "--yes").out == (
        "ann@example.com is no longer on center.\n"
    )
    ran = members("remove", "ann@example.com", "--list", "center", "--yes")
    assert (ran.status, ran.err.splitlines()[1]) == (1, "  Their lists: coalition.")
    assert members("import", file, "--list", "center", "--yes", "--json").document["counts"]["joins"] == 1


def test_who_unsubscribed_cannot_be_removed_because_that_is_remembered(members: Run) -> None:
    members("add", "ann@example.com", "--list", "center")
    members("unsubscribe", "ann@example.com", "--list", "center", "--yes")
    ran = members("remove", "ann@example.com", "--list", "center", "--yes")
    assert ran.status == 1
    assert "dispatch members erase ann@example.com" in ran.err


def test_unsubscribing_without_a_list_means_all(members: Run) -> None:
    for name in ("center", "coalition"):
        members("add", "ann@example.com", "--list", name)
    ran = members("unsubscribe", "ann@example.com", "--yes")
    assert ran.out == "ann@example.com is unsubscribed from center, coalition.\n"
    assert "nothing was changed" in members("unsubscribe", "ann@example.com", "--yes").out
    counts = members("list", "--json").document["lists"]
    assert counts["center"] == {"subscribed": 0, "unsubscribed": 1, "suppressed": 0}


def test_erasing_reaches_the_real_database_and_that_of_practice(members: Run, workspace: Path) -> None:
    members("add", "ann@example.com", "--list", "center", "--name", "Ann Quaver")
    practice_file = workspace / ".dispatch" / "practice.db"
    with Database.in_file(practice_file) as practice, real_lists(workspace) as lists:
        from dispatch.store.practice_copy import copy_lists

        copy_lists(lists, practice)
        with practice.reading() as connection:
            assert store.find(connection, MemberKey("ann@example.com"))
    assert members("erase", "ann@example.com").status == 2
    ran = members("erase", "ann@example.com", "--yes")
    assert (ran.status, ran.out.splitlines()[0]) == (
        0,
        "The member is gone. 0 queued mails will not leave, 0 notifications are deleted.",
    )
    for database in (Database.in_file(practice_file), real_lists(workspace)):
        with database, database.reading() as connection:
            assert store.find(connection, MemberKey("ann@example.com")) is None
            assert store.is_suppressed(connection, MemberKey("ann@example.com"))
    assert members("show", "ann@example.com", "--json").document["suppressed"]["reason"] == "erased"


# --- long lists ---------------------------------------------------------------------------------------------------


def take_in(members: Run, workspace: Path, people: int) -> None:
    rows = "".join(f"p{number:03}@example.com,Person {number}\n" for number in range(people))
    members("import", write(workspace, "email,name\n" + rows), "--list", "center", "--yes")


def at_a_terminal(workspace: Path, *arguments: str) -> str:
    """The screen of `dispatch members …` at a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dispatch", "members", *arguments]
    with subprocess.Popen(command, cwd=workspace, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        screen = b""
        while part := _read(ours):
            screen += part
    os.close(ours)
    assert process.returncode == 0, screen
    return screen.decode()


def test_a_terminal_shows_a_page_and_says_how_to_see_the_others(members: Run, workspace: Path) -> None:
    take_in(members, workspace, 120)
    first, last = at_a_terminal(workspace, "list"), at_a_terminal(workspace, "list", "--page", "3")
    assert (first.count("@example.com"), "p049@" in first, "p050@" in first) == (50, True, False)
    assert "120 people.\r\nPage 1 of 3. Others: --page N; everybody: --all; a few: --search TEXT." in first
    assert (last.count("@example.com"), "p119@" in last) == (20, True)


def test_everybody_is_shown_where_nobody_looks_or_all_are_asked_for(members: Run, workspace: Path) -> None:
    take_in(members, workspace, 60)
    assert members("list").out.count("@example.com") == 60
    assert at_a_terminal(workspace, "list", "--all").count("@example.com") == 60


def test_a_file_is_taken_in_part_by_part_as_if_it_were_one(
    members: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a row that repeats one of another part; and nothing is kept where the last part fails."""
    monkeypatch.setattr(bulk_values, "CHUNK", 3)
    rows = "email,name\n" + "".join(f"p{number}@example.com,P\n" for number in (1, 2, 3, 4, 1, 5, 6, 2)) + "bad\n"
    file = write(workspace, rows)
    told = members("import", file, "--list", "center", "--dry-run", "--json").document
    done = members("import", file, "--list", "center", "--yes", "--json").document
    assert told["counts"] == done["counts"]
    assert (told["counts"]["new"], told["counts"]["doubled"], told["counts"]["invalid"]) == (6, 2, 1)
    assert [each["row"] for each in done["doubled"]] == [6, 9]
    assert [each["reason"] for each in done["doubled"]] == [
        "The same address stands in row 2, which counts.",
        "The same address stands in row 3, which counts.",
    ]
    assert len(done["changes"]) == 6
    assert len(members("list", "--json").document["members"]) == 6


# --- export -------------------------------------------------------------------------------------------------------


def test_an_exported_file_opens_in_a_spreadsheet_and_imports_unchanged(members: Run, workspace: Path) -> None:
    rows = "email,name,town\nann@example.com,=1+1,Łódź\nbob@example.com,Bob,\n"
    members("import", write(workspace, rows), "--list", "center", "--yes")
    members("unsubscribe", "bob@example.com", "--yes")
    assert members("export", "--list", "center", "--out", "out.csv").status == 0
    assert (workspace / "out.csv").read_bytes().decode() == (
        "\ufeffemail,name,town,subscribed_to,unsubscribed_from,suppressed\r\n"
        "ann@example.com,'=1+1,Łódź,center,,\r\n"
        "bob@example.com,Bob,,,center,\r\n"
    )
    document = members("import", "out.csv", "--list", "center", "--yes", "--json").document
    assert (document["counts"]["unchanged"], document["counts"]["unsubscribed"], document["applied"]) == (1, 1, False)


def test_an_export_goes_to_the_screen_and_never_over_a_file(members: Run, workspace: Path) -> None:
    members("add", "ann@example.com", "--list", "center")
    assert members("export").out.splitlines()[1] == "ann@example.com,,center,,"
    write(workspace, "precious", "out.csv")
    ran = members("export", "--out", "out.csv")
    assert (ran.status, ran.err.splitlines()[0]) == (1, "Error: The file is there already.")
    assert (workspace / "out.csv").read_text() == "precious"
