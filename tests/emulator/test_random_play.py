"""Random telephones, documents, faults and knobs: whatever happens, the carrier's own accounts must add up."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException

from helpline.emulator import ControlError, LostReply
from helpline.emulator.handsets import Refused
from tests.emulator.line import SERVER, Line, N, doc

PHONES = [f"+3363998500{i}" for i in range(1, 6)]
ROOM = (
    '<Dial action="/done"><Conference waitUrl="" statusCallback="/room" '
    'statusCallbackEvent="start end join leave">R{}</Conference></Dial>'
)
DOCUMENTS = [
    '<Enqueue waitUrl="/wait" action="/left">line</Enqueue>',
    '<Enqueue waitUrl="/short">line</Enqueue><Say>suite</Say>',
    (
        f'<Dial callerId="{N}" action="/done" timeout="8"><Number url="/screen">{PHONES[0]}</Number>'
        f"<Client>vera</Client></Dial>"
    ),
    f'<Dial callerId="{N}"><Number statusCallback="/leg">{PHONES[1]}</Number></Dial><Say>personne</Say>',
    '<Gather numDigits="1" action="/done" timeout="3"><Say>tapez un chiffre</Say></Gather>',
    ROOM.format(1),
    ROOM.format(2),
    '<Pause length="2"/><Say>bonjour</Say>',
    "<Hangup/>",
    "<Leave/>",
]


def a_document(rng: random.Random) -> str:
    return doc(*rng.choices(DOCUMENTS, k=rng.randint(1, 2)))


def a_line(seed: int) -> Line:
    """A line whose every answer, knob and fault is drawn."""
    rng = random.Random(seed)
    line = Line(seed=seed, leg_rate_per_s=rng.choice([1.0, 5.0]))
    line.control.set_knobs({"seed": seed, "join_before_start": "random", "withheld_form": "random"})
    line.control.set_faults({
        "web": [
            {"fault": "500", "chance": 0.05},
            {"fault": "slow", "ms": 3_000, "chance": 0.05},
            {"fault": "duplicate", "chance": 0.05},
            {"fault": "hang", "chance": 0.02},
        ],
        "callbacks": {"drop": 0.05, "duplicate": 0.05, "reorder": 0.2},
        "rest": {"operation": "calls.*", "fault": "lost_reply", "chance": 0.1},
    })  # fmt: skip
    line.script(
        voice=lambda form: a_document(rng),
        left=lambda form: a_document(rng),
        done=lambda form: a_document(rng),
        new=lambda form: a_document(rng),
        offer=lambda form: a_document(rng),
        wait=lambda form: rng.choice(
            [doc('<Pause length="5"/>'), doc("<Leave/>"), doc("<Say>un moment</Say>")]
        ),
        short=doc("<Say>patience</Say>", "<Leave/>"),
        screen=doc('<Gather numDigits="1" timeout="2"><Say>tapez un</Say></Gather>'),
        fallback=doc("<Say>Composez le 15.</Say>"),
    )
    line.control.set_client("vera", {"registered": True})
    return line


def act(line: Line, rng: random.Random) -> None:
    """One thing somebody does, possible or not."""
    handle = rng.choice(list(line.carrier.world.handles) or ["c1"])
    phone, keys = rng.choice(PHONES), rng.choice("0123456789*#")
    control, calls = line.control, line.sdk.calls
    actions: list[Any] = [
        lambda: control.dial(rng.choice([None, "0639980001"]), N),
        lambda: control.press(handle, keys),
        lambda: control.hang_up(handle) if handle.startswith("c") else None,
        lambda: control.answer(phone),
        lambda: control.decline(phone),
        lambda: control.phone_press(phone, keys),
        lambda: control.phone_hang_up(phone),
        lambda: control.accept("vera"),
        lambda: control.client_hang_up("vera"),
        lambda: control.set_phone(phone, {"is": rng.choice(["person", "mailbox", "busy", "off"])}),
        lambda: line.ring(rng.choice([*PHONES, "client:vera", "client:bruno"])),
        lambda: calls(line.sid(handle)).update(url=f"{SERVER}/new"),
        lambda: calls(line.sid(handle)).update(status=rng.choice(["completed", "canceled"])),
        lambda: calls(line.sid(handle)).delete(),
        lambda: control.lose(handle) if rng.random() < 0.2 else None,
    ]
    try:
        rng.choice(actions)()
    except (ControlError, Refused, LostReply, TwilioException, KeyError):
        return


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_accounts_add_up(seed: int) -> None:
    line, rng = a_line(seed), random.Random(seed)

    for _ in range(150):
        act(line, rng)
        line.wait(rng.choice([0, 0.05, 0.3, 1, 4]))
    line.control.set_faults({})
    for leg in line.carrier.world.live_legs():
        line.carrier.complete(leg)
    line.wait(120)

    world = line.carrier.world
    assert line.transport.errors == []
    assert line.carrier.broken == []
    assert world.live_legs() == []
    assert all(not queue.members for queue in world.queues.values())
    assert all(room.ended_reason and not room.participants for room in world.rooms.values())
    assert all(phone["state"] == "idle" for phone in line.control.phones())
    assert all(leg.place is None and not leg.with_ and leg.listener is None for leg in world.handles.values())
    check_reports(line.control.log())


def check_reports(log: list[dict[str, Any]]) -> None:
    """One end for each leg, times in order, and reports numbered without a gap, each number one event."""
    assert [record["at_ms"] for record in log] == sorted(record["at_ms"] for record in log)
    ends = [record["leg"] for record in log if record["kind"] == "leg" and record.get("ended_by")]
    assert len(ends) == len(set(ends))
    numbers: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for record in log:
        if record["kind"] == "callback" and record["role"] != "number_status":
            params = record["params"]
            whose = params.get("ConferenceSid") or params["CallSid"]
            event = params.get("StatusCallbackEvent", "") + params.get("CallStatus", "")
            numbers[whose][int(params["SequenceNumber"])].add(event)
    assert all(len(events) == 1 for each in numbers.values() for events in each.values())
