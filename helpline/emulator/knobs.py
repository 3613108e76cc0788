"""What is not known for certain about the real carrier, and how long things take.

The first group is every behaviour no source settles. A server must be right whatever their values: drawing them
all from a seed (`drawn`) is how that is tried. The second group is durations and limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from helpline.emulator.chance import Chance

WITHHELD_FORMS = (
    "ANONYMOUS", "anonymous", "Anonymous", "RESTRICTED", "unknown", "private", "unavailable",
    "+266696687", "+7378742833", "+8656696", "+86282452253", "+7748283", "",
)  # fmt: skip


MOST = 31 * 86_400_000  # of any number: a month in ms


@dataclass(frozen=True)
class Knobs:
    """Times are milliseconds unless the name says otherwise."""

    join_before_start: bool | str = (
        True  # second participant-join before conference-start; "random" draws each
    )
    leave_before_end: bool | str = True  # participant-leave before conference-end
    loser_status: str = "canceled"  # of legs dropped because another answered: canceled | no-answer
    dial_status_on_parent_hangup: str = "canceled"  # canceled | no-answer
    play_failure: str = "skip"  # a recording that cannot be had: skip | fail
    client_unregistered_ringing: bool = False  # a ringing event for an unregistered client
    client_reject_status: str = "busy"  # busy | no-answer
    client_busy_status: str = "no-answer"  # a client already talking: busy at once | no-answer at the timeout
    error_code_on_timeout: int = 11200  # 11200 | 11203 | 11205
    error_code_on_refused: int = 11205  # 11205 | 11202 | 11200
    queue_default_max: int = 1000  # 1000 | 100
    reject_default_status: str = "no-answer"  # no-answer | busy
    erase_refused_http: int = 409  # status of error 20009: 400 | 409
    off_status: str = "no-answer"  # a handset that is off: no-answer | failed
    redirect_waits_for_action: bool = True  # the new document waits for the old action's reply
    completed_while_ringing: str = (
        "completed"  # final status of an unanswered leg ended by REST: completed | canceled
    )
    forwarded_from: bool = True  # ForwardedFrom carries the translated number that was dialled
    withheld_form: str = "anonymous"  # one of WITHHELD_FORMS, or "random"

    latency_ms: int = 20  # network, each way, on top of what the server really takes
    callback_latency_ms: int = 60  # before a status or room callback leaves
    setup_ms: int = 100  # arrival of a call to its first document request
    ringing_ms: int = 100  # initiated to ringing
    ring_buffer_ms: int = 5_000  # added to every ringing timeout
    redirect_plain_ms: int = 55  # REST redirect to the new document
    redirect_action_ms: int = 320  # REST redirect to the interrupted verb's action
    redirect_gap_ms: int = 330  # that action to the new document
    redirect_child_ms: int = 166  # REST redirect to the end of the leg that was being talked to
    prompt_ms: int = 4_000  # the English sentence about an application error
    say_chars_per_s: int = 15
    play_default_ms: int = 10_000  # a recording of unknown length
    mailbox_answer_ms: int = 3_000
    mailbox_greeting_ms: int = 8_000
    mailbox_records_ms: int = 60_000  # after its greeting; then it hangs up
    off_after_ms: int = 2_000
    call_limit_ms: int = 14_400_000  # 4 h from the answer
    erase_refused_ms: tuple[int, int] = (
        0,
        0,
    )  # after its end a call cannot be deleted for a time drawn in here
    erase_refused_forever: bool = False
    room_list_lag_ms: int = 0  # a new conference is missing from lists for so long
    keep_alive_ms: int = (
        1_000  # a connection to the server waits so long for its next request; 0 = one request each
    )
    concurrent_calls_max: int = 0  # 0 = no limit; above it a create is refused (10004)

    def with_values(self, values: Mapping[str, Any]) -> Knobs:
        """Turn some knobs. Raises KeyError (the name) or TypeError (name and value) when one does not fit."""
        known = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        changes: dict[str, Any] = {}
        for name, value in values.items():
            name = {"20009_http": "erase_refused_http"}.get(name, name)
            if name not in known:
                raise KeyError(name)
            changes[name] = _fitting(name, known[name], value)
        return replace(self, **changes)

    def drawn(self, rng: Chance) -> Knobs:
        """All the open questions answered at random; durations stay."""
        return replace(self, **{name: rng.choice(choices) for name, choices in CHOICES.items()})


CHOICES: dict[str, tuple[Any, ...]] = {
    "join_before_start": (True, False),
    "leave_before_end": (True, False),
    "loser_status": ("canceled", "no-answer"),
    "dial_status_on_parent_hangup": ("canceled", "no-answer"),
    "play_failure": ("skip", "fail"),
    "client_unregistered_ringing": (True, False),
    "client_reject_status": ("busy", "no-answer"),
    "client_busy_status": ("busy", "no-answer"),
    "error_code_on_timeout": (11200, 11203, 11205),
    "error_code_on_refused": (11205, 11202, 11200),
    "queue_default_max": (1000, 100),
    "reject_default_status": ("no-answer", "busy"),
    "erase_refused_http": (400, 409),
    "off_status": ("no-answer", "failed"),
    "redirect_waits_for_action": (True, False),
    "completed_while_ringing": ("completed", "canceled"),
    "forwarded_from": (True, False),
    "withheld_form": WITHHELD_FORMS,
}


def _fitting(name: str, old: Any, value: Any) -> Any:
    if name == "withheld_form" and value in (*WITHHELD_FORMS, "random"):
        return value
    if name in CHOICES and value not in (*CHOICES[name], "random"):
        raise TypeError(f"{name}={value!r}")
    if name in CHOICES and (value != "random" or name in ("join_before_start", "leave_before_end")):
        return value
    if isinstance(old, tuple):
        if isinstance(value, list | tuple) and len(value) == 2 and all(type(v) is int for v in value):
            low, high = value
            if 0 <= low <= high <= MOST:
                return (low, high)
        raise TypeError(f"{name}={value!r}")
    least = 1 if name == "say_chars_per_s" else 0
    if type(value) is not type(old) or (type(value) is int and not least <= value <= MOST):
        raise TypeError(f"{name}={value!r}")
    return value
