"""Signing in: who is let in, who is not, and where they go."""

from __future__ import annotations

import hashlib
import re
import time

import pytest
from werkzeug.test import TestResponse

from helpline.domain.presence import State
from helpline.services import sign_in as service
from tests.dashboard.conftest import COOKIE, PASSWORD, Browser, Pages


def tries(browser: Browser, handle: str = "vera", password: str = PASSWORD, **more: str) -> TestResponse:
    return browser.post("/sign-in", {"handle": handle, "password": password, **more})


def test_the_right_password_opens_a_session_in_a_host_cookie(pages: Pages) -> None:
    vera = pages.nobody()
    answer = tries(vera)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE))
    assert re.fullmatch(rf"{COOKIE}=[0-9a-f]{{64}}; .*Secure; HttpOnly; Path=/; SameSite=Strict", cookie), (
        cookie
    )
    assert "Domain" not in cookie
    assert "Vera" in vera.get("/account").text


def test_the_name_may_be_typed_with_capitals_and_spaces(pages: Pages) -> None:
    assert tries(pages.nobody(), " Vera ").status_code == 303


def test_only_the_digest_of_the_token_is_stored(pages: Pages) -> None:
    vera = pages.nobody()
    tries(vera)

    stored = pages.service.sign_in.sessions_of("a-vera")
    assert [session.token_sha256 for session in stored] == [hashlib.sha256(vera.cookie.encode()).hexdigest()]


@pytest.mark.parametrize(
    ("handle", "password"),
    [
        ("vera", "faux"),
        ("personne", PASSWORD),
        ("", ""),
        ("vera", PASSWORD + " "),
        ("vera", PASSWORD.upper()),
    ],
)
def test_wrong_names_and_wrong_passwords_get_the_same_answer(
    pages: Pages, handle: str, password: str
) -> None:
    answer = tries(pages.nobody(), handle, password)

    assert answer.status_code == 401
    assert "Identifiant ou mot de passe incorrect." in answer.text
    assert COOKIE not in str(answer.headers)
    assert f'value="{handle}"' not in answer.text or not handle


@pytest.mark.real
def test_an_unknown_name_takes_as_long_as_a_wrong_password(pages: Pages) -> None:
    taken: dict[str, list[float]] = {"vera": [], "personne": []}
    for place in range(4):  # by turns, and the quickest: what else runs on the machine only adds
        for handle, times in taken.items():
            begin = time.perf_counter()
            pages.service.sign_in.sign_in(handle, "faux", f"place {place}")
            times.append(time.perf_counter() - begin)

    assert 0.5 < min(taken["vera"]) / min(taken["personne"]) < 2


def test_an_account_that_was_closed_is_a_wrong_password_and_its_sessions_end(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    pages.database.transaction(lambda c: c.exec_driver_sql("update accounts set is_active = false").close())

    assert tries(pages.nobody()).status_code == 401
    assert vera.get("/account").status_code == 303


def test_tries_are_throttled_and_other_people_are_not(pages: Pages) -> None:
    for _ in range(service.TRIES_OF_BOTH):
        assert tries(pages.nobody(), password="faux").status_code == 401
    refused = tries(pages.nobody())

    assert refused.status_code == 429
    assert "Trop d’essais" in refused.text
    assert tries(pages.nobody(), "bruno").status_code == 303


def test_throttling_is_the_same_for_names_that_nobody_has(pages: Pages) -> None:
    answers = {
        name: [tries(pages.nobody(), name, "faux").status_code for _ in range(service.TRIES_OF_BOTH + 1)]
        for name in ("vera", "personne")
    }

    assert answers["vera"] == answers["personne"]


def test_her_own_slips_are_forgotten_once_she_is_in(pages: Pages) -> None:
    for _ in range(3):
        for _ in range(service.TRIES_OF_BOTH - 1):
            tries(pages.nobody(), password="faux")
        assert tries(pages.nobody()).status_code == 303


def test_a_whole_team_may_sign_in_from_one_address(pages: Pages) -> None:
    throttle = pages.service.sign_in.throttle
    for _ in range(3):
        assert tries(pages.nobody()).status_code == 303

    assert throttle.take({"place 127.0.0.1": 1, "name vera": 1, "both vera 127.0.0.1": 1})


def test_a_proxy_on_this_host_says_where_browsers_are_and_nobody_else_is_believed(pages: Pages) -> None:
    for _ in range(service.TRIES_OF_BOTH + 1):
        last = pages.nobody().post(
            "/sign-in",
            {"handle": "vera", "password": "faux"},
            headers={"X-Forwarded-For": "9.9.9.9, 192.0.2.7"},
        )
    assert last.status_code == 429

    elsewhere = {"X-Forwarded-For": "192.0.2.7, 192.0.2.8"}
    form = {"handle": "vera", "password": PASSWORD}
    assert pages.nobody().post("/sign-in", form, headers=elsewhere).status_code == 303


def test_whoever_is_throttled_is_still_on_duty_and_rung(pages: Pages) -> None:
    for _ in range(20):
        tries(pages.nobody(), password="faux")

    presence = pages.sw.offers.presences()["p1"]
    assert presence.state is State.AVAILABLE


def test_no_name_and_no_place_stands_in_redis(pages: Pages, redis_admin: object) -> None:
    tries(pages.nobody(), "vera", "faux")

    keys = [str(key) for key in redis_admin.keys("tries:*")]  # type: ignore[attr-defined]
    assert len(keys) == 3
    assert all(re.fullmatch("tries:[0-9a-f]{32}", key) for key in keys)
    assert all(0 < redis_admin.ttl(key) <= 900 for key in keys)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/account", "/account"),
        ("/desk?x=1", "/desk?x=1"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("/%0d%0aX: y", "/%0d%0aX: y"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("account", "/"),
        ("/é", "/"),
    ],
)
def test_after_signing_in_only_paths_of_ours_are_gone_to(pages: Pages, asked: str, sent_to: str) -> None:
    vera = pages.nobody()
    answer = tries(vera, next=asked)

    assert answer.status_code == 303
    assert answer.headers["Location"].replace("%20", " ") == sent_to
    assert "X" not in answer.headers


def test_a_page_asked_for_signed_out_is_come_back_to(pages: Pages) -> None:
    answer = pages.nobody().get("/account?changed=look")
    assert answer.headers["Location"] == "/sign-in?next=/account%3Fchanged%3Dlook"

    form = pages.nobody().get(answer.headers["Location"]).text
    assert 'name="next" value="/account?changed=look"' in form


def test_a_request_by_script_is_told_to_go_to_sign_in_not_redirected(pages: Pages) -> None:
    answer = pages.nobody().get("/account", headers={"X-By-Script": "1"})

    assert (answer.status_code, answer.headers.get("Location"), answer.data) == (401, None, b"")
