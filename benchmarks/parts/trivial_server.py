"""The least a server can do for the carrier: read a request, answer a fixed document. One thread, raw asyncio.

    python -m benchmarks.parts.trivial_server PORT

POST /voice/<line>: stand in that line · /wait: words and a pause, about 5 s · /again: asks for itself, for ever ·
everything else: an empty document. GET /count: how many POSTs were taken, and the CPU seconds used.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

WAIT = "<Response><Say>Nous appelons un psychologue, restez en ligne.</Say><Pause length='2'/></Response>"
AGAIN = "<Response><Redirect>/again</Redirect></Response>"
EMPTY = "<Response/>"


def enqueue(line: str) -> str:
    return f'<Response><Enqueue waitUrl="/wait" action="/left">{line}</Enqueue></Response>'


def reply(text: str, kind: str = "text/xml") -> bytes:
    body = text.encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Trivial(asyncio.Protocol):
    """One connection, kept open; one request at a time."""

    taken = 0

    def __init__(self) -> None:
        self._raw = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._raw += data
        head, blank, body = self._raw.partition(b"\r\n\r\n")
        at = head.find(b"Content-Length: ")
        length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if not blank or len(body) < length:
            return
        self._raw = body[length:]
        method, path, _ = head.split(b" ", 2)
        self._transport.write(self._answer(method, path))

    def _answer(self, method: bytes, path: bytes) -> bytes:
        if method == b"GET":
            return reply(
                json.dumps({"taken": Trivial.taken, "cpu_s": time.process_time()}), "application/json"
            )
        Trivial.taken += 1
        if path.startswith(b"/voice/"):
            return reply(enqueue(path[7:].decode()))
        return FIXED.get(path, NOTHING)


FIXED = {b"/wait": reply(WAIT), b"/again": reply(AGAIN)}
NOTHING = reply(EMPTY)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Trivial, "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
