"""Commands of the engine asked wrongly: what, where, what to do; nothing half-done, no traceback."""

from tests.journey.conftest import Engine


def told(engine: Engine, *arguments: str) -> list[str]:
    """The lines of the one error that a command ends with."""
    engine.journey.run(*arguments, status=1)
    assert engine.journey.errors.startswith("Error: ")
    return [line.strip() for line in engine.journey.errors.splitlines()]


def test_what_is_asked_wrongly_is_told_in_three_lines_and_changes_nothing(engine: Engine) -> None:
    slug = engine.people(2)
    engine.journey.run("send", slug, "--yes", "--limit", "1", status=1)
    before = engine.journey.run_json("show", slug)
    for arguments, where in [
        (("send", slug, "--yes", "--at", "yesterday"), "--at"),
        (("send", slug, "--yes", "--at", "2030-01-01 09:00", "--tz", "Mars/Base"), "--tz"),
        (("send", slug, "--yes", "--only", "nobody@example.org"), "Lists: coalition, center"),
        (("pause", "nobody-wrote-it"), f"Campaigns here: {slug}"),
        (("db", "move", "--to", "nonsense"), "--to"),
        (("db", "move", "--to", "postgresql://nobody@127.0.0.1:9/x"), "postgresql+psycopg://nobody@127.0.0.1:9/x"),
        (("db", "move", "--to", engine.journey.environ["DISPATCH_DATABASE_URL"]), ""),
    ]:
        lines = told(engine, *arguments)
        assert len(lines) == 3, lines
        assert where in lines[1], lines
    assert told(engine, "reconcile", slug, "--assume", "sent", "reader9@example.org")[1:] == [
        "- reader9@example.org is not of unknown outcome: not among its people.",
        slug,
        f"Who is: dispatch show {slug}",
    ]
    assert engine.journey.run_json("show", slug) == before
