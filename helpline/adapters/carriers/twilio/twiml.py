"""Our verbs in the carrier's words, with its own SDK's classes. Nothing is written by hand.

Every address we hand out carries the carrier's connection settings behind `#` (neither
sent nor signed): short connect and read times, one retry, from inside the EU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from twilio.twiml import TwiML
from twilio.twiml.voice_response import Dial as TwimlDial
from twilio.twiml.voice_response import Gather as TwimlGather
from twilio.twiml.voice_response import VoiceResponse

from helpline.domain.verbs import (
    Conference,
    Dial,
    Document,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Prompt,
    Redirect,
    Say,
    Verb,
)

FRAGMENT = "#ct=1000&rt=2000&tt=4000&rc=1&rp=ct,rt,5xx&e=dublin,frankfurt"
VOICES = {"fr": ("fr-FR", "Polly.Lea-Neural"), "en": ("en-GB", "Polly.Amy-Neural")}
ROOM_EVENTS = "start end join leave"
MOST_KEPT = 500
"""Documents kept as rendered: those of flows are few and said to everybody."""


@dataclass(frozen=True, slots=True)
class Twiml:
    """Renders documents. `origin` is our public origin, `region` where rooms are mixed.

    `screen_url` is the key prompt of the fallback chain's Dials; `shown` maps a line's id
    to the number that line shows.
    """

    origin: str
    region: str
    shown: Mapping[str, str]
    screen_url: str | None = None
    _rendered: dict[Document, str] = field(default_factory=dict, compare=False, repr=False)

    def url(self, path: str) -> str:
        """A path of ours as the carrier is to call it."""
        return f"{self.origin}{path}{FRAGMENT}"

    def render(self, document: Document) -> str:
        """The document as the carrier reads it. Rendering the same again costs a look-up."""
        known = self._rendered.get(document)
        if known is not None:
            return known
        text = self._render(document)
        # What a Dial shows is looked up in the rules in force, each time.
        if not any(isinstance(verb, Dial) for verb in document):
            if len(self._rendered) >= MOST_KEPT:
                self._rendered.clear()
            self._rendered[document] = text
        return text

    def _render(self, document: Document) -> str:
        response = VoiceResponse()
        for verb in document:
            self._add(response, verb)
        return str(response)

    def _add(self, into: VoiceResponse, verb: Verb) -> None:
        match verb:
            case Say() | Play() | Pause():
                self._prompt(into, verb)
            case Gather():
                into.append(self._gather(verb))
            case Enqueue():
                into.enqueue(
                    verb.queue,
                    action=self.url(verb.action_path),
                    method="POST",
                    wait_url=self.url(verb.wait_path),
                    wait_url_method="POST",
                )
            case Leave():
                into.leave()
            case Conference():
                into.append(self._conference(verb))
            case Dial():
                into.append(self._dial(verb))
            case Redirect():
                into.redirect(self.url(verb.path), method="POST")
            case Hangup():
                into.hangup()
            case _:
                assert_never(verb)

    def _prompt(self, into: VoiceResponse | TwimlGather, prompt: Prompt) -> None:
        match prompt:
            case Say():
                language, voice = VOICES.get(prompt.language, VOICES["fr"])
                into.say(prompt.text, language=language, voice=voice)
            case Play():
                into.play(self.url(prompt.path), loop=prompt.loop)
            case Pause():
                into.pause(length=prompt.length_s)
            case _:
                assert_never(prompt)

    def _gather(self, verb: Gather) -> TwiML:
        gather = TwimlGather(
            input="dtmf",
            action=self.url(verb.action_path),
            method="POST",
            num_digits=verb.num_digits,
            timeout=verb.timeout_s,
            finish_on_key="",
            action_on_empty_result=verb.answer_silence,
        )
        for prompt in verb.prompts:
            self._prompt(gather, prompt)
        return gather

    def _conference(self, verb: Conference) -> TwiML:
        dial = TwimlDial(action=self.url(verb.action_path), method="POST")
        dial.conference(
            verb.room,
            start_conference_on_enter=True,
            end_conference_on_exit=False,
            beep="false",
            wait_url="",
            region=self.region,
            status_callback=self.url(verb.news_path),
            status_callback_event=ROOM_EVENTS,
            status_callback_method="POST",
        )
        return dial

    def _dial(self, verb: Dial) -> TwiML:
        dial = TwimlDial(timeout=verb.ring_s, caller_id=self.shown[verb.shown_line])
        if verb.screened and self.screen_url:
            dial.number(verb.number_e164, url=f"{self.screen_url}{FRAGMENT}", method="GET")
        else:
            dial.number(verb.number_e164)
        return dial
