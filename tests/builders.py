"""Small worlds for tests: a roster with two psychologists, a book, settings of a stepped run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from helpline.adapters.documents import load_flows, load_rules
from helpline.adapters.memory import FixedBook
from helpline.config import Settings, load_settings
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from tests.environ import environ_for_tests

ROOT = Path(__file__).parents[1]
ORIGIN = "https://voix.test"
FALLBACK = "https://repli.test"
# A Sunday at 03:00 in Paris, summer time: nobody else is awake.
NIGHT_MS = int(datetime(2026, 6, 14, 1, 0, tzinfo=UTC).timestamp() * 1000)


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
    flows = load_flows(ROOT / "ivr_flows")
    return FixedBook(load_rules(ROOT / "routing_rules.yaml", flows=flows), flows, people)


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
