"""The signature of a request the carrier makes: HMAC-SHA1, keyed with the account's primary token.

Its own code on purpose: the product checks with the official validator, and two readings of one rule find each
other's mistakes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def signed_url(url: str) -> str:
    """The URL as it enters the signature: no fragment, no user-info; HTTPS drops the port, HTTP keeps it.

    The rest is the text as requested: a percent-encoding is never decoded or made canonical, and a bare "?" stays.
    """
    text = url.partition("#")[0]
    parts = urlsplit(text)
    netloc = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        netloc = netloc.rpartition(":")[0]
    rebuilt = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    return rebuilt + "?" if text.endswith("?") and not parts.query else rebuilt


def sign(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """X-Twilio-Signature of a request: base64 text.

    params: the form of a POST, empty for a GET. A name counts once for each distinct value, names and values in
    code-point order; an empty value contributes its name alone.
    """
    text = signed_url(url) + "".join(name + value for name, value in sorted(set(params)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode("ascii")
