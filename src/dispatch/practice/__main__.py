"""A practice server of its own: `python -m dispatch.practice STATE_FOLDER [PORT] [SETTINGS as JSON]`.

Prints one line of JSON once it listens: {"url", "pid"}. `dispatch practice start` runs the same server
together with the readers' pages.
"""

import json
import os
import socket
import sys
from pathlib import Path

import uvicorn

from dispatch.practice.server import build, config
from dispatch.practice.settings import Crowd, PracticeSettings


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    folder, port, given = (*arguments, "0", "{}")[:3] if len(arguments) < 2 else (*arguments, "{}")[:3]
    values = json.loads(given)
    if "crowd_habits" in values:
        values["crowd_habits"] = Crowd(**values["crowd_habits"])
    if values.get("verified") is not None:
        values["verified"] = tuple(values["verified"])
    app = build(Path(folder), settings=PracticeSettings(**values))
    listening = socket.create_server(("127.0.0.1", int(port)))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sys.stdout.write(json.dumps({"url": url, "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    uvicorn.Server(config(app)).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1:])
