"""Enumerations whose members are a short stored code and a French label."""

from __future__ import annotations

from enum import StrEnum


class Coded(StrEnum):
    """Base of every coded field: `member.value` is stored, `member.label` is shown.

    Codes are for ever: a code once published is retired, never given another meaning.
    """

    label: str

    def __new__(cls, code: str, label: str) -> Coded:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member
