"""The command `dispatch` run inside the test's own process: the same arguments, output and exit status, no start-up.

Use it for everything except what only a process can show: a kill, a signal, a terminal, two commands at once.
"""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import CompletedProcess

from dispatch.cli.main import main

#: what a command may change for its own process, and must put back
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_in_process(
    arguments: Sequence[str], environ: Mapping[str, str], folder: Path | None = None
) -> "CompletedProcess[str]":
    """Return the exit status, standard output and standard error of `dispatch ARGUMENTS`.

    `environ` is the whole environment of the command, `folder` the one that it is called in; left out, the current
    one. Standard input is empty and nothing is a terminal. Raise what the command raises and does not handle, where a
    process would print a traceback. Raise AssertionError for a thread or a signal handler that the command leaves.
    """
    output, errors = _captured(), _captured()
    threads, handlers = set(threading.enumerate()), _handlers()
    place = nullcontext() if folder is None else chdir(folder)
    with _as_process(arguments, environ), place, redirect_stdout(output), redirect_stderr(errors):
        status = _status_of_main()
    assert _handlers() == handlers, f"{arguments}: a signal handler stays"
    left = [each for each in set(threading.enumerate()) - threads if not each.daemon]
    assert not left, f"{arguments}: threads stay: {left}"
    return CompletedProcess(["dispatch", *arguments], status, _text(output), _text(errors))


def _status_of_main() -> int:
    with warnings.catch_warnings():
        # The practice server outlives the command that starts it.
        warnings.filterwarnings("ignore", "subprocess .* is still running", ResourceWarning)
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    raise AssertionError("main() returned without an exit status")


@contextmanager
def _as_process(arguments: Sequence[str], environ: Mapping[str, str]) -> Iterator[None]:
    """The arguments, the environment and the empty standard input of a command; afterwards all is as before."""
    before = dict(os.environ), sys.argv, sys.stdin
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123  # a device has no path of its own
        try:
            _replace_environment(environ)
            sys.argv, sys.stdin = ["dispatch", *arguments], nothing
            yield
        finally:
            _replace_environment(before[0])
            _, sys.argv, sys.stdin = before


def _replace_environment(environ: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in environ]:
        del os.environ[name]
    os.environ.update(environ)


def _handlers() -> list[object]:
    return [signal.getsignal(number) for number in _SIGNALS]


def _captured() -> TextIOWrapper:
    return TextIOWrapper(BytesIO(), encoding="utf-8", newline="\n", write_through=True)


def _text(stream: TextIOWrapper) -> str:
    assert isinstance(stream.buffer, BytesIO)
    return stream.buffer.getvalue().decode("utf-8")
