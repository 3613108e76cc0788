"""Promise P2, searched for: fifty calls of eight kinds, and afterwards nothing anywhere that could name a caller.

One line serves them all, as in life. While a call lasts, the carrier's id of its legs may be in Redis and nowhere
else; sixty seconds after the carrier has deleted a leg, its id is nowhere. A caller's number is nowhere, ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from helpline.adapters.memory import JobList
from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.jobs import RqJobs
from helpline.adapters.sql.engine import make_engine
from helpline.cli.servers.redis import RedisServer
from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.close_fiche import close_fiche
from helpline.services.conclude_talk import conclude_talk
from helpline.services.note_fiche import FicheAnswer, note_fiche
from tests.e2e.conftest import MakeLine, make_line  # noqa: F401  # a fixture
from tests.leak import surfaces
from tests.leak.needles import Needle, of_id, of_number, search
from tests.phone import Caller, Handset, Line

pytestmark = [pytest.mark.leak, pytest.mark.timeout(170)]

AFTER_DELETION_MS = 60_000
CODES = {
    "nature": "entretien",
    "proposals": [["asso", None, "retenue"], ["cdom", None, "refusee"]],
    "issue": "termine",
}


class JobsToo(JobList):
    """The stepper's list, and RQ beside it: what would be queued is really written to Redis."""

    def __init__(self, real: RqJobs) -> None:
        super().__init__()
        self.real = real

    def enqueue(self, kind: str, *ids: str) -> None:
        super().enqueue(kind, *ids)
        self.real.enqueue(kind, *ids)


@dataclass
class Watched:
    """A line under search: what is told by it, and what the search must look for."""

    line: Line
    sayings: surfaces.EverySaying
    raw: redis.Redis
    engine: sa.Engine
    folder: Path
    ours: list[str]
    callers: list[Caller] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    """Legs whose absence has been looked at."""

    def caller(self) -> Caller:
        caller = self.line.caller()
        self.callers.append(caller)
        return caller

    @property
    def numbers(self) -> tuple[Needle, ...]:
        each = (of_number(str(c.number), f"caller {n}") for n, c in enumerate(self.callers, 1))
        return tuple(needle for needles in each for needle in needles)

    def in_redis(self) -> dict[str, bytes]:
        return surfaces.redis_surfaces(self.raw)

    def elsewhere(self) -> dict[str, bytes]:
        """Every surface but Redis's own content."""
        return {
            **surfaces.job_surfaces(self.raw),
            **surfaces.sql_surfaces(self.engine),
            **surfaces.file_surfaces(self.folder.rglob("*")),
            **surfaces.log_surfaces(self.sayings),
            **surfaces.carrier_surfaces(self.line.control),
        }

    def everywhere(self) -> dict[str, bytes]:
        return {**self.in_redis(), **self.elsewhere()}

    def deleted(self) -> dict[str, int]:
        """The carrier's legs that it has deleted, and when (ms)."""
        return {
            str(record["sid"]): int(record["at_ms"])
            for record in self.line.control.log()
            if record["kind"] == "rest" and record["operation"] == "calls.delete" and record["status"] == 204
        }

    def legs(self) -> list[str]:
        """The ids of all legs the carrier has now."""
        return list(self.line.stepper.carrier.world.legs)

    def forgets(self) -> list[str]:
        """What is still found of legs deleted sixty seconds ago and not looked at yet."""
        due = self.line.stepper.now_ms - AFTER_DELETION_MS
        ripe = [leg for leg, at_ms in self.deleted().items() if at_ms <= due and leg not in self.forgotten]
        self.forgotten |= set(ripe)
        return search(ids_of(ripe), self.everywhere()) if ripe else []


def ids_of(legs: Sequence[str]) -> tuple[Needle, ...]:
    return tuple(needle for leg in legs for needle in of_id(leg, "a leg"))


