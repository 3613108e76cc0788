"""How long a session lasts, what ends it, and what goes on while SQL or Redis is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard import live
from helpline.domain.accounts import IDLE, LONGEST
from helpline.domain.errors import DatabaseDown, LiveStateDown
from helpline.domain.presence import State
from helpline.services import sign_in as service
from tests.dashboard.conftest import COOKIE, HOST, Browser, Pages
from tests.dashboard.test_sign_in import tries


def passes(pages: Pages, time_passing: timedelta) -> None:
    pages.clock.now += int(time_passing.total_seconds() * 1000)


def test_signing_out_ends_the_session_on_our_side_too(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    copied = Browser(pages.app, token=vera.token)
    assert copied.get("/account").status_code == 200

    answer = vera.post("/sign-out")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert any(c.startswith(f"{COOKIE}=;") for c in answer.headers.getlist("Set-Cookie"))
    assert copied.get("/account").status_code == 303


def test_signing_out_everywhere_ends_every_browser_of_hers_and_nobody_elses(pages: Pages) -> None:
    one, two, bruno = pages.signed_in("vera"), pages.signed_in("vera"), pages.signed_in("bruno")
    assert [b.get("/account").status_code for b in (one, two, bruno)] == [200, 200, 200]

    one.post("/account/sign-out-everywhere")

    assert [b.get("/account").status_code for b in (one, two, bruno)] == [303, 303, 200]


def test_signing_in_draws_a_new_token_whatever_the_browser_had(pages: Pages) -> None:
    planted = pages.nobody()
    planted.client.set_cookie(COOKIE, "f" * 64, domain=HOST, secure=True)

    answer = tries(planted)

    assert answer.status_code == 303
    assert len(planted.cookie) == 64
    assert planted.cookie != "f" * 64


def test_an_idle_session_ends_and_a_used_one_goes_on(pages: Pages) -> None:
    used, idle = pages.signed_in("vera"), pages.signed_in("vera")
    for _ in range(4):
        passes(pages, IDLE / 2)
        assert used.get("/account").status_code == 200

    assert idle.get("/account").status_code == 303


def test_no_session_lasts_longer_than_a_shift_and_its_handover(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    for _ in range(int(LONGEST / (IDLE / 2)) - 1):
        passes(pages, IDLE / 2)
        assert vera.get("/health/live").status_code == 200
        assert vera.get("/account").status_code == 200

    passes(pages, IDLE / 2)
    assert vera.get("/account").status_code == 303
    assert pages.sw.offers.presences()["p1"].state is State.AVAILABLE


def test_sessions_that_are_over_are_gone_after_the_next_sign_in(pages: Pages) -> None:
    pages.signed_in("bruno")
    passes(pages, LONGEST)
    tries(pages.nobody())

    assert pages.service.sign_in.sessions.of_account("a-bruno") == []
    assert len(pages.service.sign_in.sessions.of_account("a-vera")) == 1


def test_theme_and_language_are_kept_and_nonsense_changes_nothing(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    vera.post("/account/look", {"theme": "dark"})
    vera.post("/account/look", {"language": "en", "theme": "pink", "role": "administrator"})

    page = vera.get("/account").text
    assert '<html lang="en" data-theme="dark">' in page
    assert "My account" in page
    found = pages.service.sign_in.accounts.by_handle("vera")
    assert found is not None
    assert found[0].role == "psychologist"


def test_while_sql_is_away_known_sessions_go_on_for_minutes_and_unknown_ones_do_not(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, unknown = pages.signed_in("vera"), pages.signed_in("bruno")
    assert known.get("/").status_code == 303

    def away(token_sha256: str) -> None:
        raise DatabaseDown("sql: away")

    monkeypatch.setattr(pages.service.sign_in.sessions, "find", away)

    assert known.get("/").headers["Location"] != "/sign-in"
    refused = unknown.get("/")
    assert refused.status_code == 503
    assert "Les appels, eux, continuent d’arriver au téléphone." in refused.text
    passes(pages, service.GRACE + timedelta(minutes=2))
    assert known.get("/").status_code == 503


def test_while_redis_is_away_signing_in_says_so(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(limits: object) -> bool:
        raise LiveStateDown("redis: away")

    monkeypatch.setattr(pages.service.sign_in.throttle, "take", away)

    answer = tries(pages.nobody())
    assert answer.status_code == 503
    assert "momentanément impossible" in answer.text


def test_open_streams_are_told_that_sessions_ended(pages: Pages) -> None:
    heard = pages.service.news
    heard.wait(0.05)

    pages.signed_in("vera").post("/sign-out")
    assert "sessions" in heard.wait(2)
    pages.signed_in("vera").post("/account/sign-out-everywhere")
    assert "sessions" in heard.wait(2)
    heard.close()


def test_a_stream_open_while_sql_is_away_ends_with_its_session(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = pages.signed_in("vera").token
    me = pages.service.sign_in.who(token)
    assert me is not None

    def away(token_sha256: str) -> None:
        raise DatabaseDown("sql: away")

    monkeypatch.setattr(pages.service.sign_in.sessions, "find", away)
    passes(pages, LONGEST - timedelta(minutes=1))
    assert live.holds(pages.service, token, me)

    passes(pages, timedelta(minutes=1))
    assert not live.holds(pages.service, token, me)
