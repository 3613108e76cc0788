"""Headers on every answer; who may open which route; and that foreign pages can do nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from dashboard import access, registry, security
from dashboard.app import create_app
from helpline.domain.accounts import Role
from helpline.domain.errors import DatabaseDown
from tests.dashboard.conftest import Pages

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every (method, address, endpoint), placeholders filled in."""
    return [
        (method, re.sub(r"<[^>]+>", "x", rule.rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]


def assert_headers(answer: TestResponse) -> None:
    headers = answer.headers
    directives = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    fixed = dict(part.split(" ", 1) for part in POLICY.split("; "))
    wider = {"connect-src", "media-src"}
    assert {k: v for k, v in directives.items() if k not in wider} == {
        k: v for k, v in fixed.items() if k not in wider
    }
    assert directives["connect-src"].startswith("'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] in ("no-store", "public, max-age=31536000, immutable", "no-cache")
    assert "Server" not in headers or "Werkzeug" not in headers["Server"]


# Of the live state only what answers at once: an event stream would not end by itself.
STREAMS = re.compile("^/live/")


@pytest.mark.parametrize("who", ["nobody", "vera", "alix"])
def test_every_route_has_the_headers_whoever_asks_and_however_it_ends(pages: Pages, who: str) -> None:
    browser = pages.nobody() if who == "nobody" else pages.signed_in(who)
    for method, address, _ in routes(pages.app):
        if STREAMS.match(address) and who != "nobody":
            continue
        answer = browser._open(address, method=method)
        assert_headers(answer)
        assert answer.status_code < 500, f"{method} {address}"


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/nowhere", {}, 404),
        ("/account", {"method": "DELETE"}, 405),
        ("/account", {"headers": {"Host": "evil.example"}}, 400),
        ("/sign-in", {"method": "POST", "data": {"handle": "x" * 70_000}}, 413),
    ],
)
def test_errors_have_the_headers_too(pages: Pages, path: str, more: dict[str, object], status: int) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    answer = pages.nobody().client.open(
        path, **{"base_url": "https://pages.test", "method": "GET", "headers": headers, **more}
    )

    assert answer.status_code == status
    assert_headers(answer)


def test_a_page_that_fails_is_a_page_with_headers_and_its_error_stays_out_of_it_and_of_the_log(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise ValueError("0639980001")

    monkeypatch.setitem(pages.app.view_functions, "account.show", access.signed_in(fails))
    with caplog.at_level(logging.ERROR):
        answer = pages.signed_in("vera").get("/account")

    assert answer.status_code == 500
    assert "Une erreur est survenue" in answer.text
    assert_headers(answer)
    assert "0639980001" not in answer.text + caplog.text
    assert "ValueError" in caplog.text


def test_an_error_for_a_script_is_only_an_alert(pages: Pages) -> None:
    answer = pages.signed_in("vera").get("/nowhere", headers={"X-By-Script": "1"})

    assert answer.status_code == 404
    assert answer.text.strip().startswith('<div class="alert danger" role="alert"')


def test_in_production_browsers_are_held_to_https(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Strict-Transport-Security" not in pages.nobody().get("/sign-in").headers
    monkeypatch.setattr(type(pages.service.settings), "is_production", True)

    assert "max-age=63072000" in pages.nobody().get("/sign-in").headers["Strict-Transport-Security"]


def test_a_page_may_widen_its_own_policy_and_nobody_elses(pages: Pages) -> None:
    bp = Blueprint("wide", __name__)

    @bp.get("/wide")
    @access.public
    def wide() -> str:
        security.widen(connect=("https://voice.example",), media=True, microphone=True)
        return "wide"

    pages.app._got_first_request = False
    pages.app.register_blueprint(bp)
    answer = pages.nobody().get("/wide")

    assert "connect-src 'self' https://voice.example;" in answer.headers["Content-Security-Policy"]
    assert "media-src 'self' blob:" in answer.headers["Content-Security-Policy"]
    assert "microphone=(self)" in answer.headers["Permissions-Policy"]
    after = pages.nobody().get("/sign-in").headers
    assert after["Content-Security-Policy"] == POLICY
    assert "microphone=()" in after["Permissions-Policy"]


# ---- roles


def test_a_route_without_a_role_keeps_the_application_from_starting(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    bp = Blueprint("forgotten", __name__)

    @bp.get("/forgotten")
    def forgotten() -> str:
        return "open to all"

    found = (*registry.find(), registry.Page("forgotten", bp, None))
    monkeypatch.setattr(registry, "find", lambda: found)

    with pytest.raises(access.RouteWithoutRole, match=r"/forgotten \(forgotten.forgotten\)"):
        create_app(pages.service)


def test_a_route_added_after_the_start_without_a_role_is_refused(pages: Pages) -> None:
    pages.app._got_first_request = False
    pages.app.add_url_rule("/late", "late", lambda: "open to all")

    assert pages.signed_in("alix").get("/late").status_code == 403


PUBLIC = {
    "asset",
    "favicon",
    "health.live",
    "health.ready",
    "account.sign_in",
    "account.sign_in_now",
    "account.sign_out",
}


def test_exactly_these_routes_are_public(pages: Pages) -> None:
    open_ones = {e for _, _, e in routes(pages.app) if access.roles_of(pages.app, e) == access.PUBLIC}

    assert open_ones == PUBLIC


def test_nobody_gets_anything_but_public_routes(pages: Pages) -> None:
    for method, address, endpoint in routes(pages.app):
        if endpoint not in PUBLIC:
            answer = pages.nobody()._open(address, method=method)
            assert answer.status_code in (303, 401), f"{method} {address}"


@pytest.mark.parametrize("handle", ["vera", "alix"])
def test_a_role_gets_403_for_every_route_of_other_roles(pages: Pages, handle: str) -> None:
    role = Role.ADMINISTRATOR if handle == "alix" else Role.PSYCHOLOGIST
    browser = pages.signed_in(handle)
    for method, address, endpoint in routes(pages.app):
        roles = access.roles_of(pages.app, endpoint)
        if roles and role not in roles:
            assert browser._open(address, method=method).status_code == 403, f"{method} {address}"


# ---- cross-site


def changing(app: Flask) -> list[tuple[str, str]]:
    return [(m, a) for m, a, _ in routes(app) if m not in security.SAFE_METHODS]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_request_from_another_site_changes_nothing_even_with_cookie_and_token(
    pages: Pages, site: str
) -> None:
    vera = pages.signed_in("vera")
    token = vera.csrf_token()
    for method, address in changing(pages.app):
        answer = vera._open(
            address, method=method, data={"csrf_token": token}, headers={"Sec-Fetch-Site": site}
        )
        assert answer.status_code == 403, f"{method} {address}"
    assert vera.get("/account").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "bruno's"])
def test_a_request_without_the_browsers_own_token_changes_nothing(pages: Pages, token: str) -> None:
    vera, bruno = pages.signed_in("vera"), pages.signed_in("bruno")
    given = bruno.csrf_token() if token == "bruno's" else token
    for method, address in changing(pages.app):
        answer = vera._open(address, method=method, data={"csrf_token": given})
        assert answer.status_code == 403, f"{method} {address}"
    assert vera.get("/account").status_code == 200


def test_a_browser_that_says_nothing_of_the_site_must_name_our_origin(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    form = {"theme": "dark"}

    for origin in (None, "null", "https://evil.example", "http://pages.test"):
        answer = vera.post("/account/look", form, headers={"Sec-Fetch-Site": None, "Origin": origin})
        assert answer.status_code == 403, origin
    ours = {"Sec-Fetch-Site": None, "Origin": "https://pages.test"}
    assert vera.post("/account/look", form, headers=ours).status_code == 303


def test_signing_in_needs_the_token_of_this_browsers_visit(pages: Pages) -> None:
    """Else a foreign page could sign somebody in as another, and read what is then typed."""
    token = pages.nobody().csrf_token()
    answer = pages.nobody().post("/sign-in", {"csrf_token": token, "handle": "vera", "password": "x"})

    assert answer.status_code == 403


def test_the_token_may_come_in_a_header(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    headers = {security.CSRF_HEADER: vera.csrf_token()}

    assert vera._open("/account/look", method="POST", headers=headers).status_code == 303


def test_tokens_made_with_an_older_key_are_accepted(make_pages: Callable[..., Pages]) -> None:
    old, new = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", "z9y8x7w6v5u4t3s2r1q0p9o8n7m6l5k4"
    before = make_pages(HELPLINE_SECRET_KEYS=old).signed_in("vera")
    token = before.csrf_token()
    after = make_pages(HELPLINE_SECRET_KEYS=f"{new},{old}")
    browser = type(before)(after.app, token=before.token)

    assert browser.csrf_token() != token
    assert browser.post("/account/look", {"csrf_token": token}).status_code == 303


def test_what_people_are_called_is_shown_as_text(pages: Pages) -> None:
    name = "<img src=x onerror=alert(1)>{{7*7}}"
    pages.database.transaction(lambda c: c.exec_driver_sql("update accounts set name = ?", (name,)).close())
    page = pages.signed_in("vera").get("/account").text

    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page


# ---- health


def test_ready_names_the_part_that_is_down(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pages.nobody().get("/health/ready").json == {"ready": True, "faults": {}}

    def away(token_sha256: str) -> None:
        raise DatabaseDown("sql: away")

    monkeypatch.setattr(pages.service.sign_in.sessions, "find", away)
    answer = pages.nobody().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "faults": {"accounts": "sql does not answer"}}
    assert pages.nobody().get("/health/live").data == b"ok\n"