@pytest.fixture
def watched(
    make_line: MakeLine,  # noqa: F811
    redis_server: RedisServer,
    database_url: str,
    tmp_path: Path,
) -> Iterator[Watched]:
    assert redis_server.url_admin is not None
    line = make_line()
    raw = connect(redis_server.url_admin, decode=False, timeout_s=5.0)
    jobs = JobsToo(RqJobs(connect(redis_server.url_app, decode=False, timeout_s=2.0)))
    line.stepper.jobs = jobs
    object.__setattr__(line.stepper.service, "jobs", jobs)
    ours: list[str] = []
    _keep_ids(line, ours)
    engine = make_engine(database_url)
    with surfaces.EverySaying() as sayings:
        yield Watched(line, sayings, raw, engine, tmp_path, ours)
    engine.dispose()
    raw.close()


def _keep_ids(line: Line, ours: list[str]) -> None:
    """Every id the service draws: one that equals a carrier's by chance would make the search lie."""
    chance = line.sw.chance
    drawn = chance.new_id

    def new_id() -> str:
        ours.append(drawn())
        return ours[-1]

    chance.new_id = new_id  # type: ignore[method-assign]


# ---- the eight kinds -----------------------------------------------------------------


def answered(w: Watched) -> None:
    line, caller = w.line, w.caller().dials()
    psychologist = rung(line)
    psychologist.accepts()
    line.until_talk(caller, psychologist)
    line.after(20)
    code(line, psychologist)
    caller.hangs_up()


def abandoned_in_the_welcome(w: Watched) -> None:
    caller = w.caller().dials()
    w.line.after(3)
    caller.hangs_up()


def abandoned_in_the_line(w: Watched) -> None:
    caller = w.caller().dials()
    w.line.after(18)
    caller.hangs_up()


def nobody_on_duty(w: Watched) -> None:
    w.line.vera.goes_off_duty()
    w.line.bruno.goes_off_duty()
    caller = w.caller().dials()
    w.line.until(caller.is_over, 60)
    w.line.vera.goes_on_duty()
    w.line.bruno.goes_on_duty()


def declined_then_answered(w: Watched) -> None:
    line, caller = w.line, w.caller().dials()
    line.vera.declines()
    line.bruno.accepts()
    line.until_talk(caller, line.bruno)
    code(line, line.bruno)
    caller.hangs_up()


def she_hangs_up_first(w: Watched) -> None:
    line, caller = w.line, w.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    line.vera.hangs_up()
    line.until(lambda: caller.hears("La communication est terminée de notre côté"), 5)
    line.until(line.vera.rings, 25)
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()


def her_leg_is_lost(w: Watched) -> None:
    line, caller = w.line, w.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    line.control.lose(line.vera.handle_of_leg())
    line.until(lambda: line.vera.rings() or line.bruno.rings(), 3)
    psychologist = rung(line)
    psychologist.accepts()
    line.until_talk(caller, psychologist)
    caller.hangs_up()


def terminer(w: Watched) -> None:
    line, caller = w.line, w.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    assert conclude_talk(line.sw, line.vera.person.id)
    line.until(caller.is_over, 60)


def rung(line: Line) -> Handset:
    line.until(lambda: line.vera.rings() or line.bruno.rings(), 30)
    return line.vera if line.vera.rings() else line.bruno


def code(line: Line, who: Handset) -> None:
    """She notes what was chosen, as the desk does, and closes the fiche."""
    (fiche,) = line.sw.fiches.of_psychologist(who.person.id)[-1:]
    noted = note_fiche(line.sw.fiches, fiche.fiche_id, who.person.id, CODES, line.stepper.now_ms)
    assert noted.answer is FicheAnswer.DONE
    assert close_fiche(line.sw.fiches, fiche.fiche_id, who.person.id, line.stepper.now_ms) is FicheAnswer.DONE


ORDERS = {"To", "From", "Url", "Method", "Timeout", "Status", "FallbackUrl", "FallbackMethod"} | {
    f"StatusCallback{what}" for what in ("", "Method", "Event")
}
"""Everything we ever ask of the carrier: nothing that records, transcribes, mutes or listens in (P3)."""


def order_fields(line: Line) -> set[str]:
    orders = [r for r in line.control.log() if r["kind"] == "rest" and r["operation"].startswith("calls.")]
    return {name for order in orders if order["method"] == "POST" for name in order["params"]}


