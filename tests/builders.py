"""Small worlds for tests: a roster with two psychologists, a book, settings of a stepped run."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from helpline.adapters.documents import load_flows, load_rules
from helpline.adapters.memory import FixedBook
from helpline.config import Settings, load_settings
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.hours import Interval
from helpline.domain.ivr.flow import Flow
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from helpline.domain.routing.rules import RuleSet
from tests.environ import environ_for_tests

PARTNER_E164 = "+33199000070"
ROOT = Path(__file__).parents[1]
ORIGIN = "https://voix.test"
FALLBACK = "https://repli.test"
# A Sunday at 03:00 in Paris, summer time: nobody else is awake.
NIGHT_MS = int(datetime(2026, 6, 14, 1, 0, tzinfo=UTC).timestamp() * 1000)


_OTHER, _CHECKED = OrientationType.OTHER, date(2026, 6, 1)
STRUCTURES = (
    Structure(
        "lac", OrientationType.ESTABLISHMENT, "Clinique du Lac", "01 99 00 40 01", verified_on=_CHECKED
    ),
    Structure("samu", _OTHER, "le SAMU", "01 99 00 69 15", "69", verified_on=_CHECKED),
    Structure("a-verifier", _OTHER, "Structure à vérifier", "01 99 00 50 09"),
    Structure("urgences", _OTHER, "le 15", "15", verified_on=_CHECKED),
)


def psychologist(
    handle: str, nth: int, *, client: bool = False, skills: frozenset[str] = frozenset()
) -> Psychologist:
    """`nth` makes her phone: 06 39 98 50 0n."""
    kind = EndpointKind.CLIENT if client else EndpointKind.PHONE
    address = f"client:{handle}" if client else f"+336399850{nth:02d}"
    endpoint = Endpoint(f"e{nth}", kind, address)
    return Psychologist(f"p{nth}", handle, handle.title(), (endpoint,), skills)


def roster(*people: Psychologist, standby: tuple[str, ...] = (), around_ms: int = NIGHT_MS) -> Roster:
    """Everybody is planned for two days around `around_ms`, on duty unless named in `standby`."""
    middle = datetime.fromtimestamp(around_ms / 1000, UTC)
    span = Interval(middle - timedelta(days=1), middle + timedelta(days=1))
    shifts = [Shift(p.id, Tier.STANDBY if p.handle in standby else Tier.ON_DUTY, span) for p in people]
    return Roster(people, tuple(shifts))


def book(people: Roster) -> FixedBook:
    """The flows and rules of the repository with a roster of the test's."""
    rules, flows = _documents()
    return FixedBook(rules, dict(flows), people, structures=STRUCTURES)


def with_partner(plain: FixedBook, *, verified: bool = True) -> FixedBook:
    """The same book with a partner line in the directory and named in the rules."""
    checked = date(2026, 6, 1) if verified else None
    partner = Structure(
        "partenaire", OrientationType.ASSOCIATION, "Une ligne", "01 99 00 00 70", verified_on=checked
    )
    rules = replace(plain.rules, partner="partenaire")
    return replace(plain, rules=rules, structures=(*plain.structures, partner))


@functools.cache
def _documents() -> tuple[RuleSet, Mapping[str, Flow]]:
    """Read once a session: nothing of it can be changed."""
    flows = load_flows(ROOT / "ivr_flows")
    return load_rules(ROOT / "routing_rules.yaml", flows=flows), flows


def settings(database_url: str, tmp: Path, **changes: str) -> Settings:
    names = {
        "HELPLINE_PUBLIC_ORIGIN": ORIGIN,
        "HELPLINE_DATABASE_URL": database_url,
        "HELPLINE_FALLBACK_ORIGIN": FALLBACK,
        "HELPLINE_LEGS_PER_S": "1000",
        "HELPLINE_CARRIER_URL": "http://carrier.test",
        **changes,
    }
    return load_settings(environ_for_tests(**names), tmp)
