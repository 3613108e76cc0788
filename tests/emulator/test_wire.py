"""What travels: replies as bytes, connections kept and dropped, every way in which there is no reply."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.emulator.lateness import Lateness
from helpline.emulator.replies import MAX_BYTES, Malformed, Whole, read_reply
from helpline.emulator.sockets import SETTLES_S, SocketTransport
from helpline.emulator.web import Answer, FailureKind, WebFailure, WebReply, WebRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


# ---- replies as bytes


def whole(raw: bytes, *, ended: bool = False) -> Whole:
    found = read_reply(raw, ended=ended)
    assert found is not None
    return found


def test_a_reply_of_a_stated_length_is_whole_and_keeps_the_connection() -> None:
    found = whole(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nX:a\r\nX: b\r\nContent-Length: 4\r\n\r\nabcd"
    )

    assert found.reply.body == b"abcd"
    assert found.reply.header("content-type") == "text/xml"
    assert found.reply.all("X") == ["a", "b"]
    assert found.keeps


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"more than was asked for",
    ],
)
def test_a_connection_is_not_used_again_when_the_server_says_or_shows_so(raw: bytes) -> None:
    assert whole(raw).reply.body == b"ok"
    assert not whole(raw).keeps


def test_a_reply_without_a_length_ends_with_the_connection() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<Response/>"

    assert read_reply(raw) is None
    assert whole(raw, ended=True) == Whole(
        WebReply(200, (("Content-Type", "text/xml"),), b"<Response/>"), keeps=False
    )


def test_chunks_are_put_together_and_trailers_read_over() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=1\r\nabcd\r\n1\r\ne\r\n0\r\nT: 1\r\n\r\n"

    assert whole(raw).reply.body == b"abcde"
    assert whole(raw).keeps


def test_interim_replies_are_skipped_and_no_content_has_no_body() -> None:
    assert whole(b"HTTP/1.1 100 Continue\r\n\r\n" + OK).reply.status == 200
    assert whole(b"HTTP/1.1 204 No Content\r\n\r\n").keeps


@pytest.mark.parametrize(
    ("raw", "ended"),
    [
        (b"SSH-2.0-OpenSSH", False),
        (b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Le", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", False),
        (b"HTTP/1.1 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MAX_BYTES, False),
    ],
)  # fmt: skip
def test_what_is_no_reply_is_refused(raw: bytes, ended: bool) -> None:
    with pytest.raises(Malformed):
        read_reply(raw, ended=ended)


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", OK[:30]]), st.booleans())
def test_whatever_comes_is_a_reply_or_none_or_malformed(tail: bytes, head: bytes, ended: bool) -> None:
    try:
        read_reply(head + tail, ended=ended)
    except Malformed:
        return


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"


@pytest.mark.parametrize("raw", [OK, CHUNKED])
def test_a_reply_is_whole_at_its_last_byte_and_not_before(raw: bytes) -> None:
    assert [read_reply(raw[:cut]) for cut in range(len(raw))] == [None] * len(raw)
    assert read_reply(raw) is not None


# ---- sockets


class Peer:
    """A server of one thread: `serve` gets each connection, in the order they came."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(5)
                self._serve(connection)

    def close(self) -> None:
        self._listening.close()


