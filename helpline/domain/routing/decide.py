"""Asks the rules what becomes of one call, and says why."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.domain.errors import NoRuleHolds
from helpline.domain.routing.facts import Facts
from helpline.domain.routing.rules import RingPlan, Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rule named `rule` decided; fields as in `rules.Then`.

    `why` has one French line for each rule tried, in order, the last one for `rule`.
    """

    rule: str
    flow: str
    wait_flow: str | None
    offer_flow: str
    nobody_flow: str
    bonus_s: int
    skills: tuple[str, ...]
    ring_plan: RingPlan
    why: tuple[str, ...]


def decide(rule_set: RuleSet, facts: Facts) -> Decision:
    """Decide one call: the first rule whose conditions all hold.

    facts: what the call is known by; no number in it. `facts.local_time` is aware, in the
    helpline's zone. Returns the decision with `why`: each rule tried, with the conditions
    that did not hold. Raises NoRuleHolds only for a rule set without catch-all, which
    `check` refuses. Same input, same answer, so it is safe to repeat after a lost race.
    """
    why: list[str] = []
    for rule in rule_set.rules:
        failed = [condition.in_words() for condition in rule.when if not condition.holds(facts)]
        if not failed:
            return _decision(rule, (*why, f"« {rule.name} » : oui"))
        why.append(f"« {rule.name} » : non (demande {', '.join(failed)})")
    raise NoRuleHolds("the rule set has no rule that always holds")


def _decision(rule: Rule, why: tuple[str, ...]) -> Decision:
    then = rule.then
    return Decision(
        rule=rule.name,
        flow=then.flow,
        wait_flow=then.wait_flow,
        offer_flow=then.offer_flow,
        nobody_flow=then.nobody_flow,
        bonus_s=then.bonus_s,
        skills=then.skills,
        ring_plan=then.ring_plan,
        why=why,
    )
