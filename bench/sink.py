"""A sink that answers SES v2 at once: GetAccount, SendEmail and SendBulkEmail, nothing kept.

`python -m bench.sink PORT_FILE [DELAY_SECONDS] [RATE]` listens on a free port and writes it to the file.
"""

import asyncio
import json
import sys
from pathlib import Path


def account(rate: float) -> bytes:
    """GetAccount's answer: no daily limit."""
    quota = {"Max24HourSend": -1, "MaxSendRate": rate, "SentLast24Hours": 0}
    return json.dumps({"SendingEnabled": True, "ProductionAccessEnabled": True, "SendQuota": quota}).encode()


class Sink(asyncio.Protocol):
    """One connection: reads whole requests, answers each."""

    def __init__(self, delay: float, rate: float) -> None:
        self.delay = delay
        self.account = account(rate)
        self.data = bytearray()
        self.transport: asyncio.Transport | None = None
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came; answer each whole request."""
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.data[:end]).lower()
            length = 0
            for line in head.split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                elif line.startswith(b"expect:"):
                    self._write(b"HTTP/1.1 100 Continue\r\n\r\n", 0)
            if len(self.data) < end + 4 + length:
                return
            body = bytes(self.data[end + 4 : end + 4 + length])
            del self.data[: end + 4 + length]
            self._write(self._answer(head, body), self.delay)

    def _answer(self, head: bytes, body: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/account"):
            said = self.account
        elif path.endswith(b"/outbound-bulk-emails"):
            people = body.count(b'"Destination"')
            results = [{"Status": "SUCCESS", "MessageId": self._id()} for _ in range(people)]
            said = json.dumps({"BulkEmailEntryResults": results}).encode()
        else:
            said = json.dumps({"MessageId": self._id()}).encode()
        front = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
        return front + said

    def _id(self) -> str:
        self.count += 1
        return f"0100-{id(self):x}-{self.count:x}-000000"

    def _write(self, data: bytes, delay: float) -> None:
        assert self.transport is not None
        if delay:
            asyncio.get_running_loop().call_later(delay, self.transport.write, data)
        else:
            self.transport.write(data)


async def main(port_file: Path, delay: float, rate: float) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(delay, rate), "127.0.0.1", 0)
    draft = port_file.with_suffix(".draft")
    draft.write_text(str(server.sockets[0].getsockname()[1]))
    draft.replace(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    numbers = [float(each) for each in sys.argv[2:]] + [0.0, 1_000_000.0][len(sys.argv) - 2 :]
    asyncio.run(main(Path(sys.argv[1]), numbers[0], numbers[1]))
