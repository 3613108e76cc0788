"""What a caller or a psychologist is told, judged from the outside: a schema of what may be said, and where it leads.

The schema is written down here again, from the carrier's manual, on purpose: it is not the renderer's and not the
emulator's.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from helpline.adapters.carriers.twilio.twiml import FRAGMENT

OURS = "https://voix.test"
WHOLE = re.compile(r"[0-9]+\Z")
TRUTH = re.compile(r"(true|false)\Z")
URL = re.compile(re.escape(OURS) + r"/[a-z0-9/_]+" + re.escape(FRAGMENT) + r"\Z")
SCREEN = re.compile(r"https://repli\.test/[a-z0-9./_-]+" + re.escape(FRAGMENT) + r"\Z")
POST = re.compile(r"POST\Z")
SHOWN = re.compile(r"\+3319900000[1-3]\Z")

ATTRIBUTES: dict[str, dict[str, re.Pattern[str]]] = {
    "Response": {},
    "Say": {"language": re.compile(r"fr-FR\Z"), "voice": re.compile(r"Polly\.[A-Za-z-]+\Z")},
    "Play": {"loop": WHOLE},
    "Pause": {"length": WHOLE},
    "Gather": {
        "input": re.compile(r"dtmf\Z"),
        "action": URL,
        "method": POST,
        "numDigits": WHOLE,
        "timeout": WHOLE,
        "finishOnKey": re.compile(r"\Z"),
        "actionOnEmptyResult": TRUTH,
    },
    "Enqueue": {"action": URL, "method": POST, "waitUrl": URL, "waitUrlMethod": POST},
    "Leave": {},
    "Redirect": {"method": POST},
    "Hangup": {},
    "Dial": {"action": URL, "method": POST, "timeout": WHOLE, "callerId": SHOWN},
    "Number": {"url": SCREEN, "method": re.compile(r"GET\Z")},
    "Conference": {
        "startConferenceOnEnter": TRUTH,
        "endConferenceOnExit": re.compile(r"false\Z"),
        "beep": re.compile(r"false\Z"),
        "waitUrl": re.compile(r"\Z"),
        "region": re.compile(r"ie1\Z"),
        "statusCallback": URL,
        "statusCallbackEvent": re.compile(r"start end join leave\Z"),
        "statusCallbackMethod": POST,
    },
}
TEXTS: dict[str, re.Pattern[str]] = {
    "Say": re.compile(r"[^<>&\x00-\x1f]{2,4000}\Z"),
    "Play": URL,
    "Redirect": URL,
    "Enqueue": re.compile(r"entraide\Z"),
    "Conference": re.compile(r"[0-9a-z]{1,64}\Z"),
    "Number": re.compile(r"\+336399850[0-9]{2}\Z"),
}
INSIDE = {
    "Response": set(ATTRIBUTES) - {"Response", "Number", "Conference"},
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number", "Conference"},
}
WAITING = {"Say", "Play", "Pause", "Redirect", "Hangup", "Leave", "Gather"}
"""What the carrier runs while a caller stands in a queue; anything else throws them out."""


def _read(xml: str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314  # our own application's documents


def faults_of(xml: str) -> list[str]:
    """Where a document leaves the schema; empty when it is valid."""
    root = _read(xml)
    return _faults(root) if root.tag == "Response" else [f"root is {root.tag}"]


def _faults(element: ET.Element) -> list[str]:
    known = ATTRIBUTES[element.tag]
    found = [
        f"{element.tag} {name}={value!r}"
        for name, value in element.attrib.items()
        if name not in known or not known[name].match(value)
    ]
    text = TEXTS.get(element.tag)
    if text is not None and not text.match(element.text or ""):
        found.append(f"{element.tag} holds {element.text!r}")
    for child in element:
        if child.tag not in INSIDE.get(element.tag, set()):
            found.append(f"{element.tag} cannot hold {child.tag}")
        else:
            found += _faults(child)
    return found


def verbs(xml: str) -> list[str]:
    """The names of the verbs, in order, `Dial/Conference` for a Dial by what it dials."""
    return [f"{v.tag}/{v[0].tag}" if v.tag == "Dial" else v.tag for v in _read(xml)]


def words(xml: str) -> str:
    """Everything that is spoken."""
    return " ".join(element.text or "" for element in _read(xml).iter("Say"))


def leads_on(xml: str) -> bool:
    """Does this document, for a caller outside the queue, lead to a human or say where one is?"""
    told = "15" in words(xml) and "3114" in words(xml)
    return told or bool({"Enqueue", "Dial/Conference", "Dial/Number", "Redirect"} & set(verbs(xml)))


def holds(xml: str) -> bool:
    """Is this a wait document: only what a queue can run, and the caller stays or is let out on purpose?"""
    names = verbs(xml)
    return bool(names) and set(names) <= WAITING and "Hangup" not in names
