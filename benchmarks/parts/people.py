"""Psychologists besides the demo's, for benchmarks that need somebody free for every caller."""

from __future__ import annotations

from datetime import UTC, datetime

from helpline.bootstrap_data import data_of
from helpline.config import Settings
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Shift, Tier
from helpline.services.publish_snapshot import publish_snapshot


def add_people(settings: Settings, count: int) -> None:
    """Plan `count` more of them on duty for a year, a telephone each, and publish it."""
    data = data_of(settings)
    now = datetime.now(UTC)
    year = Interval(now.replace(hour=0, minute=0), now.replace(year=now.year + 1))
    for place in range(count):
        handle = f"p{place:02d}"
        phone = Endpoint(f"{handle}-phone", EndpointKind.PHONE, f"+336399851{place:02d}")
        person = Psychologist(f"p-{handle}", handle, handle, (phone,))
        data.seeds.add_psychologist(person, 100 + place)
        data.seeds.add_shift(f"bench-{handle}", Shift(person.id, Tier.ON_DUTY, year))
    publish_snapshot(data.published, data.snapshots)
    data.close()
