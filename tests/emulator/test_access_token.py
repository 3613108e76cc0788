"""The access token of a browser telephone, made by the official library, checked by the carrier."""

from __future__ import annotations

import time
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from helpline.emulator import ControlError
from tests.emulator.line import ACCOUNT, Line, doc

KEY = "SK" + "1" * 32
SECRET = "a-secret-of-more-than-thirty-two-bytes"


def keyed(**settings: Any) -> Line:
    """A line whose account has an API key, at the present time: the library knows no other."""
    return Line(start_ms=int(time.time()) * 1000, **({"api_key": KEY, "api_secret": SECRET} | settings))


def token(identity: str = "vera", *, account: str = ACCOUNT, key: str = KEY, secret: str = SECRET, ttl: int = 3600,
          allow: bool | None = True, nbf: int | None = None) -> str:  # fmt: skip
    made = AccessToken(account, key, secret, identity=identity, ttl=ttl, nbf=nbf)
    if allow is not None:
        made.add_grant(VoiceGrant(incoming_allow=allow))
    return str(made.to_jwt())


def test_a_good_token_registers_and_the_page_rings() -> None:
    line = keyed()

    line.control.set_client("vera", {"registered": True, "token": token()})
    line.ring("client:vera")
    line.wait(1)

    assert line.control.client("vera")["state"] == "ringing"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"ttl": -5}, 20104),
        ({"secret": "another-secret-of-more-than-32-bytes"}, 31202),
        ({"account": "AC" + "2" * 32}, 20151),
        ({"key": "SK" + "2" * 32}, 20151),
        ({"identity": "bruno"}, 20101),
        ({"allow": False}, 20101),
        ({"allow": None}, 20101),
        ({"ttl": 90_000}, 31207),
        ({"nbf": 4_000_000_000}, 20101),
    ],
)
def test_a_token_that_is_not_good_registers_nobody(made: dict[str, Any], code: int) -> None:
    line = keyed()

    with pytest.raises(ControlError) as error:
        line.control.set_client("vera", {"registered": True, "token": token(**made)})

    assert (error.value.status, error.value.where) == (403, "token")
    assert error.value.error.startswith(str(code))
    assert line.codes() == [code]
    assert not line.control.client("vera")["registered"]


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.x", "é.é.é", "W10.W10.", "%.x", "%"])
def test_what_is_no_token_is_refused(text: str) -> None:
    line, whole = keyed(), token()
    text = text.replace("%", whole) if text != "%" else whole[:-3]

    with pytest.raises(ControlError) as error:
        line.control.set_client("vera", {"registered": True, "token": text})

    assert error.value.status == 403
    assert not line.control.client("vera")["registered"]


def test_an_account_without_a_key_knows_no_token() -> None:
    line = Line()

    with pytest.raises(ControlError) as error:
        line.control.set_client("vera", {"registered": True, "token": token()})

    assert error.value.error.startswith("20151")


def test_the_end_of_a_token_ends_the_registration_and_no_call() -> None:
    line = keyed()
    line.script(offer=doc('<Pause length="600"/>'))
    line.control.set_client("vera", {"registered": True, "token": token(ttl=60)})
    line.ring("client:vera")
    line.wait(1)
    line.control.accept("vera")

    line.wait(70)

    assert line.control.client("vera")["state"] == "talking"
    assert not line.control.client("vera")["registered"]
    assert line.codes() == [20104]


def test_a_new_token_in_time_keeps_the_registration() -> None:
    line = keyed()
    line.control.set_client("vera", {"registered": True, "token": token(ttl=60)})
    line.wait(30)

    line.control.set_client("vera", {"registered": True, "token": token(ttl=600)})
    line.wait(60)

    assert line.control.client("vera")["registered"]
    assert line.codes() == []
