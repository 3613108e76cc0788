"""The parameters that every request about a leg carries.

All the places where a caller's number stands are filled as at the real carrier (From, Caller, the token, the
geography keys), so that a server which claims to strip them is really put to the test.
"""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from helpline.emulator.settings import E164
from helpline.emulator.state import Direction, Leg
from helpline.emulator.web import Pairs

API_VERSION = "2010-04-01"
GEO = ("City", "State", "Zip", "Country")


def leg_params(leg: Leg, account_sid: str, status: str = "") -> Pairs:
    """The envelope of a document request or callback. status: overrides the leg's present one.

    Made once for each status of a leg: nothing else in it changes, and a thousand calls ask for it all the time.
    """
    status = status or leg.status.value
    made = leg.envelopes.get(status)
    if made is None:
        made = leg.envelopes[status] = _made(leg, account_sid, status)
    return made


def _made(leg: Leg, account_sid: str, status: str) -> Pairs:
    params = {
        "CallSid": leg.sid,
        "AccountSid": account_sid,
        "From": leg.from_,
        "Caller": leg.from_,
        "To": leg.to,
        "Called": leg.to,
        "CallStatus": status,
        "ApiVersion": API_VERSION,
        "Direction": leg.direction.value,
    }
    if leg.parent is not None:
        params["ParentCallSid"] = leg.parent.sid
    if leg.direction is Direction.INBOUND:
        params["CallToken"] = call_token(leg, account_sid)
        if leg.forwarded_from:
            params["ForwardedFrom"] = leg.forwarded_from
    for side, number in (("From", leg.from_), ("Caller", leg.from_), ("To", leg.to), ("Called", leg.to)):
        if not number.startswith(("client:", "sip:")):
            params |= {f"{side}{key}": "" for key in GEO}
            params[f"{side}Country"] = "FR" if number.startswith("+33") else ""
    return tuple(params.items())


def call_token(leg: Leg, account_sid: str) -> str:
    """The opaque token of an inbound call. Opaque by name only: anyone can decode the caller's number from it."""
    if not E164.fullmatch(leg.from_):
        return ""
    claims = {
        "iss": "FAKE" + leg.sid[2:18],
        "exp": leg.created_ms // 1000 + 14_400,
        "accountSid": account_sid,
        "callSid": leg.sid,
        "from": leg.from_,
        "to": leg.to,
    }
    parts = [{"alg": "ES256", "typ": "JWT"}, claims]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts) + "." + _base64(leg.sid.encode())
    return quote(json.dumps({"parentCallInfoToken": text, "identityHeaderTokens": []}), safe="")


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
