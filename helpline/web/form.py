"""What a webhook says, read from the stripped form. Nothing here fails, whatever stands in it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from helpline.ports import LegStatus

UNKNOWN_LINE = "autre"
_DAY_S = 86_400


def _said(name: str, default: str = "") -> str:
    """As the edge has stripped it, not read out of the body again."""
    said: Mapping[str, str] = request.environ.get("helpline.form", {})
    return said.get(name, default)


def leg() -> str:
    """The carrier's id of the leg; empty when what came is not written like one."""
    return _said("Leg")


def line() -> str:
    return _said("Line", UNKNOWN_LINE)


def is_caller() -> bool:
    """Is this a caller's leg? Theirs was made to a line of ours, a psychologist's to her own phone."""
    return bool(_said("Line"))


def status() -> LegStatus | None:
    try:
        return LegStatus(_said("CallStatus"))
    except ValueError:
        return None


def is_over() -> bool:
    now = status()
    return now is not None and now.is_final


def queue_time_s() -> int:
    """How long the caller has waited, as the carrier says; 0 for anything that is not a sane number."""
    text = _said("QueueTime")
    return min(int(text), _DAY_S) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def queue_result() -> str:
    return _said("QueueResult")


def digits() -> str:
    return _said("Digits")


def room_event() -> str:
    return _said("StatusCallbackEvent")


def reason_left() -> str:
    return _said("ReasonParticipantLeft")


def participant_status() -> str:
    return _said("ParticipantCallStatus")
