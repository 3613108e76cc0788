"""The board's routes."""

from __future__ import annotations

import pytest
import redis

from dashboard.pages.board.views import ALARMS
from helpline.domain.alarms import AlarmKind
from helpline.services import keep_duty
from helpline.services.switch_attack_mode import attack_mode_until, begin_attack_mode
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


def test_who_is_on_a_leg_that_a_lost_copy_knew_is_shown_in_a_talk(pages: Pages) -> None:
    board, epoch = pages.signed_in("alix"), pages.sw.calls.epoch()
    assert epoch is not None
    assert "En entretien" not in people_of(board.get("/board/state").text)

    pages.sw.offers.set_apart(["p2"], ["p1", "p2"], epoch[0], pages.clock.now)

    assert "En entretien" in people_of(board.get("/board/state").text)


def test_she_is_shown_in_a_talk_though_her_shift_was_over_before_the_copy_was_lost(
    pages: Pages, redis_admin: redis.Redis
) -> None:
    board, epoch = pages.signed_in("alix"), pages.sw.calls.epoch()
    assert epoch is not None
    keep_duty.go_off_duty(pages.sw, "p2")
    redis_admin.delete("psy:p2")
    redis_admin.srem("psys", "p2")

    pages.sw.offers.set_apart(["p2"], ["p1", "p2"], epoch[0], pages.clock.now)
    assert "En entretien" in people_of(board.get("/board/state").text)

    pages.sw.offers.set_apart([], ["p1", "p2"], epoch[0], pages.clock.now)
    assert "Bruno" not in people_of(board.get("/board/state").text)


def people_of(page: str) -> str:
    return page.partition('id="board-people"')[2]


@pytest.mark.parametrize("kind", AlarmKind)
def test_each_alarm_is_one_sentence_and_stands_until_it_is_over(pages: Pages, kind: AlarmKind) -> None:
    board, now_ms = pages.signed_in("alix"), pages.clock.now
    assert pages.sw.alarms.raise_alarm(kind, now_ms)

    assert f"{ALARMS[kind]} Depuis" in board.get("/board").text
    assert pages.sw.alarms.clear(kind, now_ms + 1)
    assert ALARMS[kind] not in board.get("/board/state").text


@pytest.mark.parametrize("handle", ["vera", "alix"])
def test_attack_mode_is_thrown_by_hand_seen_by_all_and_ends_by_itself(pages: Pages, handle: str) -> None:
    names = {"vera": "Vera", "alix": "Alix Dumas"}
    board = pages.signed_in(handle)
    assert "Fin à" not in board.get("/board").text

    assert board.post("/board/attack-mode", {"to": "toujours"}).status_code == 400
    assert board.post("/board/attack-mode", {"to": "on"}).status_code == 303
    assert attack_mode_until(pages.sw) == pages.clock.now + 3_600_000
    seen = pages.signed_in("alix").get("/board/state").text
    assert "Fin à 04:00" in seen
    assert f"Activé à 03:00 par {names[handle]}." in seen
    assert board.post("/board/attack-mode", {"to": "off"}).status_code == 303
    assert attack_mode_until(pages.sw) is None

    board.post("/board/attack-mode", {"to": "on"})
    pages.clock.now += 3_600_000
    assert "Fin à" not in board.get("/board/state").text


def test_attack_mode_thrown_by_the_command_line_is_told_too(pages: Pages) -> None:
    begin_attack_mode(pages.sw, 30)

    assert "Fin à 03:30. Activé à 03:00 par la ligne de commande." in " ".join(
        pages.signed_in("vera").get("/board/state").text.split()
    )
