"""What an account is made of, fixed for the life of a carrier, and the forms a number takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def e164(number: str) -> str:
    """`0639980001`, `33639980001`'s `+` form and spaces all become `+33639980001`; other texts come back as given."""
    digits = re.sub(r"[\s.\-]", "", number)
    if re.fullmatch(r"0[1-9][0-9]{8}", digits):
        return "+33" + digits[1:]
    if re.fullmatch(r"00[1-9][0-9]{6,13}", digits):
        return "+" + digits[2:]
    return digits


def national(number: str) -> str:
    """`+33639980001` as people in France write it: `0639980001`; other texts come back as given."""
    return "0" + number[3:] if re.fullmatch(r"\+33[1-9][0-9]{8}", number) else number


@dataclass(frozen=True)
class OwnNumber:
    """A number of the account. `aliases` are numbers an operator translates to it (a toll-free number, for example)."""

    e164: str
    aliases: tuple[str, ...] = ()

    def answers_to(self, number: str) -> bool:
        """True when dialling `number`, in either form, arrives here."""
        return e164(number) in {e164(self.e164), *(e164(alias) for alias in self.aliases)}


DEMO_NUMBERS = (
    OwnNumber("+33199000001", ("0800288038",)),
    OwnNumber("+33199000002", ("0826000401",)),
    OwnNumber("+33199000003", ("0800800854",)),
)


@dataclass(frozen=True)
class CarrierSettings:
    """One account.

    auth_token signs webhooks and opens the REST API; an API key and its secret open the REST API only.
    leg_rate_per_s: legs created by REST that leave per second (the carrier's default is one).
    media: seconds of sound are known, never measured: path or URL of a recording to its length in ms.
    seed: everything left to chance comes from it.
    log_keeps: records of the log that are kept at least, the newest; 0 for all. For long loads and demonstrations.
    ended_keeps: as many ended legs are kept, ended rooms, and lines of the debugger; 0 for all. Older ones are
    forgotten as if they had been deleted.
    """

    account_sid: str = "AC" + "0" * 32
    auth_token: str = "emulator-token"
    api_key: str = ""
    api_secret: str = ""
    numbers: tuple[OwnNumber, ...] = DEMO_NUMBERS
    leg_rate_per_s: float = 1.0
    seed: int = 0
    log_keeps: int = 0
    ended_keeps: int = 0
    media: Mapping[str, int] = field(default_factory=dict)
