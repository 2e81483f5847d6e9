"""A sink that speaks SMTP and answers at once; it keeps nothing but counts.

`python -m bench.smtp_sink PORT_FILE` listens on a free port and writes it to the file. A connection whose first word is
`SEEN` gets the counts as JSON. PIPELINING is offered.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path

#: how the end of a message is found: its first bytes may have come with the read before
END = b"\r\n.\r\n"


class Counts:
    """What came, all connections together."""

    def __init__(self) -> None:
        self.connections = self.messages = self.size = self.goodbyes = 0

    def seen(self) -> bytes:
        """The counts, and the CPU of this process in seconds."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return json.dumps({**vars(self), "cpu": used.ru_utime + used.ru_stime}).encode()


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.data = bytearray()
        #: bytes of the message that were looked at; None outside of a message
        self.looked: int | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.counts.connections += 1
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Bytes came; answer each whole line, and each whole message."""
        assert self.transport is not None
        self.data += data
        answers = bytearray()
        while self._message_ended(answers) if self.looked is not None else self._line_ended(answers):
            pass
        if answers:
            self.transport.write(bytes(answers))

    def _message_ended(self, answers: bytearray) -> bool:
        assert self.looked is not None
        end = self.data.find(END, max(0, self.looked - len(END)))
        if end < 0:
            self.looked = len(self.data)
            return False
        self.counts.messages += 1
        self.counts.size += end
        del self.data[: end + len(END)]
        self.looked = None
        answers += b"250 kept\r\n"
        return True

    def _line_ended(self, answers: bytearray) -> bool:
        end = self.data.find(b"\r\n")
        if end < 0:
            return False
        verb = bytes(self.data[:4]).upper()
        del self.data[: end + 2]
        if verb == b"EHLO":
            answers += b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        elif verb == b"DATA":
            answers += b"354 go\r\n"
            self.looked = 0
        elif verb == b"SEEN":
            answers += self.counts.seen() + b"\r\n"
        elif verb == b"QUIT":
            self.counts.goodbyes += 1
            answers += b"221 bye\r\n"
        else:
            answers += b"250 ok\r\n"
        return True


async def main(port_file: Path) -> None:
    """Serve until killed."""
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Sink(counts), "127.0.0.1", 0)
    draft = port_file.with_suffix(".draft")
    draft.write_text(str(server.sockets[0].getsockname()[1]))
    draft.replace(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
