"""The small documents beside the static fallback chain: what an answering psychologist hears.

A file cannot look at which key came, so any key accepts; what matters is that a mailbox
presses none. The empty document is what lets the carrier bridge the two.
"""

from __future__ import annotations

from twilio.twiml.voice_response import Gather, VoiceResponse

from helpline.adapters.carriers.twilio.twiml import FRAGMENT, VOICES

KEY_WAIT_S = 8


def screen(origin: str, text: str) -> str:
    """`screen.xml`: ask for one key, else hang up, which sends the caller on to the next person."""
    language, voice = VOICES["fr"]
    response = VoiceResponse()
    gather = Gather(
        input="dtmf",
        num_digits=1,
        timeout=KEY_WAIT_S,
        finish_on_key="",
        action=f"{origin}/accepted.xml{FRAGMENT}",
        method="GET",
    )
    gather.say(text, language=language, voice=voice)
    response.append(gather)
    response.hangup()
    return str(response)


def sorry(text: str) -> str:
    """`sorry.xml`: for a psychologist who picks up while we cannot be reached, instead of an English error."""
    language, voice = VOICES["fr"]
    response = VoiceResponse()
    response.say(text, language=language, voice=voice)
    response.hangup()
    return str(response)


def accepted() -> str:
    """`accepted.xml`: nothing more to hear; the carrier now bridges."""
    return str(VoiceResponse())
