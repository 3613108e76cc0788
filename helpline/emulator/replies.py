"""HTTP replies as they come off the wire: bytes in, a reply out as soon as it is whole."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.emulator.web import Pairs, WebReply

MAX_BYTES = 4 * 1024 * 1024
BODILESS = (204, 304)


class Malformed(Exception):
    """What came is no HTTP reply, or too long for one."""


@dataclass(frozen=True)
class Whole:
    """A complete reply. `keeps`: the server takes another request on the same connection."""

    reply: WebReply
    keeps: bool


def read_reply(raw: bytes, *, ended: bool = False) -> Whole | None:
    """The reply in `raw`, None while it is not whole. ended: nothing more will come. Raises Malformed.

    Interim replies (1xx) are skipped. Bytes after the reply mean that the connection cannot be used again.
    """
    if len(raw) > MAX_BYTES:
        raise Malformed(f"over {MAX_BYTES} bytes")
    head, blank, rest = raw.partition(b"\r\n\r\n")
    if not blank:
        if ended or not _begins_well(raw):
            raise Malformed("no reply")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status = _status(first)
    if 100 <= status < 200:
        return read_reply(rest, ended=ended)
    headers = tuple(_header(line) for line in lines)
    names = {name.lower(): value.strip().lower() for name, value in headers}
    body, left = _body(status, names, rest, ended=ended)
    if body is None:
        return None
    keeps = version == "HTTP/1.1" and names.get("connection") != "close" and left == b"" and not ended
    return Whole(WebReply(status, headers, body), keeps)


def _begins_well(raw: bytes) -> bool:
    return raw.startswith(b"HTTP/") if len(raw) >= 5 else b"HTTP/".startswith(raw)


def _status(line: str) -> tuple[str, int]:
    version, _, rest = line.partition(" ")
    number = rest[:3]
    if not version.startswith("HTTP/1.") or not number.isdigit():
        raise Malformed(f"status line {line[:60]!r}")
    return version, int(number)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise Malformed("a header without a name")
    return name, value.strip()


def _body(
    status: int, names: dict[str, str], rest: bytes, *, ended: bool
) -> tuple[bytes | None, bytes | None]:
    """(the body, what is left after it); no body while it is not whole, nothing left when the end is the end."""
    if status in BODILESS:
        return b"", rest
    if "chunked" in names.get("transfer-encoding", ""):
        body, left = _chunks(rest)
    elif (length := names.get("content-length")) is not None:
        if not length.isdigit():
            raise Malformed("a length that is no number")
        size = int(length)
        body, left = (rest[:size], rest[size:]) if len(rest) >= size else (None, b"")
    else:
        return (rest, None) if ended else (None, None)
    if body is None and ended:
        raise Malformed("the reply is cut short")
    return body, left


def _chunks(rest: bytes) -> tuple[bytes | None, bytes]:
    parts: list[bytes] = []
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None, b""
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise Malformed("a chunk without a size") from None
        if size < 0:
            raise Malformed("a chunk without a size")
        if size == 0:
            return _trailer(parts, rest)
        if len(rest) < size + 2:
            return None, b""
        parts.append(rest[:size])
        rest = rest[size + 2 :]


def _trailer(parts: list[bytes], rest: bytes) -> tuple[bytes | None, bytes]:
    """Trailers are read over; the blank line ends the reply."""
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None, b""
        if not line:
            return b"".join(parts), rest


def request_bytes(method: str, target: str, headers: Pairs, body: bytes, *, keep: bool) -> bytes:
    """A request in one piece: two small writes would wait for each other on the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body
