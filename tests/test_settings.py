"""The workspace and its settings: where they come from, and what a person is told about a wrong one."""

import subprocess
import sys
from pathlib import Path

import pytest

from dispatch.errors import DispatchError, ProblemsFound, SettingsError, WorkspaceError
from dispatch.sections import Settings
from dispatch.settings import SETTINGS_FILE, find_workspace, keys, load

SHIPPED = Path(__file__).parent.parent


def workspace(tmp_path: Path, text: str = "") -> Path:
    (tmp_path / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return tmp_path


def problem(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> DispatchError:
    with pytest.raises(DispatchError) as caught:
        load(workspace(tmp_path, text), environ or {})
    return caught.value


def told(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    return "\n".join(problem(tmp_path, text, environ).lines())


def test_an_empty_file_gives_the_defaults_and_practice(tmp_path: Path) -> None:
    settings = load(workspace(tmp_path), {})

    assert settings == Settings()
    assert settings.mail.transport == "practice"
    assert (settings.send.hold_seconds, settings.send.claim_seconds, settings.send.grace_seconds) == (30, 60, 900)
    assert settings.send.require_proof is True


def test_the_shipped_settings_have_both_audiences_the_higher_priority_first() -> None:
    audiences = load(SHIPPED, {}).all_audiences()

    assert [each.slug for each in audiences] == ["coalition", "center"]
    assert [each.brand.slug for each in audiences] == ["coalition", "center"]


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    folder = workspace(tmp_path, "timezone = 'UTC'\n[send]\nhold_seconds = 5\n")
    environ = {
        "DISPATCH_SEND__HOLD_SECONDS": "0",
        "DISPATCH_DATABASE_URL": "sqlite:///x.db",
        "DISPATCH_MAIL__TRANSPORT": "ses",
        "DISPATCH_SEND__REQUIRE_PROOF": "false",
    }

    settings = load(folder, environ)

    assert settings.send.hold_seconds == 0
    assert settings.database_url == "sqlite:///x.db"
    assert settings.mail.transport == "ses"
    assert settings.send.require_proof is False


def test_variables_of_other_programs_and_the_workspaces_own_are_left_alone(tmp_path: Path) -> None:
    environ = {"DISPATCH_WORKSPACE": "/somewhere", "PATH": "/bin", "DISPATCHER": "x"}

    assert load(workspace(tmp_path), environ) == Settings()


def test_every_setting_has_a_variable_that_is_taken(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    for key in keys():
        if "*" in key:
            continue
        section, _, name = key.rpartition(".")
        value = getattr(getattr(Settings(), section) if section else Settings(), name)
        load(folder, {"DISPATCH_" + key.upper().replace(".", "__"): str(value)})


def test_an_unknown_key_is_an_error_that_names_the_near_one_and_the_line(tmp_path: Path) -> None:
    message = told(tmp_path, "timezone = 'UTC'\n\n[send]\nhold_secconds = 5\n")

    assert "There is no setting 'send.hold_secconds'." in message
    assert f"{SETTINGS_FILE}:4" in message
    assert "Did you mean 'hold_seconds'?" in message


def test_an_unknown_section_is_an_error(tmp_path: Path) -> None:
    message = told(tmp_path, "[sending]\nhold_seconds = 5\n")

    assert "There is no setting 'sending'." in message
    assert "Did you mean 'send'?" in message


def test_an_unknown_variable_is_an_error_that_names_the_near_one(tmp_path: Path) -> None:
    message = told(tmp_path, "", {"DISPATCH_SEND__HOLD_SECOND": "5"})

    assert "There is no setting DISPATCH_SEND__HOLD_SECOND." in message
    assert "Did you mean DISPATCH_SEND__HOLD_SECONDS?" in message


def test_a_variable_with_a_wrong_value_is_named_as_such(tmp_path: Path) -> None:
    message = told(tmp_path, "", {"DISPATCH_SEND__HOLD_SECONDS": "soon"})

    assert "'send.hold_seconds' is not usable" in message
    assert "the variable DISPATCH_SEND__HOLD_SECONDS" in message


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    error = problem(
        tmp_path, "timezone = 'Nowhere/City'\n[send]\nhold_seconds = -1\nclaims = 2\n", {"DISPATCH_MAIL__VAI": "ses"}
    )

    assert isinstance(error, ProblemsFound)
    told = "\n".join(error.lines())
    assert len(error.problems) == 4
    for word in ("timezone", "send.hold_seconds", "send.claims", "DISPATCH_MAIL__VAI"):
        assert word in told


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[mail]\nvia = 'pigeon'\n", "mail.transport"),
        ("[send]\nrate_share = 2.0\n", "send.rate_share"),
        ("[send]\nclaim_seconds = 0\n", "send.claim_seconds"),
        ("[ses]\nconfiguration_set = 'a b'\n", "ses.configuration_set"),
        ('[web]\npublic_url = "https://a\\nb"\n', "web.public_url"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    message = told(tmp_path, text)

    assert word in message
    assert f"{SETTINGS_FILE}:2" in message


def test_an_audience_without_its_brand_is_an_error(tmp_path: Path) -> None:
    message = told(tmp_path, "[audiences.center]\nname = 'C'\nlist = 'c'\nbrand = 'none'\nfrom = 'a@example.org'\n")

    assert "audiences.center.brand names 'none'" in message
    assert f"{SETTINGS_FILE}:4" in message


@pytest.mark.parametrize("sender", ["The Center", "a@example.org, b@example.org", "X <a b@example.org>"])
def test_a_sender_without_one_address_is_an_error(tmp_path: Path, sender: str) -> None:
    message = told(tmp_path, f"[audiences.center]\nname = 'C'\nlist = 'c'\nbrand = 'b'\nfrom = '{sender}'\n")

    assert "audiences.center.from" in message
    assert "Name <address@domain>" in message


@pytest.mark.parametrize("content", [b"timezone = UTC\n", b"\xff\xfe\x00", b"[send\n", b"a = 1\na = 2\n"])
def test_a_file_that_cannot_be_read_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        load(tmp_path, {})

    assert f"{SETTINGS_FILE} cannot be read" in caught.value.what
    assert str(tmp_path) in caught.value.where
    assert caught.value.todo


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes("\N{ZERO WIDTH NO-BREAK SPACE}[send]\r\nhold_seconds = 5\r\n".encode())

    assert load(tmp_path, {}).send.hold_seconds == 5


def test_the_public_address_has_no_slash_at_its_end(tmp_path: Path) -> None:
    assert load(workspace(tmp_path, "[web]\npublic_url = 'https://a.example/'\n"), {}).web.public_url == (
        "https://a.example"
    )


def test_the_workspace_is_the_nearest_folder_upward(tmp_path: Path) -> None:
    workspace(tmp_path)
    inner = tmp_path / "inner"
    deep = inner / "briefs" / "one"
    deep.mkdir(parents=True)
    assert find_workspace(deep) == tmp_path

    workspace(inner)
    assert find_workspace(deep) == inner


def test_no_workspace_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        find_workspace(tmp_path)

    assert "not a dispatch workspace" in caught.value.what
    assert "dispatch init" in caught.value.todo


def test_a_folder_that_was_deleted_under_ones_feet_is_told_as_such(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "{sys.executable}" -m dispatch report'

    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)

    assert ran.returncode == 1
    assert ran.stderr.startswith("Error: The folder that you are in is not there any more.\n")


def test_a_setting_under_its_former_name_is_refused_with_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "dispatch.toml").write_text("[mail]\nvia = 'ses'\n", encoding="utf-8")
    with pytest.raises(SettingsError) as in_file:
        load(tmp_path, {})
    assert "Write mail.transport instead of mail.via" in in_file.value.todo
    (tmp_path / "dispatch.toml").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError) as in_environment:
        load(tmp_path, {"DISPATCH_MAIL__VIA": "ses"})
    assert "DISPATCH_MAIL__TRANSPORT" in in_environment.value.todo
