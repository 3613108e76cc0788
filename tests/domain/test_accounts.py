"""When a session is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpline.domain.accounts import HANDLE_MAX, IDLE, LONGEST, Account, Role, Session, clean_handle

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("begun_ago", "seen_ago", "over"),
    [
        (timedelta(0), timedelta(0), False),
        (IDLE, IDLE - SECOND, False),
        (IDLE, IDLE, True),
        (LONGEST - SECOND, timedelta(0), False),
        (LONGEST, timedelta(0), True),
    ],
)
def test_a_session_ends_when_idle_or_when_it_has_lasted_a_shift(
    begun_ago: timedelta, seen_ago: timedelta, over: bool
) -> None:
    session = Session("d", "a", NOW - begun_ago, NOW - seen_ago)

    assert session.is_over(NOW) is over
    assert (session.ends_at <= NOW) is over


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Véra ", "véra"), ("ALIX", "alix"), ("", ""), ("x" * 500, "x" * HANDLE_MAX)]
)
def test_a_handle_is_kept_without_spaces_and_capitals(typed: str, kept: str) -> None:
    assert clean_handle(typed) == kept


def test_no_representation_tells_a_name_or_a_digest() -> None:
    account = Account("a", "vera", "Véra Morel", Role.PSYCHOLOGIST)

    assert "Morel" not in repr(account)
    assert "d1" not in repr(Session("d1d1", "a", NOW, NOW))
