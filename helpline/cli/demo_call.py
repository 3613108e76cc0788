"""One whole call through the real processes, by the emulator's control API, and what became of it.

`DemoCall(demo, say).play()` tells the story while it happens and returns the broken promises. A step that does
not come to pass (nobody rings, nobody answers) ends the story as a caller would: by hanging up.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from helpline.cli import show_last_call
from helpline.cli.control_client import ControlRefused
from helpline.cli.demo_parts import DemoParts
from helpline.cli.demo_story import Storyteller
from helpline.cli.demo_verdict import Evidence, judge
from helpline.cli.story_player import keys_asked_for
from helpline.domain.orientation import (
    Caller,
    Choice,
    Difficulty,
    Fiche,
    HelpAsked,
    HelpGiven,
    Issue,
    Nature,
    OrientationType,
    Proposal,
    as_codes,
)
from helpline.domain.people import Psychologist
from helpline.services.close_fiche import close_fiche
from helpline.services.keep_duty import end_wrap_up
from helpline.services.note_fiche import FicheAnswer, note_fiche
from helpline.services.show_stores import Stores, read_stores

NUMBER: Final = "0639980001"
NUMBER_E164: Final = "+33639980001"
DIALLED: Final = "0800288038"
ERASE_REFUSED_MS: Final = (1_000, 10_000)
"""For how long after its end the carrier refuses to delete a record: drawn in here for each leg."""

PATIENCE_S: Final = 10.0
TALK_S: Final = 4.0
TIDY_S: Final = 35.0
LOOK_S: Final = 0.1

CODES: Final[Mapping[str, object]] = as_codes(
    Fiche(
        nature=Nature.TALK,
        caller=Caller.PHYSICIAN,
        difficulties=frozenset({Difficulty.EPU}),
        main_difficulty=Difficulty.EPU,
        help_asked=frozenset({HelpAsked.PSYCHOLOGICAL}),
        help_given=frozenset({HelpGiven.LISTENING, HelpGiven.ORIENTATION}),
        proposals=(
            Proposal(OrientationType.ASSOCIATION, "asso-entraide", Choice.KEPT),
            Proposal(OrientationType.CDOM, "cdom-75", Choice.REFUSED),
        ),
        issue=Issue.DONE,
    )
)
"""What she notes: two places of the demo's directory were proposed, one kept and one refused."""


def _nothing(step: str) -> None:
    """What happens between two steps when nobody breaks anything."""


