"""A fault that was dealt is ended, whatever else is down when its time is over."""

from __future__ import annotations

import time
from typing import cast

from sqlalchemy.exc import OperationalError

from tests.chaos.dealer import Dealer
from tests.chaos.house import ChaosParts
from tests.chaos.plan import SHORT, Fault, Plan


class Deaf(Dealer):
    """Whose SQL does not answer the first time it is told to end being read-only."""

    said: list[str]

    def heal(self) -> None:
        """Nothing but what was dealt is ended."""

    def _read_only(self, value: str) -> None:
        time.sleep(0.4)
        self.said.append(value)
        if self.said == ["on", "off"]:
            raise OperationalError("down", None, Exception())

    def _set_carrier(self) -> None:
        self.said.append(",".join(spell.kind for spell in self._active))


def dealt(*faults: Fault) -> Deaf:
    plan = Plan(1, SHORT, (), faults)
    dealer = Deaf(cast("ChaosParts", None), plan, time.monotonic())
    dealer.said = []
    dealer.run()
    return dealer


def test_an_end_that_fails_is_tried_again() -> None:
    dealer = dealt(Fault(0.0, "sql read-only", for_s=0.01))

    assert dealer.said == ["on", "off", "off"]
    assert dealer.dealt.failed == ["OperationalError"]


def test_an_outage_that_is_ended_late_has_lasted_as_long_as_it_did() -> None:
    dealer = dealt(Fault(0.0, "rest away", for_s=0.1), Fault(0.05, "sql read-only", for_s=1.0))

    ((from_ms, to_ms),) = dealer.dealt.outages
    assert dealer.said[:3] == ["rest away", "on", ""]
    assert to_ms - from_ms >= 400
