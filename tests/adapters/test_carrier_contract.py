"""What services may expect of any carrier: the real adapter on the emulator, and the one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis

from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.cli.stepped import Scene, Stepper
from helpline.emulator import CarrierSettings
from helpline.ports import Carrier, LegStatus, RestOutcome
from tests import builders

VERA = builders.psychologist("vera", 1)
PHONE = VERA.endpoints[0]
ATTEMPT = "0" * 31 + "1"
UNKNOWN = "CA" + "0" * 32


@dataclass
class World:
    """One carrier, and how time passes in it."""

    carrier: Carrier
    stepper: Stepper | None = None

    def after(self, ms: int) -> None:
        if self.stepper is not None:
            self.stepper.run(ms)
        elif isinstance(self.carrier, MemoryCarrier):
            self.carrier.now_ms += ms


@pytest.fixture(params=["twilio", "memory"])
def world(
    request: pytest.FixtureRequest, tmp_path: object, redis_app: redis.Redis, redis_clock: redis.Redis
) -> Iterator[World]:
    if request.param == "memory":
        yield World(MemoryCarrier(now_ms=builders.NIGHT_MS, endpoints={PHONE.address: PHONE.id}))
        return
    settings = builders.settings(f"sqlite:///{tmp_path}/unused.db", builders.ROOT)
    scene = Scene(
        settings=settings,
        carrier=CarrierSettings(
            account_sid=settings.carrier.account_sid,
            auth_token=settings.carrier.auth_token,
            leg_rate_per_s=1000.0,
        ),
        book=builders.book(builders.roster(VERA)),
        redis_app=redis_app,
        redis_clock=redis_clock,
        start_ms=builders.NIGHT_MS,
    )
    stepper = Stepper(scene)
    stepper.paused |= {"effects", "clock", "worker"}
    yield World(stepper.service.carrier, stepper)


def rung(world: World) -> str:
    outcome, leg_id = world.carrier.ring(PHONE.address, ATTEMPT, 20)
    assert outcome is RestOutcome.DONE
    assert leg_id is not None
    world.after(500)
    return leg_id


def test_a_leg_that_was_ordered_is_live_and_known_by_its_endpoint(world: World) -> None:
    leg_id = rung(world)

    (live,) = world.carrier.live_legs()
    assert (live.leg_id, live.inbound, live.endpoint) == (leg_id, False, PHONE.id)
    assert [leg.leg_id for leg in world.carrier.legs_to(PHONE.address)] == [leg_id]
    assert world.carrier.finished_legs() == []


def test_a_leg_ends_once(world: World) -> None:
    leg_id = rung(world)

    assert world.carrier.end(leg_id) is RestOutcome.DONE
    world.after(500)

    assert world.carrier.live_legs() == []
    found = world.carrier.leg(leg_id)
    assert found is not None
    assert found.status.is_final
    assert found.ended_ms is not None


def test_only_a_leg_in_progress_can_be_moved(world: World) -> None:
    leg_id = rung(world)

    assert world.carrier.move(leg_id, "/voice/done/x") is RestOutcome.NOT_LIVE
    assert world.carrier.move(UNKNOWN, "/voice/done/x") is RestOutcome.NOT_LIVE


def test_what_the_carrier_does_not_know_is_none(world: World) -> None:
    assert world.carrier.leg(UNKNOWN) is None
    assert world.carrier.end(UNKNOWN) is RestOutcome.NOT_LIVE
    assert world.carrier.legs_to("+33639985077") == []
    assert world.carrier.room("nobody") == ()
    assert world.carrier.waiting() == []


def test_a_record_is_erased_when_its_leg_is_over_and_not_before(world: World) -> None:
    leg_id = rung(world)
    assert world.carrier.erase(leg_id) is RestOutcome.NOT_YET
    world.carrier.end(leg_id)
    world.after(500)
    assert [leg.leg_id for leg in world.carrier.finished_legs()] == [leg_id]

    assert world.carrier.erase(leg_id) is RestOutcome.DONE

    assert world.carrier.leg(leg_id) is None
    assert world.carrier.finished_legs() == []
    assert world.carrier.erase(leg_id) is RestOutcome.DONE


def test_no_leg_of_either_kind_shows_a_number(world: World) -> None:
    rung(world)

    shown = repr(world.carrier.live_legs())
    assert PHONE.address not in shown
    assert PHONE.address[3:] not in shown
    assert world.carrier.live_legs()[0].status in (LegStatus.QUEUED, LegStatus.RINGING)
