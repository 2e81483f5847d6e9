"""A sink that answers SES v2 at once: GetAccount, SendEmail and SendBulkEmail, nothing kept but a count.

`python -m bench.sink PORT_FILE [DELAY_SECONDS] [RATE]` listens on a free port and writes it to the file. What is faster
than the rate it refuses, as SES does, with a second's worth of room; `GET /seen` tells what it has taken and refused.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


def account(rate: float) -> bytes:
    """GetAccount's answer: no daily limit."""
    quota = {"Max24HourSend": -1, "MaxSendRate": rate, "SentLast24Hours": 0}
    return json.dumps({"SendingEnabled": True, "ProductionAccessEnabled": True, "SendQuota": quota}).encode()


def response(said: bytes, status: bytes = b"200 OK", error: str = "") -> bytes:
    """An HTTP answer; `error` is what SES calls a refusal."""
    more = f"x-amzn-ErrorType: {error}\r\n".encode() if error else b""
    front = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
    return front % (status, more, len(said)) + said


class Bucket:
    """What is granted: a token bucket that holds a second's worth, and the counts of what came."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.tokens = rate
        self.at = time.monotonic()
        self.taken = self.refused = 0
        self.first_at = self.last_at = 0.0
        #: people in the first call, who came before the clock ran
        self.first = 0

    def take(self, people: int) -> bool:
        """Whether so many may come now."""
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if people > self.tokens:
            self.refused += 1
            return False
        self.tokens -= people
        if not self.taken:
            self.first_at, self.first = now, people
        self.taken, self.last_at = self.taken + people, now
        return True

    def seen(self) -> bytes:
        """The counts."""
        seconds = self.last_at - self.first_at
        per_second = (self.taken - self.first) / seconds if seconds else 0.0
        return json.dumps({"taken": self.taken, "refused": self.refused, "per_second": per_second}).encode()


class Sink(asyncio.Protocol):
    """One connection: reads whole requests, answers each."""

    def __init__(self, delay: float, bucket: Bucket) -> None:
        self.delay = delay
        self.bucket = bucket
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
        if path == b"/seen":
            return response(self.bucket.seen())
        if path.endswith(b"/account"):
            return response(account(self.bucket.rate))
        is_bulk = path.endswith(b"/outbound-bulk-emails")
        people = body.count(b'"Destination"') if is_bulk else 1
        if not self.bucket.take(people):
            return response(b'{"message": "Maximum sending rate exceeded."}', b"429 No", "TooManyRequestsException")
        if not is_bulk:
            return response(json.dumps({"MessageId": self._id()}).encode())
        results = [{"Status": "SUCCESS", "MessageId": self._id()} for _ in range(people)]
        return response(json.dumps({"BulkEmailEntryResults": results}).encode())

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
    bucket = Bucket(rate)
    server = await loop.create_server(lambda: Sink(delay, bucket), "127.0.0.1", 0)
    draft = port_file.with_suffix(".draft")
    draft.write_text(str(server.sockets[0].getsockname()[1]))
    draft.replace(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    numbers = [float(each) for each in sys.argv[2:]] + [0.0, 1_000_000.0][len(sys.argv) - 2 :]
    asyncio.run(main(Path(sys.argv[1]), numbers[0], numbers[1]))
