"""Running documents on a leg, one after the other, until the leg has nothing more to do or is taken elsewhere.

The rules kept here: verbs run top to bottom; the first verb decides whether the call is answered; the end of the
last document hangs up; a document that fails is replaced by the fallback, once, else the caller hears an English
sentence and the call ends; a REST redirect replaces the document after the interrupted verb's action was asked.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from helpline.emulator.documents import Document, DocumentFailed, DocumentRequest, Documents
from helpline.emulator.kernel import Interruption
from helpline.emulator.legs import Legs
from helpline.emulator.state import Direction, EndedBy, Leg, Status
from helpline.emulator.twiml import Verb
from helpline.emulator.web import Pairs
from helpline.emulator.world import World

PROMPT = "We are sorry, an application error has occurred. Goodbye."


class Redirected(Interruption):
    """REST gave the leg another document. `gap_ms`: how long until it is asked; longer once an action was."""

    def __init__(self, request: DocumentRequest, gap_ms: int) -> None:
        super().__init__()
        self.request = request
        self.gap_ms = gap_ms


class Flow(enum.Enum):
    """What a verb leads to, when not to another document."""

    ON = "on"  # the next verb
    END = "end"  # the document has no more verbs
    HANG_UP = "hang_up"
    LEAVE = "leave"  # out of the queue


@dataclass(frozen=True)
class Goto:
    """Another document takes over."""

    request: DocumentRequest


Next = Flow | Goto


class Context(enum.Enum):
    """Where a document runs; the verbs it may hold. In a call all verbs may stand."""

    CALL = frozenset[str]()
    WAIT = frozenset({"Play", "Say", "Pause", "Redirect", "Hangup", "Leave", "Gather"})
    ROOM_WAIT = frozenset({"Play", "Say", "Pause", "Redirect"})
    SCREEN = frozenset({"Play", "Say", "Gather", "Pause", "Redirect", "Hangup"})

    def forbids(self, verb: str) -> bool:
        """True when the carrier refuses the verb here."""
        return self is not Context.CALL and verb not in self.value


@dataclass(frozen=True)
class Scene:
    """What a verb runs in."""

    player: Player
    leg: Leg
    document: Document
    context: Context


VerbRunner = Callable[[Scene, Verb], Awaitable[Next]]


class Player:
    """Runs documents. verbs: name to the coroutine that runs it (a registry, so that a verb is one function)."""

    def __init__(
        self, world: World, legs: Legs, documents: Documents, verbs: Mapping[str, VerbRunner]
    ) -> None:
        self.world = world
        self.legs = legs
        self.documents = documents
        self._verbs = verbs

    async def run(self, leg: Leg, request: DocumentRequest, gap_ms: int = 0) -> None:
        """Run the documents of a call from `request` on, asked after `gap_ms`, and hang up after the last."""
        while True:
            try:
                await self.world.kernel.sleep(gap_ms)
                gap_ms = 0
                result = await self._run_one(leg, request)
            except Redirected as redirect:
                request, gap_ms = redirect.request, redirect.gap_ms
                continue
            if not isinstance(result, Goto):
                break
            request = result.request
        final = Status.COMPLETED if leg.is_answered else Status.NO_ANSWER
        self.legs.end(leg, final, EndedBy.SERVICE)

    async def _run_one(self, leg: Leg, request: DocumentRequest) -> Next:
        """One document, or what replaces it when it fails."""
        try:
            self.quiet(leg)
            document = await self.documents.fetch(leg, request)
            if not document.verbs:
                self.legs.answer(leg)
            return await self.play(leg, document, Context.CALL)
        except DocumentFailed as failure:
            fallback = self._fallback(leg, request, failure)
            if fallback is not None:
                return Goto(fallback)
            await self._apologise(leg)
            return Flow.HANG_UP

    async def play(self, leg: Leg, document: Document, context: Context) -> Next:
        """Run the verbs of one document. Raises DocumentFailed for a verb that may not stand there."""
        for verb in document.verbs:
            if context.forbids(verb.name):
                code = 13201 if context is Context.SCREEN and verb.name == "Dial" else 13238
                message = f"<{verb.name}> may not stand in a {context.name.lower()} document"
                self.world.alert(code, message, leg=leg, url=document.url)
                raise DocumentFailed(code, document.url, message)
            runner = self._verbs.get(verb.name)
            if runner is None:
                continue
            if self._answers(leg, verb):
                self.legs.answer(leg)
            result = await runner(Scene(self, leg, document, context), verb)
            if result is not Flow.ON:
                return result
        return Flow.END

    def _answers(self, leg: Leg, verb: Verb) -> bool:
        """The first verb decides: Reject never answers, Pause lets it ring on, all else answers at once."""
        if leg.is_answered or leg.direction is not Direction.INBOUND:
            return False
        return verb.name not in ("Reject", "Pause")

    async def perform(self, leg: Leg, request: DocumentRequest, context: Context,
                      extra: Callable[[], Pairs] = tuple) -> Next:  # fmt: skip
        """Run documents in a context (waiting, screening) until they lead out of it or run out.

        extra: parameters added to every request, taken at the moment of the request.
        """
        while True:
            self.quiet(leg)
            document = await self.documents.fetch(leg, request.plus(extra()))
            result = await self.play(leg, document, context)
            if not isinstance(result, Goto):
                return result
            request = result.request

    def quiet(self, leg: Leg) -> None:
        """Nothing is heard while a document is fetched, once the call is answered."""
        if leg.is_answered and not leg.status.final:
            self.legs.hear(leg, "silence")

    def tell_action(self, leg: Leg, request: DocumentRequest | None) -> None:
        """Request the action of a verb ended by a hang-up; nothing of the reply is run."""
        if request is not None:
            self.world.kernel.spawn(lambda: self.documents.ask_and_ignore(leg, request))

    async def tell_old_action(self, leg: Leg, request: DocumentRequest | None, redirect: Redirected) -> None:
        """Request the action of a verb that REST interrupted: about 0.3 s later, and before the new document."""
        if request is None:
            return
        kernel, knobs = self.world.kernel, self.world.knobs
        await kernel.sleep(knobs.redirect_action_ms)
        asked_ms = kernel.now_ms
        task = kernel.spawn(lambda: self.documents.ask_and_ignore(leg, request))
        if knobs.redirect_waits_for_action:
            await task.over
        redirect.gap_ms = max(0, asked_ms + knobs.redirect_gap_ms - kernel.now_ms)

    def _fallback(
        self, leg: Leg, request: DocumentRequest, failure: DocumentFailed
    ) -> DocumentRequest | None:
        """The fallback that covers the call, told what failed; None when there is none or it failed itself."""
        if leg.fallback is None or request.role == "fallback":
            return None
        url, method = leg.fallback
        params = (("ErrorCode", str(failure.code)), ("ErrorUrl", failure.url))
        return DocumentRequest("fallback", url, method, params)

    async def _apologise(self, leg: Leg) -> None:
        self.legs.answer(leg)
        self.legs.hear(leg, "say", PROMPT)
        await self.world.kernel.sleep(self.world.knobs.prompt_ms)
