"""What services need from the outside world, as small protocols.

A service is given these and nothing else; `bootstrap.py` decides who fulfils them.
All instants are integer milliseconds since 1970 UTC (`_ms`) on the call path, where
Lua and the carrier count the same way, and aware datetimes where people plan.
Refusals that are normal are values; adapters raise only `helpline.domain.errors`.
"""

from __future__ import annotations

from helpline.ports.accounts import Accounts, Passwords, Sessions, Throttle
from helpline.ports.alarms import Alarms
from helpline.ports.carrier import Carrier, CarrierLeg, LegStatus, QueueMember, RestOutcome
from helpline.ports.common import Chance, Clock
from helpline.ports.counting import FinishedCalls, Ledger, SweepStart
from helpline.ports.fiches import (
    BatchKey,
    BatchKeys,
    BatchPair,
    NewFiche,
    OpenFiche,
    OpenFiches,
    SealedFiche,
    SealedFiches,
    Sealer,
)
from helpline.ports.live import (
    AttackMode,
    Change,
    DueList,
    Duty,
    Effect,
    Gate,
    LineView,
    LiveCalls,
    Offers,
    Reception,
    Roll,
    Saved,
)
from helpline.ports.news import News
from helpline.ports.people import Migrations, PublishedStore, SeedStore, Snapshots
from helpline.ports.work import Jobs, Renderer, SweepTimes

__all__ = [
    "AttackMode",
    "Accounts",
    "Alarms",
    "BatchKey",
    "BatchKeys",
    "BatchPair",
    "Carrier",
    "CarrierLeg",
    "Chance",
    "Change",
    "Clock",
    "DueList",
    "Duty",
    "Effect",
    "FinishedCalls",
    "Gate",
    "Jobs",
    "Ledger",
    "LegStatus",
    "LineView",
    "LiveCalls",
    "Migrations",
    "NewFiche",
    "News",
    "Offers",
    "OpenFiche",
    "OpenFiches",
    "Passwords",
    "PublishedStore",
    "QueueMember",
    "Reception",
    "Roll",
    "Renderer",
    "RestOutcome",
    "Saved",
    "SealedFiche",
    "SealedFiches",
    "Sealer",
    "SeedStore",
    "Snapshots",
    "Sessions",
    "SweepStart",
    "SweepTimes",
    "Throttle",
]
