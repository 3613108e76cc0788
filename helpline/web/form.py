"""What a webhook says, read from the stripped form. Nothing here fails, whatever stands in it."""

from __future__ import annotations

from flask import request

from helpline.ports import LegStatus

UNKNOWN_LINE = "autre"
_DAY_S = 86_400


def leg() -> str:
    """The carrier's id of the leg; empty when what came is not written like one."""
    return request.form.get("Leg", "")


def line() -> str:
    return request.form.get("Line", UNKNOWN_LINE)


def is_caller() -> bool:
    """Is this a caller's leg? Theirs was made to a line of ours, a psychologist's to her own phone."""
    return "Line" in request.form


def status() -> LegStatus | None:
    try:
        return LegStatus(request.form.get("CallStatus", ""))
    except ValueError:
        return None


def is_over() -> bool:
    now = status()
    return now is not None and now.is_final


def queue_time_s() -> int:
    """How long the caller has waited, as the carrier says; 0 for anything that is not a sane number."""
    text = request.form.get("QueueTime", "")
    return min(int(text), _DAY_S) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def queue_result() -> str:
    return request.form.get("QueueResult", "")


def digits() -> str:
    return request.form.get("Digits", "")
