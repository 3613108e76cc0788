"""Orders to the carrier and questions of it, through its own SDK.

The SDK speaks through our HTTP client: with time limits (it has none of its own),
stripped answers (`strip.py`), and no log of its own. Its exceptions become outcomes or
`CarrierDown`, without URI or text, raised outside the except block. Orders are the SDK's
resources; what is asked is read as entries (`questions.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance

from helpline.adapters.carriers.twilio.questions import Entry, Questions, Stripped
from helpline.adapters.carriers.twilio.strip import strip, strip_error
from helpline.adapters.carriers.twilio.twiml import FRAGMENT
from helpline.domain import paths
from helpline.domain.errors import CarrierDown
from helpline.ports import CarrierLeg, LegStatus, QueueMember, RestOutcome

CONNECT_S = 1.0
READ_S = 2.0
LEG_EVENTS = ["initiated", "ringing", "answered", "completed"]
CALLS = ("Calls", "calls")
ROOMS = ("Conferences", "conferences")
LIVE = tuple(status for status in LegStatus if not status.is_final)
FINAL = tuple(status for status in LegStatus if status.is_final)

_CODES = {
    20009: RestOutcome.NOT_YET,
    20404: RestOutcome.NOT_LIVE,
    20429: RestOutcome.BUSY,
    21220: RestOutcome.NOT_LIVE,
}
T = TypeVar("T")


class StrippingClient(HttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's way out: `session` carries the bytes, `name_of` names what is ours."""

    def __init__(
        self, session: requests.Session, base_url: str, name_of: Callable[[str], str | None]
    ) -> None:
        super().__init__(logger=None, is_async=False, timeout=READ_S)
        self._session = session
        self._base_url = base_url
        self._name_of = name_of

    def request(  # noqa: PLR0913  # the SDK decides
        self,
        method: str,
        uri: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        answer = self._session.request(
            method.upper(),
            self._base_url + uri[uri.index("/2010-04-01") :],
            params=params,
            data=data,
            headers=dict(headers or {}),
            auth=auth,
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
        )
        # Not `answer.text`: JSON names no charset, and the library would guess one from every body.
        text = answer.content.decode("utf-8", "replace")
        if answer.status_code >= 400:
            return Stripped(answer.status_code, strip_error(text, answer.status_code))
        return Stripped(answer.status_code, strip(text, self._name_of))


class TwilioCarrier:
    """`ports.Carrier` on the carrier's REST API of one account."""

    def __init__(
        self,
        client: Client,
        origin: str,
        queue: str,
        shown: Callable[[], str],
        sorry_url: str | None = None,
    ) -> None:
        """`shown` answers the number every leg of ours shows: one of our lines.

        `sorry_url` is a document on another host, for her who picks up while we are away.
        """
        self._client = client
        self._questions = Questions(client)
        self._origin = origin
        self._queue = queue
        self._shown = shown
        self._fallback = {"fallback_url": sorry_url, "fallback_method": "GET"} if sorry_url else {}

    def _url(self, path: str) -> str:
        return f"{self._origin}{path}{FRAGMENT}"

    # ---- orders

    def ring(self, address: str, attempt: str, ring_s: int) -> tuple[RestOutcome, str | None]:
        def create() -> CallInstance:
            return self._client.calls.create(
                to=address,
                from_=self._shown(),
                url=self._url(paths.offer(attempt)),
                method="POST",
                status_callback=self._url(paths.leg(attempt)),
                status_callback_method="POST",
                status_callback_event=LEG_EVENTS,
                timeout=ring_s,
                **self._fallback,
            )

        outcome, call = _ordered(create)
        return outcome, call.sid if call is not None else None

    def move(self, leg_id: str, path: str) -> RestOutcome:
        outcome, _ = _ordered(lambda: self._client.calls(leg_id).update(url=self._url(path), method="POST"))
        return outcome

    def end(self, leg_id: str) -> RestOutcome:
        outcome, _ = _ordered(lambda: self._client.calls(leg_id).update(status="completed"))
        return outcome

    def erase(self, leg_id: str) -> RestOutcome:
        outcome, _ = _ordered(lambda: self._client.calls(leg_id).delete())
        return RestOutcome.DONE if outcome is RestOutcome.NOT_LIVE else outcome

    # ---- questions

    def leg(self, leg_id: str) -> CarrierLeg | None:
        found = self._questions.one(f"Calls/{leg_id}")
        return _legs([found])[0] if found is not None else None

    def live_legs(self) -> list[CarrierLeg]:
        return self._legs_in(LIVE)

    def _legs_in(self, states: Iterable[LegStatus]) -> list[CarrierLeg]:
        return [leg for status in states for leg in _legs(self._questions.all(*CALLS, Status=status.value))]

    def legs_to(self, address: str) -> list[CarrierLeg]:
        return _legs(self._questions.first(*CALLS, 20, To=address))

    def waiting(self) -> list[QueueMember]:
        queues = self._questions.all("Queues", "queues")
        sid = next((queue["sid"] for queue in queues if queue.get("friendly_name") == self._queue), None)
        if sid is None:
            return []
        members = self._questions.all(f"Queues/{sid}/Members", "queue_members")
        found: list[QueueMember] = []
        for member in sorted(members, key=_position):
            # The carrier's dates have whole seconds; the order within one is the position's.
            after = found[-1].enqueued_ms + 1 if found else 0
            enqueued_ms = max(after, _ms(_text(member, "date_enqueued")) or 0)
            found.append(QueueMember(str(member["call_sid"]), enqueued_ms))
        return found

    def rooms(self) -> Mapping[str, tuple[str, ...]]:
        listed = self._questions.all(*ROOMS, Status="in-progress")
        named = ((_text(room, "friendly_name"), room) for room in listed)
        return {name: self._inside(room) for name, room in named if name}

    def room(self, name: str) -> tuple[str, ...]:
        listed = self._questions.first(*ROOMS, 1, Status="in-progress", FriendlyName=name)
        return next((self._inside(room) for room in listed), ())

    def finished_legs(self) -> list[CarrierLeg]:
        # By status: all calls together would be those on the line too, read for nothing once a minute.
        return self._legs_in(FINAL)

    def _inside(self, room: Entry) -> tuple[str, ...]:
        path = f"Conferences/{room['sid']}/Participants"
        try:
            people = self._questions.all(path, "participants")
        except CarrierDown:
            # One of many reads that only together are of use: a single refusal must not undo the others.
            people = self._questions.all(path, "participants")
        return tuple(sid for sid in (_text(person, "call_sid") for person in people) if sid)


def _ordered(do: Callable[[], T]) -> tuple[RestOutcome, T | None]:
    """Run one order: (outcome, reply)."""
    try:
        return RestOutcome.DONE, do()
    except TwilioRestException as error:
        code, status = error.code, error.status
    except (TwilioException, requests.RequestException, OSError, ValueError):
        return RestOutcome.UNKNOWN, None
    if isinstance(code, int) and code in _CODES:
        return _CODES[code], None
    if status == 429:
        return RestOutcome.BUSY, None
    if status == 404:
        return RestOutcome.NOT_LIVE, None
    return (RestOutcome.REFUSED if 400 <= status < 500 else RestOutcome.UNKNOWN), None


def _legs(entries: Iterable[Entry]) -> list[CarrierLeg]:
    """Raises CarrierDown when a entry is none of a leg's."""
    try:
        return [_leg(entry) for entry in entries]
    except (KeyError, ValueError):
        pass
    raise CarrierDown("carrier: no entry of a leg")


def _leg(entry: Entry) -> CarrierLeg:
    to = _text(entry, "to") or ""
    return CarrierLeg(
        leg_id=str(entry["sid"]),
        inbound=entry.get("direction") == "inbound",
        status=LegStatus(str(entry["status"])),
        line=to[5:] if to.startswith("line:") else None,
        endpoint=to[9:] if to.startswith("endpoint:") else None,
        structure=to[10:] if to.startswith("structure:") else None,
        started_ms=_ms(_text(entry, "start_time")) or _ms(_text(entry, "date_created")),
        ended_ms=_ms(_text(entry, "end_time")),
        parent_id=_text(entry, "parent_call_sid"),
    )


def _text(entry: Entry, name: str) -> str | None:
    value = entry.get(name)
    return value if isinstance(value, str) else None


def _position(member: Entry) -> int:
    place = member.get("position")
    return place if isinstance(place, int) else 0


@lru_cache(maxsize=4096)
def _ms(text: str | None) -> int | None:
    """A date of the carrier's. Of a long list many are the same: reading one takes longer than all else of a entry."""
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000) if text else None
    except ValueError:
        return None
