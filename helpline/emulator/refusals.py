"""What the real carrier does and this one does not: refused by name, never passed over as if it had been done.

A document with such a thing fails (12400), a request for it is an error, and both are lines of the debugger, which
the telephone page shows. What no carrier knows is another matter: it is ignored, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable

from helpline.emulator.twiml import Verb

VERBS = frozenset("Sms Message Refer Pay Prompt Echo Queue VirtualAgent UserDefinedMessage".split())
NOUNS = frozenset("Sip Queue Application Sim WhatsApp".split())
ATTRIBUTES: dict[str, frozenset[str]] = {
    "Gather": frozenset(
        "speechTimeout speechModel hints profanityFilter partialResultCallback partialResultCallbackMethod "
        "enhanced debug".split()
    ),
    "Enqueue": frozenset({"workflowSid"}),
    "Dial": frozenset({"answerOnBridge", "referUrl", "referMethod", "events"}),
    "Number": frozenset({"sendDigits", "byoc"}),
    "Client": frozenset({"clientNotificationUrl"}),
}
DEFAULTS = {("Dial", "answerOnBridge"): "false", ("Gather", "input"): "dtmf"}

PAGES = frozenset({"PageSize", "Page", "PageToken"})
LEGS = frozenset({"Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod", "StatusCallback",
                  "StatusCallbackMethod", "StatusCallbackEvent"})  # fmt: skip
MODELLED: dict[str, frozenset[str]] = {
    "calls.create": LEGS | {"To", "From", "Timeout", "TimeLimit"},
    "calls.update": LEGS | {"Status"},
    "calls.list": PAGES
    | frozenset({"To", "From", "Status", "ParentCallSid"})
    | frozenset(f"{when}Time{sign}" for when in ("Start", "End") for sign in ("", "<", ">")),
    "calls.notifications": PAGES,
    "queues.create": frozenset({"FriendlyName", "MaxSize"}),
    "queues.update": frozenset({"FriendlyName", "MaxSize"}),
    "queues.list": PAGES,
    "members.list": PAGES,
    "members.update": frozenset({"Url", "Method"}),
    "conferences.list": PAGES | {"FriendlyName", "Status"},
    "conferences.update": frozenset({"Status", "AnnounceUrl", "AnnounceMethod"}),
    "participants.list": PAGES | {"Hold"},
    "participants.update": frozenset(
        {"Hold", "HoldUrl", "HoldMethod", "AnnounceUrl", "AnnounceMethod", "EndConferenceOnExit"}
    ),
    "numbers.list": PAGES | {"PhoneNumber", "FriendlyName"},
    "numbers.update": frozenset(
        "FriendlyName VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback "
        "StatusCallbackMethod".split()
    ),
    "notifications.list": PAGES,
    "alerts.list": PAGES,
}
PARAMETERS: dict[str, frozenset[str]] = {
    "calls.create": frozenset(
        "ApplicationSid SendDigits CallerId CallReason CallToken Byoc ClientNotificationUrl SipAuthUsername "
        "SipAuthPassword Trim".split()
    ),
    "calls.update": frozenset({"TimeLimit"}),
    "conferences.list": frozenset(
        f"Date{what}{sign}" for what in ("Created", "Updated") for sign in ("", "<", ">")
    ),
    "participants.update": frozenset({"WaitUrl", "WaitMethod", "BeepOnExit"}),
    "numbers.update": frozenset(
        "VoiceApplicationSid TrunkSid VoiceReceiveMode VoiceCallerIdLookup AccountSid EmergencyStatus "
        "EmergencyAddressSid".split()
    ),
    "alerts.list": frozenset({"LogLevel", "StartDate", "EndDate"}),
    "notifications.list": frozenset({"Log", "MessageDate", "MessageDate<", "MessageDate>"}),
}


def in_document(verbs: Iterable[Verb], nested: bool = False) -> list[str]:
    """Every verb, noun and attribute of a document that the real carrier would have acted on, as it is written."""
    found: list[str] = []
    for verb in verbs:
        if verb.name in (NOUNS if nested else VERBS):
            found.append(f"<{verb.name}>")
            continue
        refused = ATTRIBUTES.get(verb.name, frozenset())
        for name, value in verb.attributes.items():
            default = DEFAULTS.get((verb.name, name))
            if (name in refused and default is None) or (default is not None and value.strip() != default):
                found.append(f'<{verb.name} {name}="{value}">')
        found += in_document(verb.children, nested=True)
    return found


def in_rest(operation: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Parameters of a request that are refused, and those that no carrier knows for this operation."""
    known, refused = MODELLED.get(operation, frozenset()), PARAMETERS.get(operation, frozenset())
    strange = [name for name in dict.fromkeys(names) if name not in known]
    return [name for name in strange if name in refused], [name for name in strange if name not in refused]
