"""One simultaneous ringing of several legs: the first to answer wins, before any screening is heard."""

from __future__ import annotations

from helpline.emulator.documents import DocumentFailed, DocumentRequest
from helpline.emulator.kernel import Outcome
from helpline.emulator.player import Context, Flow, Redirected, Scene
from helpline.emulator.state import EndedBy, Leg, Status, Why


class Ring:
    """The place of a parent leg in a Dial. `finished` is set when nothing more can come of it."""

    def __init__(self, scene: Scene, limit_ms: int) -> None:
        self._scene = scene
        self._legs = scene.player.legs
        self._kernel = scene.player.world.kernel
        self._limit_ms = limit_ms
        self.children: list[Leg] = []
        self.winner: Leg | None = None
        self.bridged = False
        self.taken = False  # REST gave the called party another document
        self.finished: Outcome[None] = Outcome()
        self._apart: Outcome[None] = Outcome()  # the parent has gone

    def add(self, child: Leg, screen: DocumentRequest | None) -> None:
        """One more leg to ring, with the document it must pass first."""
        self.children.append(child)
        child.task = self._kernel.spawn(lambda: self._live(child, screen))
        child.over.then(self._look)

    def _look(self) -> None:
        """Is it over? With a winner when that leg ends, without when all have."""
        if self.winner is None and all(child.status.final for child in self.children):
            self.finished.set(None)
        if self.winner is not None and self.winner.status.final:
            self._part()

    def _part(self) -> None:
        parent = self._scene.leg
        parent.with_ = ()
        self.finished.set(None)

    async def _live(self, child: Leg, screen: DocumentRequest | None) -> None:
        """The called party's side: answer, win, be screened, talk; a redirect takes them out of the Dial."""
        player = self._scene.player
        try:
            await child.answered
            if self.winner is not None:
                return
            self._win(child)
            if screen is not None and not await self._screened(child, screen):
                self._legs.end(child, Status.COMPLETED, EndedBy.SERVICE)
                return
            self._bridge(child)
            await self._apart
        except Redirected as redirect:
            if self.winner is None:
                self._win(child)
            self.taken = True
            child.with_ = ()
            self._part()
            await player.run(child, redirect.request, redirect.gap_ms)
            return
        self._legs.end(child, Status.COMPLETED, EndedBy.SERVICE)

    def _win(self, child: Leg) -> None:
        self.winner = child
        loser_status = Status(self._scene.player.world.knobs.loser_status)
        for other in self.children:
            if other is not child:
                self._legs.end(other, loser_status, EndedBy.SERVICE)

    async def _screened(self, child: Leg, screen: DocumentRequest) -> bool:
        """True when the screening document came to its normal end."""
        try:
            return await self._scene.player.perform(child, screen, Context.SCREEN) is Flow.END
        except DocumentFailed:
            return False

    def _bridge(self, child: Leg) -> None:
        parent = self._scene.leg
        self.bridged = True
        self._legs.answer(parent)
        parent.with_, child.with_ = (child,), (parent,)
        self._legs.hear(parent, "talk", child.handle)
        self._legs.hear(child, "talk", parent.handle)
        self._scene.player.world.log.add(
            "room", what="bridge", room="", leg=parent.handle, other=child.handle
        )
        if self._limit_ms:
            self._kernel.after(self._limit_ms, lambda: self.vacate(Why.OVER))

    def vacate(self, why: Why) -> None:
        """The parent leaves: legs still ringing are cancelled, a talk ends (after a redirect a little later)."""
        delay_ms = self._scene.player.world.knobs.redirect_child_ms if why is Why.REDIRECTED else 0
        for child in self.children:
            if not child.is_answered:
                self._legs.end(child, Status(self._scene.player.world.knobs.loser_status), EndedBy.SERVICE)
        if not self.taken:
            self._kernel.after(delay_ms, lambda: self._apart.set(None))
        if self.winner is not None and not self.bridged and not self.taken:
            self._legs.end(self.winner, Status.COMPLETED, EndedBy.SERVICE)

    def status(self) -> str:
        """DialCallStatus once finished."""
        if self.winner is not None:
            return "completed"
        outcomes = {child.status for child in self.children}
        for status in (Status.NO_ANSWER, Status.BUSY, Status.CANCELED):
            if status in outcomes and (status is not Status.BUSY or outcomes <= {Status.BUSY, Status.FAILED}):
                return str(status.value)
        return Status.FAILED.value

    def status_left(self) -> str:
        """DialCallStatus when the parent left before it was finished."""
        if self.winner is not None:
            return "completed"
        return self._scene.player.world.knobs.dial_status_on_parent_hangup

    def params(self) -> tuple[tuple[str, str], ...]:
        """What the action is told besides the status. A party taken elsewhere leaves no duration."""
        told = self.winner or self.children[-1]
        talk_s = -(-told.talk_ms(self._kernel.now_ms) // 1000)
        duration = () if self.taken else (("DialCallDuration", str(talk_s)),)
        return (("DialCallSid", told.sid), *duration, ("DialBridged", str(self.bridged).lower()))
