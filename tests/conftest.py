"""What every test has: databases, and nothing of the outside."""

pytest_plugins = [
    "tests.fixtures_properties",
    "tests.fixtures_kinds",
    "tests.fixtures_isolation",
    "tests.fixtures_database",
    "tests.fixtures_golden",
    "tests.fixtures_journey",
    "tests.fixtures_briefs",
    "tests.fixtures_workspace",
    "tests.fixtures_browser",
]
