"""Reading the parameters of a request; each says with which code a wrong one is refused."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from helpline.emulator.documents import DocumentRequest
from helpline.emulator.rest.errors import bad
from helpline.emulator.rest.request import RestRequest

MAX_URL = 4_000


def is_url(text: str) -> bool:
    """True for an http or https URL with a host, and a port that is one."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def url(text: str, code: int, name: str) -> str:
    """The URL as given."""
    if len(text) > MAX_URL or not is_url(text) or re.search(r"[\x00-\x20\x7f]", text):
        raise bad(code, f"{name} is not a valid URL: {text[:100]}")
    return text


def method(request: RestRequest, name: str, default: str = "POST", code: int = 21209) -> str:
    """GET or POST."""
    text = request.form.get(name, default).upper()
    if text not in ("GET", "POST"):
        raise bad(code, f"{name} is not a valid method")
    return text


def whole(request: RestRequest, name: str, default: int, code: int) -> int:
    """A whole number of at most nine digits."""
    text = request.form.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise bad(code, f"{name} is not valid")
    return int(text)


def flag(request: RestRequest, name: str) -> bool | None:
    """`true` or anything else, which is false; None when it is not given."""
    text = request.form.get(name)
    return None if text is None else text.lower() == "true"


def document(
    request: RestRequest, role: str, name: str, method_name: str, default: str = "POST"
) -> DocumentRequest | None:
    """The document at a URL parameter; None when it is not given."""
    text = request.form.get(name, "")
    if not text:
        return None
    return DocumentRequest(role, url(text, 21205, name), method(request, method_name, default))
