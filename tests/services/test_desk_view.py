"""What the desk and the board show of a call, told on the stepped line: never the caller."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest

from helpline.domain.call import Stage
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.people import EndpointKind
from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.board_view import board_of
from helpline.services.close_fiche import close_fiche
from helpline.services.conclude_talk import conclude_talk
from helpline.services.desk_view import DeskView, cards_of, desk_of
from helpline.services.keep_browser import keep_browser
from helpline.services.note_fiche import note_fiche
from tests import builders
from tests.e2e.conftest import MakeLine, line, make_line  # noqa: F401  # fixtures
from tests.phone import Line

CARDS = tuple(
    Structure(f"{kind.value}-{n}", kind, f"Structure {n}", verified_on=date(2026, 6, 1))
    for kind in OrientationType
    for n in range(6)
)


def desk(line: Line, who: str = "p1") -> DeskView:  # noqa: F811
    return desk_of(line.sw, who, ())


def test_a_free_desk_shows_nothing_but_her_state(line: Line) -> None:  # noqa: F811
    view = desk(line)

    assert (view.name, view.state, view.client) == ("Vera", State.AVAILABLE, None)
    assert (view.offer, view.call, view.fiche) == (None, None, None)
    assert desk(line) == view


def test_an_offer_shows_the_line_and_the_wait(line: Line) -> None:  # noqa: F811
    line.bruno.goes_off_duty()
    caller = line.caller().dials()
    line.until(line.vera.rings)

    offer = desk(line).offer
    assert offer is not None
    assert (offer.line, offer.on_phone) == ("0 800 288 038", True)
    assert offer.waiting_since_ms <= line.stepper.now_ms
    assert desk(line, "p2").offer is None
    assert caller.number is not None
    assert caller.number[1:] not in str(asdict(desk(line)))
    assert line.leg_id(caller) not in str(asdict(desk(line)))


def test_a_talk_its_fiche_and_its_end(line: Line) -> None:  # noqa: F811
    line.bruno.goes_off_duty()
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)

    view = desk(line)
    assert view.offer is None
    assert view.call is not None
    assert view.call.stage is Stage.TALKING
    assert view.fiche is not None
    assert view.fiche.seal_at_ms is None
    note_fiche(line.sw.fiches, view.fiche.fiche_id, "p1", {"issue": "termine"}, line.stepper.now_ms)
    assert conclude_talk(line.sw, "p1")
    line.until(caller.is_over)
    line.after(2)

    after = desk(line)
    assert (after.state, after.call) == (State.WRAP_UP, None)
    assert after.wrap_up_until_ms is not None
    assert after.fiche is not None
    assert (after.fiche.codes.issue, after.fiche.edition) == ("termine", 1)
    assert after.fiche.seal_at_ms is not None
    close_fiche(line.sw.fiches, after.fiche.fiche_id, "p1", line.stepper.now_ms)
    assert desk(line).fiche is None
    line.is_sound()


def test_the_fiche_of_the_talk_comes_first_and_the_older_one_returns(line: Line) -> None:  # noqa: F811
    line.bruno.goes_off_duty()
    seen = []
    for _ in range(2):
        caller = line.caller().dials()
        line.vera.accepts()
        line.until_talk(caller, line.vera)
        view = desk(line)
        assert view.fiche is not None
        seen.append((view.fiche.fiche_id, view.fiches_after))
        caller.hangs_up()
        line.after(5)
        keep_duty.end_wrap_up(line.sw, "p1")

    assert seen[0][0] != seen[1][0]
    assert [after for _, after in seen] == [0, 1]
    assert desk(line).fiche is not None
    assert desk(line).fiche.fiche_id == seen[0][0]  # type: ignore[union-attr]


def test_signing_off_in_mid_call_is_shown(line: Line) -> None:  # noqa: F811
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.vera.goes_off_duty()

    assert (desk(line).state, desk(line).leaving) == (State.TALKING, True)


def test_a_browser_s_name_is_known_to_her_desk(make_line: MakeLine) -> None:  # noqa: F811
    line = make_line(builders.psychologist("vera", 1, client=True))  # noqa: F811
    assert line.vera.person.endpoints[0].kind is EndpointKind.CLIENT
    assert desk(line).client == "vera"


@pytest.mark.parametrize(
    ("open_for_s", "first"), [(None, "+33639985001"), (5, "client:vera"), (40, "+33639985001")]
)
def test_her_browser_is_rung_first_while_her_desk_is_open_in_it(
    make_line: MakeLine,  # noqa: F811
    open_for_s: int | None,
    first: str,
) -> None:
    phone, browser = builders.psychologist("vera", 1), builders.psychologist("vera", 2, client=True)
    line = make_line(replace(phone, endpoints=(*phone.endpoints, *browser.endpoints)))  # noqa: F811
    if open_for_s is not None:
        keep_browser(line.sw, "p1")
        line.after(open_for_s)
    line.caller().dials()
    line.after(1)

    legs = [r["to"] for r in line.control.log() if r["kind"] == "leg" and r["what"] == "initiated"]
    assert legs[0] == first
    if first == "client:vera":
        # Nobody is registered there: her telephone is rung at once all the same.
        assert legs[1] == "+33639985001"


def test_somebody_unknown_has_an_empty_desk(line: Line) -> None:  # noqa: F811
    view = desk(line, "nobody")
    assert (view.name, view.state, view.offer, view.call, view.fiche) == ("", State.OFFLINE, None, None, None)


# ---- the directory


def test_the_types_stand_in_the_partners_order_even_when_empty() -> None:
    assert [group.type for group in cards_of((), date(2026, 6, 14))] == list(OrientationType)


def test_inside_a_type_the_order_is_drawn_by_the_day_and_steers_nobody() -> None:
    days = [date(2026, 6, day) for day in range(1, 29)]
    firsts = {cards_of(CARDS, day)[0].cards[0].structure.id for day in days}

    assert cards_of(CARDS, days[0]) == cards_of(tuple(reversed(CARDS)), days[0])
    assert len(firsts) > 3


@pytest.mark.parametrize(
    ("checked", "stale"), [(date(2026, 6, 1), False), (date(2025, 11, 1), True), (None, True)]
)
def test_a_card_nobody_has_checked_for_six_months_says_so(checked: date | None, *, stale: bool) -> None:
    card = Structure("autre-1", OrientationType.OTHER, "Structure", verified_on=checked)
    assert cards_of((card,), date(2026, 6, 14))[-1].cards[0].stale is stale


# ---- the board


def test_the_board_counts_callers_and_names_staff(line: Line) -> None:  # noqa: F811
    line.bruno.goes_off_duty()
    first = line.caller().dials()
    line.vera.accepts()
    line.until_talk(first, line.vera)
    second = line.caller().dials()
    line.after(30)

    view = board_of(line.sw)
    assert (view.waiting, view.in_talk, view.free) == (1, 1, 0)
    assert 29 <= view.longest_wait_s(line.stepper.now_ms) <= 30
    assert [(person.name, person.state) for person in view.people] == [("Vera", State.TALKING)]
    assert second.number is not None
    assert second.number[1:] not in str(asdict(view))


def test_an_empty_line_has_no_longest_wait(line: Line) -> None:  # noqa: F811
    view = board_of(line.sw)
    assert (view.waiting, view.longest_since_ms, view.longest_wait_s(line.stepper.now_ms)) == (0, None, 0)
    assert view.free == 2
