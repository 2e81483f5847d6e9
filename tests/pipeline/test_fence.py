"""Fence: a claim is too old by whichever clock ran further."""

import time

import pytest

from dispatch.pipeline import fence
from dispatch.pipeline.fence import Fence


class Clocks:
    """Two clocks that a test turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steady, self.wall = 1000.0, 5000.0
        monkeypatch.setattr(fence, "_now", lambda: self.steady)
        monkeypatch.setattr(time, "time", lambda: self.wall)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@pytest.mark.parametrize(
    ("steady", "wall", "is_past"),
    [
        (0, 0, False),
        (59.9, 59.9, False),
        (60, 60, True),
        (60, 0, True),
        (0, 60, True),
        (60, -3600, True),
        (1, -3600, False),
    ],
)
def test_a_claim_is_past_by_either_clock(clocks: Clocks, steady: float, wall: float, is_past: bool) -> None:
    made = Fence(60)
    clocks.steady += steady
    clocks.wall += wall
    assert made.is_past() is is_past


def test_the_real_clocks_run() -> None:
    assert not Fence(60).is_past()
    assert Fence(0).is_past()
