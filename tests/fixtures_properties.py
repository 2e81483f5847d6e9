"""Property tests (Hypothesis): the same examples at every `make test`, new ones at every `make fuzz`.

A test does not say how many examples it takes; the profile does. Hypothesis marks property tests `hypothesis`, so that
`pytest -m hypothesis` runs exactly these.
"""

from hypothesis import HealthCheck, Phase, settings

#: without a deadline: how long an example takes says something about the machine, nothing about dispatch
_BASE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("steady", _BASE, derandomize=True, database=None, max_examples=50)
settings.register_profile("quick", _BASE, derandomize=True, database=None, max_examples=5)
# Without the phase that explains a fault: it takes minutes, and the example says enough.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
settings.register_profile("fuzz", _BASE, phases=_PHASES, print_blob=True, max_examples=300)
settings.load_profile("steady")