@dataclass
class Wires:
    """A transport on a loop of its own."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    idle_s: float = 1.0
    peers: list[Peer] = field(default_factory=list)
    lateness: Lateness = field(default_factory=lambda: Lateness(lambda: 1_007))

    def __post_init__(self) -> None:
        self.transport = SocketTransport(
            self.loop, lambda act: act(), lambda: 1_000, self.lateness, lambda: self.idle_s
        )
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def peer(self, serve: Callable[[socket.socket], None]) -> Peer:
        self.peers.append(Peer(serve))
        return self.peers[-1]

    def ask(self, port: int, path: str = "/", scheme: str = "http", read_ms: int = 3_000) -> Answer:
        answers: list[Answer] = []
        came = threading.Event()

        def done(answer: Answer) -> None:
            answers.append(answer)
            came.set()

        url = f"{scheme}://127.0.0.1:{port}{path}"
        headers = (("Host", f"127.0.0.1:{port}"), ("Content-Length", "3"))
        self.transport.send(WebRequest("POST", url, headers, b"a=b", 2_000, read_ms), done)
        assert came.wait(5), "no answer at all"
        threading.Event().wait(1.5 * SETTLES_S)
        return answers[0]

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.transport.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(2)
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
        for peer in self.peers:
            peer.close()


@pytest.fixture
def wires() -> Iterator[Wires]:
    found = Wires()
    yield found
    found.close()


def replying(*replies: bytes) -> Callable[[socket.socket], None]:
    """One reply for each request of a connection; closes after the last."""

    def serve(connection: socket.socket) -> None:
        for reply in replies:
            if not connection.recv(65_536):
                return
            connection.sendall(reply)

    return serve


def kind(answer: Answer) -> FailureKind | int:
    return answer.kind if isinstance(answer, WebFailure) else answer.status


pytestmark = pytest.mark.loopback


def test_a_connection_is_used_again_for_the_same_host(wires: Wires) -> None:
    peer = wires.peer(replying(OK, OK, OK))

    assert [kind(wires.ask(peer.port)) for _ in range(3)] == [200, 200, 200]
    assert peer.connections == 1
    assert (wires.lateness.count, wires.lateness.percentile(99)) == (3, 7)


def test_no_connection_is_used_again_when_none_is_to_be_kept(wires: Wires) -> None:
    wires.idle_s = 0
    peer = wires.peer(replying(OK, OK))

    assert [kind(wires.ask(peer.port)) for _ in range(2)] == [200, 200]
    assert peer.connections == 2


def test_a_connection_that_the_server_closed_without_a_word_is_not_used_again(wires: Wires) -> None:
    peer = wires.peer(replying(OK))

    assert [kind(wires.ask(peer.port)) for _ in range(3)] == [200, 200, 200]
    assert peer.connections == 3


def test_a_request_goes_out_in_one_piece_with_its_path_as_written(wires: Wires) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(OK)

    port = wires.peer(serve).port
    wires.ask(port, "/a%2Fb?x=%41&y")

    assert seen[0].startswith(b"POST /a%2Fb?x=%41&y HTTP/1.1\r\nHost: 127.0.0.1")
    assert seen[0].endswith(b"Connection: keep-alive\r\n\r\na=b")


def test_nobody_listens(wires: Wires) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = int(closed.getsockname()[1])

    assert kind(wires.ask(port)) is FailureKind.REFUSED


def test_silence_ends_at_the_limit(wires: Wires) -> None:
    silent = wires.peer(lambda connection: threading.Event().wait(0.6) and None)

    assert kind(wires.ask(silent.port, read_ms=200)) is FailureKind.TIMEOUT


def test_a_connection_that_ends_before_the_reply_is_a_reset(wires: Wires) -> None:
    hasty = wires.peer(lambda connection: connection.recv(65_536) and None)
    half = wires.peer(replying(OK[:-1]))

    assert kind(wires.ask(hasty.port)) is FailureKind.RESET
    assert kind(wires.ask(half.port)) is FailureKind.RESET


def test_what_is_no_http_is_a_reset(wires: Wires) -> None:
    port = wires.peer(replying(b"SSH-2.0-OpenSSH_9.2\r\n")).port

    assert kind(wires.ask(port)) is FailureKind.RESET


def test_a_plain_server_is_no_tls_server(wires: Wires) -> None:
    port = wires.peer(replying(b"HTTP/1.1 400 Bad Request\r\n\r\n")).port

    assert kind(wires.ask(port, scheme="https")) is FailureKind.TLS


def test_a_host_that_is_none_is_a_bad_url(wires: Wires) -> None:
    answers: list[Answer] = []

    wires.transport.send(WebRequest("POST", "http:///x", ()), answers.append)

    assert [kind(answer) for answer in answers] == [FailureKind.BAD_URL]


def test_tls_that_is_cut_off_is_a_fault_of_tls(wires: Wires) -> None:
    port = wires.peer(lambda connection: None).port

    assert kind(wires.ask(port, scheme="https")) is FailureKind.TLS
    assert issubclass(ssl.SSLError, OSError)


def test_many_at_once_each_get_their_own_answer(wires: Wires) -> None:
    answers: dict[str, bytes] = {}
    came = threading.Event()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(path) + path)
        writer.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(echo, "127.0.0.1", 0, backlog=512)

    server = asyncio.run_coroutine_threadsafe(listen(), wires.loop).result(5)
    port = server.sockets[0].getsockname()[1]

    def keep(path: str) -> Callable[[Answer], None]:
        def done(answer: Answer) -> None:
            answers[path] = answer.body if isinstance(answer, WebReply) else b"none"
            if len(answers) == 300:
                came.set()

        return done

    for n in range(300):
        wires.transport.send(WebRequest("GET", f"http://127.0.0.1:{port}/{n}", ()), keep(f"/{n}"))

    assert came.wait(20)
    assert all(path.encode() == body for path, body in answers.items())
    wires.loop.call_soon_threadsafe(server.close)
