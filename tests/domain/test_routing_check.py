"""What is wrong with a rule set is told where it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from helpline.domain.people import Psychologist, Roster
from helpline.domain.ring_plan import RingStep, Who
from helpline.domain.routing.check import check
from helpline.domain.routing.conditions import OnDates, OnLine
from helpline.domain.routing.rules import Line, RingPlan, Rule, RuleSet, Then
from tests.domain.flows_of_tests import ALL

FIRST = RingStep(0, Who.ON_DUTY, 25)
THEN = Then("menu", "patience", "offre", "adieu", RingPlan((FIRST,)))
LINE = Line("entraide", "+33199000001", "0 800 288 038", date(2019, 4, 1), None, "+33199000001")
GOOD = RuleSet("v1", {"entraide": LINE}, (Rule("Toujours", (), THEN),))


def ruled(**changed: object) -> RuleSet:
    return replace(GOOD, rules=(Rule("Toujours", (), replace(THEN, **changed)),))  # type: ignore[arg-type]  # terse


def ringing(*steps: RingStep) -> RuleSet:
    return ruled(ring_plan=RingPlan(steps))


def lined(**changed: object) -> RuleSet:
    return replace(GOOD, lines={"entraide": replace(LINE, **changed)})  # type: ignore[arg-type]  # terse


def test_a_good_rule_set_has_no_fault() -> None:
    assert check(GOOD, ALL) == ()


@pytest.mark.parametrize(
    ("rule_set", "where", "reason"),
    [
        (replace(GOOD, rules=()), "rules", "valoir toujours"),
        (replace(GOOD, rules=(Rule("Ligne", (OnLine(("entraide",)),), THEN),)), "rules.0", "valoir toujours"),
        (replace(GOOD, rules=(Rule("A", (), THEN), Rule("B", (), THEN))), "rules.0", "ne serviraient jamais"),
        (
            replace(GOOD, rules=(Rule("A", (OnLine(("entraide",)),), THEN), Rule("A", (), THEN))),
            "rules.1.name",
            "s'appellent « A »",
        ),
        (
            replace(GOOD, rules=(Rule("A", (OnLine(("autre",)),), THEN), Rule("B", (), THEN))),
            "rules.0.when.line",
            "« autre » n'existe pas",
        ),
        (
            replace(
                GOOD,
                rules=(Rule("A", (OnDates(date(2026, 2, 1), date(2026, 1, 1)),), THEN), Rule("B", (), THEN)),
            ),
            "rules.0.when.dates",
            "précède",
        ),
        (ruled(bonus_s=121), "rules.0.then.bonus_s", "permis : 0 à 120"),
        (ruled(bonus_s=-1), "rules.0.then.bonus_s", "permis : 0 à 120"),
        (ruled(flow="parti"), "rules.0.then.flow", "« parti » n'existe pas"),
        (ruled(wait_flow="menu"), "rules.0.then.wait", "pas de nature wait"),
        (ruled(offer_flow="menu"), "rules.0.then.offer", "pas de nature offer"),
        (ruled(nobody_flow="offre"), "rules.0.then.nobody", "pas de nature call"),
        (ringing(), "rules.0.then.ring", "dès la première seconde"),
        (ringing(replace(FIRST, after_s=10)), "rules.0.then.ring", "dès la première seconde"),
        (ringing(FIRST, replace(FIRST, after_s=30)), "rules.0.then.ring", "même « who »"),
        (ringing(FIRST, RingStep(400, Who.STANDBY, 25)), "rules.0.then.ring", "permis : 0 à 300"),
        (ringing(FIRST, RingStep(-5, Who.STANDBY, 25)), "rules.0.then.ring", "vient après"),
        (ringing(replace(FIRST, who=Who.WRAP_UP)), "rules.0.then.ring", "dès la première seconde"),
        (ringing(replace(FIRST, for_s=5)), "rules.0.then.ring", "permis : 10 à 60"),
        (replace(GOOD, at_once_max=6), "settings.at_once_max", "permis : 1 à 5"),
        (replace(GOOD, at_once_max=0), "settings.at_once_max", "permis : 1 à 5"),
        (replace(GOOD, wrap_up_s=-1), "settings.wrap_up_s", "permis : 0 à 3600"),
        (replace(GOOD, ring_s=600), "settings.ring_s", "permis : 10 à 60"),
        (replace(GOOD, lines={}), "lines", "aucune ligne"),
        (lined(number_e164="0199000001"), "lines.entraide.number", "nos lignes"),
        (lined(number_e164="+3315"), "lines.entraide.number", "nos lignes"),
        (lined(number_e164="+33639980001"), "lines.entraide.number", "nos lignes"),
        (lined(shown_number_e164="+33899000001"), "lines.entraide.shown", "payant"),
        (lined(shown_number_e164="+33826000401"), "lines.entraide.shown", "payant"),
        (lined(shown_number_e164="15"), "lines.entraide.shown", "nos lignes"),
        (lined(valid_until=date(2018, 1, 1)), "lines.entraide.valid_until", "avant de commencer"),
        (
            replace(GOOD, lines={"entraide": LINE, "autre": replace(LINE, id="autre")}),
            "lines.autre.number",
            "même numéro",
        ),
    ],
)
def test_a_fault_is_told_where_it_is_written(rule_set: RuleSet, where: str, reason: str) -> None:
    found = [(".".join(map(str, finding.where)), finding.reason) for finding in check(rule_set, ALL)]

    assert any(at == where and reason in told for at, told in found), found


def test_a_number_may_serve_two_lines_one_after_the_other() -> None:
    ended = replace(LINE, id="ancienne", valid_from=date(2018, 1, 1), valid_until=date(2019, 3, 31))

    assert check(replace(GOOD, lines={"ancienne": ended, "entraide": LINE})) == ()


ROSTER = Roster(
    (
        Psychologist("p1", "vera", "Vera", skills=frozenset({"internes"})),
        Psychologist("p2", "bruno", "Bruno", skills=frozenset({"anglais"})),
    )
)


@pytest.mark.parametrize(
    ("step", "where", "reason", "suggestion"),
    [
        (
            RingStep(20, Who.NAMED, 25, ("vera", "brumo")),
            "rules.0.then.ring.1.named",
            "personne ne s'appelle « brumo »",
            "peut-être « bruno » ?",
        ),
        (
            RingStep(20, Who.SKILL, 25, ("interne",)),
            "rules.0.then.ring.1.skill",
            "personne n'a la compétence « interne »",
            "peut-être « internes » ?",
        ),
        (
            RingStep(20, Who.SKILL, 25, ("zzz",)),
            "rules.0.then.ring.1.skill",
            "personne n'a la compétence « zzz »",
            "connus : anglais, internes",
        ),
    ],
)
def test_a_handle_or_skill_that_nobody_has_is_told_with_what_there_is(
    step: RingStep, where: str, reason: str, suggestion: str
) -> None:
    (found,) = check(ringing(FIRST, step), ALL, ROSTER)

    assert (".".join(map(str, found.where)), found.reason, found.suggestion) == (where, reason, suggestion)
    assert check(ringing(FIRST, step), ALL) == ()


def test_two_steps_may_name_different_people_or_skills() -> None:
    steps = (RingStep(20, Who.NAMED, 25, ("vera",)), RingStep(30, Who.NAMED, 25, ("bruno",)))
    assert check(ringing(FIRST, *steps), ALL, ROSTER) == ()
