"""The desk's routes: who may open them, what each gesture does, and what a page never says."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote

import pytest
from werkzeug.test import TestResponse

from helpline.domain.call import Event as CallEvent
from helpline.domain.call import LiveCall, Stage
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.offer import OfferState, Settlement
from helpline.domain.presence import State
from helpline.domain.waiting import Wanted
from helpline.ports import Change
from helpline.services.desk_view import FicheShown, fiche_of
from helpline.services.note_fiche import open_fiche
from helpline.services.settle_offer import settle_offer
from tests.dashboard.conftest import Browser, Pages

CARDS = (
    Structure("cdom-69", OrientationType.CDOM, "Conseil du Rhône", "01 99 00 10 69", "69"),
    Structure("asso-ecoute", OrientationType.ASSOCIATION, "Réseau d’écoute", "01 99 00 20 02"),
)
CLINIC = Structure(
    "lac",
    OrientationType.ESTABLISHMENT,
    "Clinique du Lac",
    "01 99 00 40 01",
    verified_on=date(2026, 6, 1),
)
LEG = "CA" + "7" * 32


class Desk:
    """Vera's desk with a caller of hers; gestures as her page sends them."""

    def __init__(self, pages: Pages, handle: str = "vera") -> None:
        self.pages = pages
        self.sw = pages.sw
        self.her = {"vera": "p1", "bruno": "p2"}[handle]
        self.browser: Browser = pages.signed_in(handle)
        self.token = self.browser.csrf_token()

    def does(self, path: str, **data: str) -> TestResponse:
        return self.browser.post(path, {"csrf_token": self.token, **data}, headers={"X-Desk": "1"})

    def rings(self) -> str:
        """A caller arrives and she is rung; the attempt."""
        now_ms = self.pages.clock.now
        call = LiveCall("the-call", LEG, "entraide", Stage.WAITING, now_ms, keys=("2",))
        wanted = Wanted("the-call", ((self.her, "e1"),), 1, 25)
        self.sw.calls.arrive(call, wanted, ["attempt1"], now_ms)
        return "attempt1"

    def talks(self) -> str:
        """She talks with a caller; the fiche."""
        attempt, now_ms = self.rings(), self.pages.clock.now
        self.sw.offers.change(attempt, (OfferState.DUE,), OfferState.RINGING, now_ms=now_ms)
        assert self.sw.offers.claim(attempt, 8000, now_ms) == "won"
        call = self.sw.calls.get("the-call")
        assert call is not None
        bridged = {"talking_since_ms": now_ms, "spoke_ms": now_ms}
        self.sw.calls.save(call, Change(event=CallEvent.BRIDGED, set=bridged), now_ms)
        return open_fiche(self.sw.fiches, self.sw.chance, "the-call", self.her, now_ms) or ""

    def fiche(self, fiche: str) -> FicheShown:
        found = fiche_of(self.sw, self.her, fiche)
        assert found is not None
        return found


@pytest.fixture
def desk(pages: Pages) -> Desk:
    pages.sw.book.structures = CARDS  # type: ignore[misc]  # the book of tests may change
    return Desk(pages)


def problem(answer: TestResponse) -> str:
    return unquote(answer.headers.get("X-Desk-Problem", ""))


def _third_picks_up(desk: Desk, pages: Pages) -> None:
    call = desk.sw.calls.get("the-call")
    assert call is not None
    assert call.third is not None
    desk.sw.offers.change(call.third, (OfferState.DUE,), OfferState.RINGING, now_ms=pages.clock.now)
    assert desk.sw.offers.third_picks_up(call.third, pages.clock.now)


