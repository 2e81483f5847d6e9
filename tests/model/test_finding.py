"""A finding that several Editions share is one."""

from dispatch.model.finding import Finding, Level, Place, by_audiences


def finding(message: str, audience: str = "") -> Finding:
    return Finding(Level.WARNING, "preheader-missing", message, Place("brief.md", 1), "Write one.", audience)


def test_a_finding_for_several_audiences_is_named_once_with_all() -> None:
    found = [finding("one", "center"), finding("two", "center"), finding("one", "coalition"), finding("three")]
    assert by_audiences(found) == [
        (finding("one"), ["center", "coalition"]),
        (finding("two"), ["center"]),
        (finding("three"), []),
    ]
