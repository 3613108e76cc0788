"""What the carrier answers, read as records: all pages of it, and nothing that is not an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from twilio.rest import Client

from helpline.adapters.carriers.twilio.questions import Questions
from helpline.adapters.carriers.twilio.rest import StrippingClient, TwilioCarrier
from helpline.bootstrap_carrier import name_of
from helpline.cli.stepped import WsgiAdapter
from helpline.domain.errors import CarrierDown
from helpline.emulator import rest_app
from tests import builders
from tests.phone import Line

ACCOUNT, SID = "AC" + "0" * 32, "CA" + "1" * 32


@dataclass
class Says(BaseAdapter):
    """A carrier that answers every question with the same text."""

    text: str
    status: int = 200
    closed: bool = field(default=False)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = self.status, self.text.encode(), request
        return answer

    def close(self) -> None:
        self.closed = True


def client_of(adapter: BaseAdapter, line: Line | None = None) -> Client:
    session = requests.Session()
    session.mount("http://", adapter)
    named = (lambda number: name_of(line.sw.book, number)) if line is not None else (lambda _: None)
    account = line.stepper.service.settings.carrier if line is not None else None
    user, token = (account.account_sid, account.auth_token) if account else (ACCOUNT, "token")
    return Client(user, token, user, http_client=StrippingClient(session, "http://carrier.test", named))


def carrier_that_says(text: str, status: int = 200) -> TwilioCarrier:
    return TwilioCarrier(client_of(Says(text, status)), builders.ORIGIN, "line", lambda: "+33199000001")


def test_all_pages_are_read_and_each_leg_once(line: Line) -> None:
    for _ in range(5):
        line.caller().dials()
    line.after(2)
    questions = Questions(client_of(WsgiAdapter(rest_app(line.stepper.carrier)), line), page=2)

    sids = [record["sid"] for record in questions.all("Calls", "calls")]

    assert sorted(map(str, sids)) == sorted(line.stepper.carrier.world.legs)
    assert len(questions.first("Calls", "calls", 3)) == 3


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 200),
        ("<html>", 200),
        ("[]", 200),
        ('{"queues": []}', 200),
        ('{"calls": 5}', 200),
        (json.dumps({"calls": [{"sid": SID, "status": "no-such-state"}]}), 200),
        (json.dumps({"calls": [{"status": "in-progress"}]}), 200),
        ('{"code": 20429}', 429),
        ("", 503),
    ],
)
def test_what_is_no_list_of_legs_is_no_empty_line(text: str, status: int) -> None:
    """To take it for one would be to ask for everybody who waits, one by one."""
    with pytest.raises(CarrierDown):
        carrier_that_says(text, status).live_legs()


@pytest.mark.parametrize(("text", "status"), [("", 503), ('{"code": 20429}', 429), ("[]", 200), ("{}", 200)])
def test_a_leg_is_unknown_only_when_the_carrier_says_so(text: str, status: int) -> None:
    assert carrier_that_says('{"code": 20404}', 404).leg(SID) is None
    with pytest.raises(CarrierDown):
        carrier_that_says(text, status).leg(SID)