Story = Callable[[Watched], None]
STORIES: dict[Story, str] = {
    answered: "spoke",
    abandoned_in_the_welcome: "left_in_welcome",
    abandoned_in_the_line: "left_in_line",
    nobody_on_duty: "diverted",
    declined_then_answered: "spoke",
    she_hangs_up_first: "spoke",
    her_leg_is_lost: "spoke",
    terminer: "spoke",
}


def rest(line: Line) -> None:
    """Everybody has finished coding and is free for the next story."""
    both = (line.vera, line.bruno)
    line.after(1)
    line.until(lambda: all(who.state in (State.WRAP_UP, State.AVAILABLE) for who in both), 30)
    for who in both:
        keep_duty.end_wrap_up(line.sw, who.person.id)
    line.until(lambda: all(who.state is State.AVAILABLE for who in both), 5)


# ---- the searches --------------------------------------------------------------------


def test_fifty_calls_of_eight_kinds_leave_nothing_that_names_a_caller(watched: Watched) -> None:
    w, line = watched, watched.line
    told: dict[str, int] = {}
    kinds = list(STORIES)
    for n in range(50):
        story = kinds[n % len(kinds)]
        story(w)
        told[STORIES[story]] = told.get(STORIES[story], 0) + 1
        rest(line)
        assert w.forgets() == [], f"after story {n + 1}, {story.__name__}"

    counted = line.until_counted()
    line.after(AFTER_DELETION_MS / 1000)

    assert w.forgets() == []
    assert counted == told
    assert sum(counted.values()) == len(line.control.calls()) == 50
    # Every leg was deleted, inbound and outbound, and was looked for when its minute was over.
    assert w.legs() == []
    assert w.forgotten == set(w.deleted())
    assert len(w.forgotten) >= 50 + 5 * 6
    assert {leg[2:] for leg in w.forgotten}.isdisjoint(w.ours), "ids equal by chance: the search would lie"
    assert search(w.numbers, w.everywhere()) == []
    line.is_sound()
    assert order_fields(line) == ORDERS

    # Ten minutes later the last fiche is sealed, and Redis holds nothing of any call.
    line.after(700)
    assert {key.partition(":")[0] for key in surfaces.redis_content(w.raw)} <= surfaces.NOT_OF_A_CALL
    with w.engine.connect() as db:
        assert db.execute(sa.text("select count(*) from sealed_fiches")).scalar() == told["spoke"]
    assert search(w.numbers, w.everywhere()) == []


@pytest.mark.parametrize("moment", ["welcome", "ringing", "talk", "alone", "ended"])
def test_while_a_call_lives_its_legs_are_in_redis_only_and_its_number_is_nowhere(
    watched: Watched, moment: str
) -> None:
    w, line = watched, watched.line
    caller = w.caller().dials()
    line.after(3)
    if moment not in ("welcome",):
        line.until(line.vera.rings, 5)
    if moment in ("talk", "alone", "ended"):
        line.vera.accepts()
        line.until_talk(caller, line.vera)
    if moment == "alone":
        line.vera.hangs_up()
        line.after(1)
    if moment == "ended":
        caller.hangs_up()
        line.after(5)

    legs = w.legs()
    hits = search(ids_of(legs), w.everywhere())

    # The control: the search does find the living, so that finding nothing afterwards means something.
    assert [hit for hit in hits if " in Redis" in hit]
    assert [hit for hit in hits if " in Redis" not in hit and "parameters of our orders" not in hit] == []
    assert search(w.numbers, w.everywhere()) == []


def test_a_number_that_somebody_logs_or_stores_is_found_among_the_stories(watched: Watched) -> None:
    """The test of the test: on the very line that is searched, one planted number turns the search red."""
    w = watched
    answered(w)
    assert search(w.numbers, w.everywhere()) == []
    number: Any = w.callers[0].number

    logging.getLogger("helpline.web").warning("failed for %s", number)
    w.raw.hset("call:planted", "from", number)
    (w.folder / "note.txt").write_text(number)
    w.line.stepper.jobs.enqueue(number)

    places = {hit.rpartition(" in ")[2] for hit in search(w.numbers, w.everywhere())}
    assert places >= {"logs", "Redis", "file note.txt", "jobs"}