def test_each_button_of_a_talk_does_its_work_and_shows_what_is_next(desk: Desk, pages: Pages) -> None:
    pages.sw.book.structures = (*CARDS, CLINIC)  # type: ignore[misc]  # the book of tests may change
    desk.talks()
    assert "Mettre en attente" in desk.browser.get("/desk").text

    held = desk.does("/desk/talk", to="hold").text
    assert "L’appelant est en attente" in held
    assert "Terminer" not in held
    assert "Mettre en attente" in desk.does("/desk/talk", to="resume").text

    rung = desk.does("/desk/third", whom="s:lac").text
    assert "Sonnerie en cours : Clinique du Lac" in rung
    _third_picks_up(desk, pages)
    assert "Mettre en relation à trois" in desk.browser.get("/desk").text
    assert "Une annonce dit à l’appelant qui est là" in desk.does("/desk/talk", to="together").text
    assert problem(desk.does("/desk/talk", to="hand_over"))  # the caller is not yet back
    assert "L’appel avec Clinique du Lac se termine" in desk.does("/desk/talk", to="let_go").text


def test_hold_and_resume_said_twice_are_done_once_and_nothing_is_refused(desk: Desk) -> None:
    desk.talks()

    answers = [desk.does("/desk/talk", to=to) for to in ("hold", "hold", "resume", "resume")]

    assert [problem(answer) for answer in answers] == [""] * 4
    assert ["Reprendre" in answer.text for answer in answers] == [True, True, False, False]


def test_bringing_together_and_letting_go_said_twice_are_done_once_and_nothing_is_refused(
    desk: Desk, pages: Pages
) -> None:
    pages.sw.book.structures = (*CARDS, CLINIC)  # type: ignore[misc]  # the book of tests may change
    desk.talks()
    desk.does("/desk/third", whom="s:lac")
    _third_picks_up(desk, pages)

    answers = [desk.does("/desk/talk", to=to) for to in ("together", "together", "let_go", "let_go")]

    assert [problem(answer) for answer in answers] == [""] * 4


@pytest.mark.parametrize("whom", ["s:lac", "p:p2"])
def test_who_is_asked_for_twice_is_called_once_and_nothing_is_refused(
    desk: Desk, pages: Pages, whom: str
) -> None:
    """A double click, or the same gesture sent again because its answer was lost."""
    pages.sw.book.structures = (*CARDS, CLINIC)  # type: ignore[misc]  # the book of tests may change
    desk.talks()

    first, again = (desk.does("/desk/third", whom=whom) for _ in range(2))

    assert problem(first) == problem(again) == ""
    assert len([offer for offer in desk.sw.offers.of_call("the-call") if offer.third]) == 1
    assert problem(desk.does("/desk/third", whom="p:p2" if whom == "s:lac" else "s:lac"))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Settlement.DECLINED, "Occupé."),
        (Settlement.MISSED, "Pas de réponse."),
        (Settlement.FAILED, "L’appel n’a pas pu aboutir."),
        (Settlement.TALKED, "Le tiers a raccroché."),
    ],
)
def test_how_a_third_party_ended_stands_beside_the_caller_on_hold(
    desk: Desk, pages: Pages, how: Settlement, words: str
) -> None:
    pages.sw.book.structures = (*CARDS, CLINIC)  # type: ignore[misc]  # the book of tests may change
    desk.talks()
    desk.does("/desk/third", whom="s:lac")
    call = desk.sw.calls.get("the-call")
    assert call is not None
    assert call.third is not None

    desk.sw.offers.settle(call.third, how, cool_ms=0, wrap_up_ms=0, everybody={}, now_ms=pages.clock.now)

    assert f"{words} L’appelant est en attente" in desk.browser.get("/desk").text


def test_a_quarter_of_an_hour_before_the_carrier_cuts_the_talk_off_her_page_says_so_and_what_to_do(
    desk: Desk, pages: Pages
) -> None:
    desk.talks()
    began_ms = pages.clock.now
    assert "Coupure automatique" not in desk.browser.get("/desk/state").text
    pages.clock.now += 225 * 60_000  # 3 h 45

    warned = Desk(pages).browser.get("/desk/state").text

    assert "Coupure automatique dans" in warned
    assert f'data-until="{began_ms + 240 * 60_000}"' in warned
    assert "rappeler le même numéro" in warned


