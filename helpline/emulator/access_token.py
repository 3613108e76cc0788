"""The access token with which a browser telephone registers: what the carrier checks before it lets it ring.

Its own code on purpose, as `signature.py`: tokens are made with the official library, and two readings of one rule
find each other's mistakes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

from helpline.emulator.settings import CarrierSettings

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}")
LONGEST_S = 86_400


class BadToken(Exception):
    """A token that opens nothing. code: the carrier's number for it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


def valid_until_s(token: str, identity: str, settings: CarrierSettings, now_s: float) -> int:
    """Epoch seconds until which `token` lets `identity` be rung. Raises BadToken.

    31204 no token of this kind, 31202 signature, 20151 another account or key, 20104 expired, 31207 valid for more
    than a day, 20101 not valid yet, another identity, or not allowed to be called.
    """
    header, claims, signed = _parts(token)
    if header.get("alg") != "HS256" or header.get("cty") != "twilio-fpa;v=1":
        raise BadToken(31204, "not an access token")
    if not settings.api_key or (claims.get("iss"), claims.get("sub")) != (
        settings.api_key,
        settings.account_sid,
    ):
        raise BadToken(20151, "made for another account or with another key")
    digest = hmac.new(settings.api_secret.encode(), signed.encode(), hashlib.sha256).digest()
    given = token.rpartition(".")[2].encode("utf-8", "replace")
    if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), given):
        raise BadToken(31202, "signature validation failed")
    until_s = _times(claims, now_s)
    _grants(claims.get("grants"), identity)
    return until_s


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims, and the text that is signed."""
    texts = token.split(".")
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) for text in texts[:2]
        )
    except (ValueError, RecursionError):
        raise BadToken(31204, "not an access token") from None
    if len(texts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken(31204, "not an access token")
    return header, claims, ".".join(texts[:2])


def _times(claims: dict[str, Any], now_s: float) -> int:
    until, since = claims.get("exp"), claims.get("nbf", 0)
    if type(until) is not int or type(since) is not int:
        raise BadToken(31204, "exp and nbf are whole seconds")
    if until <= now_s:
        raise BadToken(20104, "expired")
    if since > now_s:
        raise BadToken(20101, "not valid yet")
    if until - max(since, now_s) > LONGEST_S:
        raise BadToken(31207, "valid for more than a day")
    return until


def _grants(grants: object, identity: str) -> None:
    held: dict[str, Any] = grants if isinstance(grants, dict) else {}
    if held.get("identity") != identity or not IDENTITY.fullmatch(identity):
        raise BadToken(20101, "made for another identity")
    voice = held.get("voice")
    incoming = voice.get("incoming") if isinstance(voice, dict) else None
    if not isinstance(incoming, dict) or incoming.get("allow") is not True:
        raise BadToken(20101, "may not be called")
