"""Property tests (Hypothesis): the same examples at every `make test`, new ones at every `make fuzz`.

A test says only how many examples it takes: `@settings(max_examples=200)`. Hypothesis marks property tests
`hypothesis`, so that `pytest -m hypothesis` runs exactly these.
"""

from hypothesis import HealthCheck, settings

#: how long an example takes says something about the machine, nothing about dispatch
UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("steady", derandomize=True, database=None, **UNTIMED)  # type: ignore[arg-type]  # mypy cannot match a dict with keyword types
settings.register_profile("fuzz", print_blob=True, **UNTIMED)  # type: ignore[arg-type]  # as above
settings.load_profile("steady")
