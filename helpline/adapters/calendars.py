"""Public holidays in France, by the `holidays` package and nowhere else."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays


@cache
def _metropolitan() -> holidays.HolidayBase:
    """The eleven days of the whole country; the package adds years as they are asked for."""
    return holidays.country_holidays("FR")


def is_holiday(day: date) -> bool:
    """Whether `day` is a public holiday in all of metropolitan France."""
    return day in _metropolitan()