@pytest.mark.parametrize("whom", ["s:cdom-69", "s:nobody", "p:p1", "+33199001069", "0199001069", "15", ""])
def test_nobody_is_called_whom_the_page_does_not_offer(desk: Desk, whom: str) -> None:
    desk.talks()

    assert "ne peut pas être appelée" in problem(desk.does("/desk/third", whom=whom))


def test_no_button_of_a_talk_works_outside_one(desk: Desk) -> None:
    for to in ("hold", "resume", "together", "let_go", "hand_over"):
        assert problem(desk.does("/desk/talk", to=to))
    assert problem(desk.does("/desk/third", whom="p:p2"))
    assert desk.does("/desk/talk", to="mute").status_code == 400


def test_interrompu_is_shown_with_the_time_left_until_she_takes_it_back(desk: Desk, pages: Pages) -> None:
    assert problem(desk.does("/desk/presence", to="recall"))
    desk.talks()
    offer = desk.sw.offers.get("attempt1")
    assert offer is not None
    settle_offer(desk.sw, offer, Settlement.TALKED, pages.clock.now)
    assert "Interrompu : j’attends un rappel" in desk.browser.get("/desk").text

    marked = desk.does("/desk/presence", to="recall").text

    assert "Avons-nous été coupés" in marked
    assert f'data-until="{pages.clock.now + 15 * 60_000}"' in marked
    assert "Disponible" in marked
    assert "Avons-nous été coupés" not in desk.does("/desk/presence", to="no_recall").text
    assert problem(desk.does("/desk/presence", to="no_recall"))


@pytest.mark.parametrize("path", ["/desk", "/desk/state", "/live/desk"])
def test_the_desk_is_for_psychologists_only(pages: Pages, path: str) -> None:
    assert pages.signed_in("alix").get(path).status_code == 403
    assert pages.nobody().get(path).status_code in (303, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/desk/presence",
        "/desk/conclude",
        *(f"/desk/fiche/f/{do}" for do in ("note", "propose", "choose", "withdraw", "close")),
    ],
)
def test_a_gesture_needs_her_role_and_the_token_of_a_page(desk: Desk, pages: Pages, path: str) -> None:
    assert pages.signed_in("alix").post(path).status_code == 403
    assert desk.browser.post(path, {"csrf_token": "wrong"}).status_code == 403


def test_presence_is_changed_on_the_server(desk: Desk) -> None:
    for to, state in (("break", State.BREAK), ("available", State.AVAILABLE), ("off", State.OFFLINE)):
        assert desk.does("/desk/presence", to=to).status_code == 200
        presence = desk.sw.offers.presence(desk.her)
        assert presence is not None
        assert presence.state is state
    assert desk.does("/desk/presence", to="asleep").status_code == 400


def test_what_she_wishes_is_kept_on_the_server_and_said_twice_granted_once(desk: Desk) -> None:
    for _ in range(2):
        assert problem(desk.does("/desk/presence", to="pass")) == ""
    assert "Le prochain appel passe," in desk.browser.get("/desk/state").text

    assert problem(desk.does("/desk/presence", to="take")) == ""
    assert "Passer le prochain" in desk.browser.get("/desk/state").text


def test_two_minutes_more_count_from_the_end_that_her_page_showed(desk: Desk) -> None:
    desk.talks()
    end = {"cool_ms": 0, "wrap_up_ms": 120_000, "everybody": {}, "now_ms": desk.pages.clock.now}
    desk.sw.offers.settle("attempt1", Settlement.TALKED, **end)  # type: ignore[arg-type]  # terse
    seen = desk.pages.clock.now + 120_000

    for _ in range(2):
        assert problem(desk.does("/desk/presence", to=f"longer-{seen}")) == ""

    presence = desk.sw.offers.presence(desk.her)
    assert presence is not None
    assert presence.wrap_up_until_ms == seen + 120_000
    for odd in ("longer", "longer-x", "longer-1-2", "pass-1x", "ready-", f"longer-{'9' * 16}"):
        assert desk.does("/desk/presence", to=odd).status_code == 400, odd