@dataclass
class DemoCall:
    """One call. `say` gets each line. `between`: called with a step's name before it; tests break things there."""

    demo: DemoParts
    say: Callable[[str], None]
    between: Callable[[str], None] = _nothing
    patience_s: float = PATIENCE_S
    tidy_s: float = TIDY_S
    _records: list[dict[str, Any]] = field(default_factory=list)
    _seen: int = 0

    def play(self) -> list[str]:
        """Play it, show what is stored, judge; the broken promises, each a sentence that begins with its name."""
        self._prepare()
        caller = self._dial()
        reached = self._answered(caller)
        if reached:
            self._talk()
        self.between("hang up")
        self._hang_up(caller)
        self._wait(self._is_tidy, self.tidy_s)
        return self._finish()

    # ---- the story

    def _prepare(self) -> None:
        book = self.demo.service.switchboard.book
        people = {e.address: p.handle for p in book.roster.psychologists for e in p.endpoints}
        published = {line.number_e164: line.published for line in book.rules.lines.values()}
        self._teller = Storyteller(people, published)
        self._people = people
        self._vera = _required(book.roster.by_handle("vera"))
        self._phone = self._vera.endpoints[0].address
        for person in book.roster.psychologists:  # an earlier call's coding time: she is ready again
            end_wrap_up(self.demo.service.switchboard, person.id)
        self.demo.control.set_knobs({"erase_refused_ms": list(ERASE_REFUSED_MS)})
        show_last_call.keep_before(self.demo.settings)
        self._readers = show_last_call.readers(self.demo.settings)
        self._before = _counts(read_stores(self._readers))
        self._seen = self._last_record()

    def _dial(self) -> str:
        self.between("dial")
        return self.demo.control.dial(NUMBER, DIALLED)

    def _answered(self, caller: str) -> bool:
        """Vera's phone rings, she picks up, hears what to press and presses it; False when it does not come to that."""
        control = self.demo.control
        if not self._wait(lambda: control.phone(self._phone)["state"] == "ringing", self.patience_s):
            return False
        self.between("answer")
        self._let_pass(1.0)  # nobody picks up at the first ring
        control.phone_does(self._phone, "answer")
        if not self._wait(self._vera_is_asked, self.patience_s):
            return False
        self._let_pass(1.0)
        control.phone_does(self._phone, "press", keys=self._asked_of_vera())
        return self._wait(lambda: bool(control.call(caller)["with"]), self.patience_s)

    def _vera_is_asked(self) -> bool:
        return bool(self._asked_of_vera())

    def _asked_of_vera(self) -> str:
        """The code her telephone has just said; empty before."""
        heard = self.demo.control.phone(self._phone)["heard"]
        return next(filter(None, (keys_asked_for(sound.get("text", "")) for sound in reversed(heard))), "")

    def _talk(self) -> None:
        """They talk; meanwhile she codes the fiche as the desk does: two proposals, one kept, one refused."""
        self.between("talk")
        self._let_pass(TALK_S / 2)
        self._code_fiche()
        self._let_pass(TALK_S / 2)

    def _code_fiche(self) -> None:
        switchboard = self.demo.service.switchboard
        fiches, now_ms = switchboard.fiches, switchboard.clock.now_ms
        if not self._wait(lambda: bool(fiches.of_psychologist(self._vera.id)), self.patience_s):
            self._tell("no fiche was opened for vera")
            return
        fiche_id = fiches.of_psychologist(self._vera.id)[0].fiche_id
        noted = note_fiche(fiches, fiche_id, self._vera.id, CODES, now_ms())
        if noted.answer is FicheAnswer.DONE and noted.fiche is not None:
            made = ", ".join(
                f"{p.type.value} {p.choice.value if p.choice else 'sans réponse'}"
                for p in noted.fiche.proposals
            )
            self._tell(f"vera codes the fiche, in codes only: proposals {made}; issue {noted.fiche.issue}")
        closed = close_fiche(fiches, fiche_id, self._vera.id, now_ms())
        self._tell(f"vera closes the fiche: {closed.value}")

    def _hang_up(self, caller: str) -> None:
        """The caller, then vera; whoever is gone already needs no hanging up."""
        control = self.demo.control
        with contextlib.suppress(ControlRefused):
            control.hang_up(caller)
        self._let_pass(0.3)
        with contextlib.suppress(ControlRefused):
            control.phone_does(self._phone, "hangup")

    # ---- what becomes of it

    def _is_tidy(self) -> bool:
        """Counted, sealed, every leg's record deleted and then forgotten in Redis: by the log and the stores."""
        legs = {r["leg"] for r in self._records if r["kind"] == "leg"}
        gone = {r["leg"] for r in self._records if r["kind"] == "leg" and r["what"] == "erased"}
        if legs != gone:
            return False
        stores = read_stores({name: self._readers[name] for name in ("Redis", "SQL")})
        counted, sealed = _counts(stores)
        rest = show_last_call.at_rest(stores.held)
        return counted > self._before[0] and sealed > self._before[1] and rest

    def _finish(self) -> list[str]:
        self.between("show")
        settings = self.demo.settings
        stores = read_stores(self._readers)
        counted, sealed = (now - was for now, was in zip(_counts(stores), self._before, strict=True))
        self._tell(f"in SQL: {counted} call more is counted, {sealed} sealed fiche more is kept")
        self.say("\nEverything that is now stored about that call:")
        for line in show_last_call.tell(show_last_call.load_before(settings), stores):
            self.say(line)
        broken = judge(
            Evidence(
                log=self._records,
                seen_by_carrier=self.demo.control.broken(),
                on_duty=self._on_duty(),
                number=NUMBER_E164,
                held=stores.held,
                counted=counted,
                sealed=sealed,
            )
        )
        return [*broken, *(f"P2 cannot be judged: {down}" for down in stores.down)]

    def _on_duty(self) -> dict[str, str]:
        """Endpoints to handles: everybody in the demo is on duty, day and night."""
        return self._people

    # ---- telling and waiting

    def _tell(self, text: str) -> None:
        self.say(self._teller.line(int(time.time() * 1000), text))

    def _listen(self) -> None:
        """Tell what is new in the emulator's log."""
        for record in self.demo.control.log(self._seen):
            self._seen = record["n"]
            self._records.append(record)
            line = self._teller.tell(record)
            if line is not None:
                self.say(line)

    def _last_record(self) -> int:
        records = self.demo.control.log()
        return int(records[-1]["n"]) if records else 0

    def _let_pass(self, for_s: float) -> None:
        self._wait(lambda: False, for_s)

    def _wait(self, what: Callable[[], bool], for_s: float) -> bool:
        """Tell the story until `what` holds; False when it does not within `for_s`."""
        deadline = time.monotonic() + for_s
        while True:
            self._listen()
            if what():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_S)


def _counts(stores: Stores) -> tuple[int, int]:
    """(calls counted, fiches sealed) so far."""
    held = [holding for holding in stores.held if holding.store == "SQL"]
    counted = sum(h.n or 0 for h in held if h.place == "traffic" and "measure=end_state" in h.shown)
    return counted, sum(h.place == "sealed_fiches" for h in held)


def _required(person: Psychologist | None) -> Psychologist:
    if person is None:
        raise ValueError("the demo has no vera")
    return person
