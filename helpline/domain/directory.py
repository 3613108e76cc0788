"""The places a caller can be told about, in exactly the five types the partners agreed on.

The labels are the wording of the 2017 press release (seed S3, requirement R25). Nothing
here ranks: the order of the types is the order of that text, for display only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from helpline.domain.coded import Coded

STRUCTURE_ID: Final = re.compile(r"[a-z](?!.*[0-9]{6})[a-z0-9-]{0,31}")
"""A structure's id stands in sealed fiches: a slug in which no telephone number could hide."""


_SAMU_ID: Final = re.compile(r"samu(-.*)?")


class OrientationType(Coded):
    """The five orientation types; the code is what fiches and tallies hold."""

    CDOM = "cdom", "Le Conseil départemental de l’Ordre des médecins où est inscrit le médecin"
    ASSOCIATION = "asso", "Une des associations d’entraide qui a signé la Charte d’entraide"
    CNOM = "cnom", "Le service Entraide du Conseil national de l’Ordre des médecins"
    ESTABLISHMENT = "etab", "Un établissement de soins signataire de la Charte d’entraide"
    OTHER = "autre", "Toute autre structure utile"


_TEN_DIGITS: Final = re.compile(r"0[1-9][0-9]{8}")


@dataclass(frozen=True, slots=True)
class Structure:
    """One entry of the directory.

    `id` matches STRUCTURE_ID, otherwise ValueError. `phone_display` is the number as it is
    read aloud, "" when there is none; `territory` is a département's code or "FR".
    `verified_on` is the day somebody last checked the entry.
    """

    id: str
    type: OrientationType
    name: str
    phone_display: str = ""
    territory: str = "FR"
    signed_charter: bool = False
    verified_on: date | None = None

    def __post_init__(self) -> None:
        if STRUCTURE_ID.fullmatch(self.id) is None:
            raise ValueError("a structure's id is a slug of at most 32 letters, digits and hyphens")

    @property
    def is_samu(self) -> bool:
        """A SAMU under its local number: offered first when somebody is in danger."""
        return _SAMU_ID.fullmatch(self.id) is not None

    @property
    def verified_number_e164(self) -> str | None:
        """Its ten-digit number, if an administrator has checked the entry; else nobody may dial it.

        15, 114 and 3114 are said, never dialled: from here they would reach the wrong
        département, or nobody.
        """
        digits = re.sub(r"[\s.]", "", self.phone_display)
        if self.verified_on is None or _TEN_DIGITS.fullmatch(digits) is None:
            return None
        return f"+33{digits[1:]}"
