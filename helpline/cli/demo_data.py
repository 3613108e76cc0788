"""The people and places of the demo. Numbers are of fiction: nobody has them.

Seeding adds what is missing by its id and overwrites nothing, so a demo that somebody
has changed in the browser stays changed. `alix`, administrator, joins with the accounts
of issue 05: she has no telephone and no shift, so she is not a psychologist here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from helpline.domain.directory import OrientationType, Structure
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Shift, Tier
from helpline.ports import SeedStore

VERIFIED_ON: Final = date(2026, 11, 1)


def _psychologist(handle: str, name: str, phone_e164: str) -> Psychologist:
    """Rung on the phone first: it works without a browser. The softphone is second."""
    endpoints = (
        Endpoint(f"{handle}-phone", EndpointKind.PHONE, phone_e164),
        Endpoint(f"{handle}-client", EndpointKind.CLIENT, f"client:{handle}"),
    )
    return Psychologist(f"p-{handle}", handle, name, endpoints)


PSYCHOLOGISTS: Final = (
    _psychologist("vera", "Véra Morel", "+33639985001"),
    _psychologist("bruno", "Bruno Lantier", "+33639985002"),
)

_CDOM, _ASSO, _CNOM = OrientationType.CDOM, OrientationType.ASSOCIATION, OrientationType.CNOM
_ETAB, _OTHER = OrientationType.ESTABLISHMENT, OrientationType.OTHER

STRUCTURES: Final = tuple(
    Structure(slug, kind, name, phone, territory, signed_charter=charter, verified_on=VERIFIED_ON)
    for slug, kind, name, phone, territory, charter in (
        ("cdom-69", _CDOM, "Conseil départemental du Rhône (démo)", "01 99 00 10 69", "69", False),
        ("cdom-75", _CDOM, "Conseil départemental de Paris (démo)", "01 99 00 10 75", "75", False),
        ("asso-entraide", _ASSO, "Association d’entraide des soignants (démo)", "01 99 00 20 01", "FR", True),
        ("asso-ecoute", _ASSO, "Réseau d’écoute entre confrères (démo)", "01 99 00 20 02", "FR", True),
        (
            "cnom-entraide",
            _CNOM,
            "Service Entraide du Conseil national (démo)",
            "01 99 00 30 01",
            "FR",
            False,
        ),
        ("etab-du-lac", _ETAB, "Clinique du Lac (démo)", "01 99 00 40 01", "74", True),
        ("etab-des-pins", _ETAB, "Établissement des Pins (démo)", "01 99 00 40 02", "33", True),
        (
            "autre-carmf",
            _OTHER,
            "Caisse de retraite, fonds d’action sociale (démo)",
            "01 99 00 50 01",
            "FR",
            False,
        ),
        ("samu-69", _OTHER, "SAMU du Rhône (démo)", "01 99 00 69 15", "69", False),
    )
)


def demo_shifts(now: datetime) -> dict[str, Shift]:
    """Both on duty from two months before this month to the end of the second after it.

    Whole months, so that seeding again in the same month finds the same ids.
    """
    starts_at, ends_at = _month(now, -2), _month(now, +3)
    return {
        f"demo-{person.handle}-{now:%Y-%m}": Shift(person.id, Tier.ON_DUTY, Interval(starts_at, ends_at))
        for person in PSYCHOLOGISTS
    }


def _month(now: datetime, later: int) -> datetime:
    months = now.year * 12 + now.month - 1 + later
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def read_documents(folder: Path) -> tuple[str, dict[str, str]]:
    """The text of the rules and of each flow, by flow id, as the repository ships them."""
    flows = {file.stem: file.read_text("utf-8") for file in sorted((folder / "ivr_flows").glob("*.yaml"))}
    return (folder / "routing_rules.yaml").read_text("utf-8"), flows


def seed_demo(store: SeedStore, rules: str, flows: Mapping[str, str], now: datetime) -> int:
    """Add everything that is missing; how many things were. `now` is aware UTC. Raises DatabaseDown."""
    added = [
        *(store.add_psychologist(person, place) for place, person in enumerate(PSYCHOLOGISTS)),
        *(store.add_shift(shift_id, shift) for shift_id, shift in demo_shifts(now).items()),
        *(store.add_structure(structure, place) for place, structure in enumerate(STRUCTURES)),
        store.add_rules(rules, now),
        *(store.add_flow(flow_id, text, now) for flow_id, text in flows.items()),
    ]
    return sum(added)
