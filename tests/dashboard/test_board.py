"""The board's routes."""

from __future__ import annotations

import pytest

from dashboard.pages.board.views import ALARMS
from helpline.domain.alarms import AlarmKind
from helpline.services import keep_duty
from tests.dashboard.conftest import Pages


@pytest.mark.parametrize("handle", ["vera", "alix"])
def test_both_roles_see_how_the_line_stands(pages: Pages, handle: str) -> None:
    keep_duty.begin_break(pages.sw, "p2")
    page = pages.signed_in(handle).get("/board").text

    assert "Plus longue attente" in page
    assert "Vera" in page
    assert page.index("Disponible") < page.index("En pause")


def test_nobody_else_does(pages: Pages) -> None:
    for path in ("/board", "/board/state", "/live/board"):
        assert pages.nobody().get(path).status_code in (303, 401)


def test_who_is_away_is_not_named(pages: Pages) -> None:
    keep_duty.go_off_duty(pages.sw, "p2")
    assert "Bruno" not in pages.signed_in("alix").get("/board/state").text


@pytest.mark.parametrize("kind", AlarmKind)
def test_each_alarm_is_one_sentence_and_stands_until_it_is_over(pages: Pages, kind: AlarmKind) -> None:
    board, now_ms = pages.signed_in("alix"), pages.clock.now
    assert pages.sw.alarms.raise_alarm(kind, now_ms)

    assert f"{ALARMS[kind]} Depuis" in board.get("/board").text
    assert pages.sw.alarms.clear(kind, now_ms + 1)
    assert ALARMS[kind] not in board.get("/board/state").text
