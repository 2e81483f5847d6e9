"""A command in a terminal of its own, where questions are asked and Ctrl-C is pressed."""

import fcntl
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Sequence

from tests.fixtures_journey import Journey


def at_terminal(journey: Journey, *arguments: str, answers: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Run a command in a terminal of its own; type each answer when its question is shown. Its status and screen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        journey.command(*arguments),
        env=journey.variables({"TERM": "xterm", "COLUMNS": "200"}),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: take_terminal(follower),
    )
    os.close(follower)
    said, left = b"", list(answers)
    while True:
        try:
            said += os.read(leader, 4096)
        except OSError:
            break
        if left and left[0][0].encode() in said:
            os.write(leader, left.pop(0)[1].encode())
    os.close(leader)
    status = process.wait(timeout=60)
    text = " ".join(said.decode().split())
    assert not left, text
    return status, text


def take_terminal(follower: int) -> None:
    """Make it the terminal from which Ctrl-C comes."""
    fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