def test_a_telephone_that_rings_no_more_says_so_and_has_its_button(desk: Desk, pages: Pages) -> None:
    for _ in range(2):
        attempt = desk.rings()
        now_ms = pages.clock.now
        everybody = {"p1": ("e1",), "p2": ("e2",)}
        desk.sw.offers.settle(
            attempt, Settlement.MISSED, cool_ms=0, wrap_up_ms=0, everybody=everybody, now_ms=now_ms
        )
        desk.sw.calls.forget("the-call", now_ms)
    page = desk.browser.get("/desk").text
    assert "Votre téléphone ne sonne plus" in page
    assert "ring-again-phone" in page

    assert "ne sonne plus" not in desk.does("/desk/presence", to="ring").text


def test_without_a_script_a_gesture_leads_back_to_the_page(desk: Desk) -> None:
    answer = desk.browser.post("/desk/presence", {"to": "break"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")


def test_an_offer_says_the_line_and_the_wait_and_nothing_of_the_caller(desk: Desk) -> None:
    attempt = desk.rings()
    page = desk.browser.get("/desk").text

    assert "Un appel vous attend" in page
    assert "0 800 288 038" in page
    assert f'id="offer-{attempt}"' in page
    assert "Votre téléphone sonne" in page
    assert LEG not in page
    assert "the-call" not in desk.browser.get("/desk/state").text.replace("cdom", "")


def test_a_talk_shows_the_keys_the_caller_chose_and_a_fiche_with_nothing_chosen(desk: Desk) -> None:
    desk.talks()
    page = desk.browser.get("/desk").text

    assert "L’appelant a choisi par touche" in page
    assert "Terminer" in page
    for chosen in page.split("checked")[1:]:
        # « Non précisé » is the one thing that holds by itself.
        assert 'value="np"' in page.split(f"checked{chosen}")[0].rsplit("<input", 1)[1]


def test_codes_are_noted_one_by_one_and_taken_back(desk: Desk) -> None:
    fiche = desk.talks()
    note = f"/desk/fiche/{fiche}/note"

    for field, code in (
        ("caller", "medecin"),
        ("difficulties", "EPU"),
        ("difficulties", "REC"),
        ("level", "4"),
    ):
        assert desk.does(note, field=field, code=code, on="1").status_code == 200
    desk.does(note, field="main_difficulty", code="FIN", on="1")
    desk.does(note, field="difficulties", code="EPU", on="0")
    desk.does(note, field="caller", code="np", on="1")

    codes = desk.fiche(fiche).codes
    assert codes.difficulties == {"REC", "FIN"}
    assert (codes.main_difficulty, codes.level, codes.caller) == ("FIN", "4", None)


def test_two_tabs_merge_field_by_field(desk: Desk) -> None:
    fiche = desk.talks()
    other = Desk(desk.pages)

    desk.does(f"/desk/fiche/{fiche}/note", field="caller", code="interne")
    page = other.does(f"/desk/fiche/{fiche}/note", field="level", code="3").text

    codes = desk.fiche(fiche).codes
    assert (codes.caller, codes.level) == ("interne", "3")
    assert 'id="t-caller-interne" data-key="2" aria-label="Interne / docteur junior" checked' in page


@pytest.mark.parametrize(
    ("field", "code"),
    [("caller", "Dr Martin"), ("free_text", "bonjour"), ("issue", "0639980001"), ("proposals", "x")],
)
def test_what_is_no_code_is_refused_and_not_repeated(desk: Desk, field: str, code: str) -> None:
    fiche = desk.talks()
    answer = desk.does(f"/desk/fiche/{fiche}/note", field=field, code=code)

    assert problem(answer)
    assert code not in problem(answer)
    assert desk.fiche(fiche).edition == 0


def test_the_caller_chooses_for_each_proposal_and_nothing_is_chosen_before(desk: Desk) -> None:
    fiche = desk.talks()
    for kind, structure in (("asso", "asso-ecoute"), ("asso", "asso-ecoute"), ("etab", "")):
        desk.does(f"/desk/fiche/{fiche}/propose", type=kind, structure=structure)
    assert [p.choice for p in desk.fiche(fiche).codes.proposals] == [None, None]

    desk.does(f"/desk/fiche/{fiche}/choose", type="asso", structure="asso-ecoute", choice="retenue")
    refused = desk.does(f"/desk/fiche/{fiche}/note", field="no_orientation", code="1", on="1")
    desk.does(f"/desk/fiche/{fiche}/withdraw", type="etab", structure="")

    (kept,) = desk.fiche(fiche).codes.proposals
    assert (kept.structure_id, kept.choice) == ("asso-ecoute", "retenue")
    assert "retenue" in problem(refused)
    assert problem(desk.does(f"/desk/fiche/{fiche}/propose", type="cnom", structure="asso-ecoute"))


def test_only_the_issue_is_asked_for_and_only_to_close(desk: Desk) -> None:
    fiche = desk.talks()

    assert "issue" in problem(desk.does(f"/desk/fiche/{fiche}/close"))
    desk.does(f"/desk/fiche/{fiche}/note", field="issue", code="termine")
    assert desk.does(f"/desk/fiche/{fiche}/close").status_code == 200
    assert desk.fiche(fiche).closed
    assert "close" in problem(desk.does(f"/desk/fiche/{fiche}/note", field="level", code="1"))


def test_a_colleague_can_neither_see_nor_change_her_fiche(desk: Desk, pages: Pages) -> None:
    fiche = desk.talks()
    bruno = Desk(pages, "bruno")

    assert fiche not in bruno.browser.get("/desk").text
    assert "d’autres mains" in problem(bruno.does(f"/desk/fiche/{fiche}/note", field="level", code="1"))
    assert "d’autres mains" in problem(bruno.does(f"/desk/fiche/{fiche}/close"))
    assert desk.fiche(fiche).edition == 0


def test_terminer_said_twice_ends_the_talk_once_and_is_not_refused(desk: Desk) -> None:
    desk.talks()

    answers = [desk.does("/desk/conclude") for _ in range(2)]

    call = desk.sw.calls.get("the-call")
    assert call is not None
    assert call.stage is Stage.CLOSING
    assert [problem(answer) for answer in answers] == ["", ""]


def test_terminer_after_the_end_of_a_talk_is_refused(desk: Desk, pages: Pages) -> None:
    desk.talks()
    offer = desk.sw.offers.get("attempt1")
    assert offer is not None
    settle_offer(desk.sw, offer, Settlement.TALKED, pages.clock.now)

    assert problem(desk.does("/desk/conclude")) == "Ce geste n’est plus possible maintenant."


@pytest.mark.parametrize("whom", ["s:lac", "p:p2"])
def test_transferer_said_twice_is_done_once_and_nothing_is_refused(
    desk: Desk, pages: Pages, whom: str
) -> None:
    pages.sw.book.structures = (*CARDS, CLINIC)  # type: ignore[misc]  # the book of tests may change
    desk.talks()
    desk.does("/desk/third", whom=whom)
    _third_picks_up(desk, pages)
    desk.does("/desk/talk", to="together")
    call = desk.sw.calls.get("the-call")
    assert call is not None
    both = {"caller_in": True, "third_in": True, "psychologist_in": True}
    desk.sw.calls.save(call, Change(set=both), pages.clock.now)

    answers = [desk.does("/desk/talk", to="hand_over") for _ in range(2)]

    assert [problem(answer) for answer in answers] == ["", ""]


def test_the_policy_names_the_softphone_s_origin_on_this_page_alone(desk: Desk) -> None:
    assert "http://carrier.test" in desk.browser.get("/desk").headers["Content-Security-Policy"]
    assert "carrier.test" not in desk.browser.get("/board").headers["Content-Security-Policy"]


def test_the_five_types_stand_in_the_partners_order_with_nothing_preselected(desk: Desk) -> None:
    page = desk.browser.get("/desk").text
    places = [page.index(f'id="g-{kind.value}"') for kind in OrientationType]

    assert places == sorted(places)
    assert "Réseau d’écoute" in page
