"""Finds what is wrong with a rule set before a call does. Pure.

Shadowed rules, gaps in the rota and the comparison with the running version come with
the editor (issue 07). What is found here:

    catch-all   missing, or not last
    rules       two with one name; a line, flow or day list that means nothing
    ring plan   empty, nobody from the first second, out of order, rings too short or too long;
                with the roster, a handle or a skill that nobody has
    bounds      bonus, wrap-up, at-once outside what the design allows
    lines       one number twice at one time; a number that is not French and in E.164, or
                that must not be shown; a validity that ends before it begins
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations, pairwise
from typing import Final

from helpline.domain.directory import STRUCTURE_ID
from helpline.domain.ivr.flow import Flow, FlowKind
from helpline.domain.people import Roster
from helpline.domain.ring_plan import Who
from helpline.domain.routing.conditions import OnDates, OnLine
from helpline.domain.routing.rules import (
    MOST_AT_ONCE,
    MOST_BONUS_S,
    RING_BOUNDS_S,
    UNANSWERED_BOUNDS_S,
    WAITING_BOUNDS,
    Line,
    RingPlan,
    Rule,
    RuleSet,
    Then,
)

_OURS: Final = re.compile(r"\+33[1-589][0-9]{8}")
_SHOWN: Final = re.compile(r"\+33(?:[1-59][0-9]{8}|80[0-9]{7})")
"""Geographic, non-geographic or free: calling back what a phone has shown must not cost more."""

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One fault: `where` is the path inside the rule document, `reason` is in French."""

    where: Where
    reason: str
    suggestion: str = ""


def check(
    rule_set: RuleSet, flows: Mapping[str, Flow] | None = None, people: Roster | None = None
) -> tuple[RuleFinding, ...]:
    """Every fault of the rule set; with `flows` and `people`, its references to them as well."""
    found = [*_catch_all(rule_set), *_names(rule_set), *_settings(rule_set), *_lines(rule_set)]
    for place, rule in enumerate(rule_set.rules):
        where: Where = ("rules", place)
        found += _conditions(where, rule, rule_set)
        found += _then((*where, "then"), rule.then)
        if flows is not None:
            found += _flows((*where, "then"), rule.then, flows)
        if people is not None:
            found += _people((*where, "then", "ring"), rule.then.ring_plan, people)
    return tuple(found)


def _catch_all(rule_set: RuleSet) -> Iterator[RuleFinding]:
    if not rule_set.rules or rule_set.rules[-1].when:
        where: Where = ("rules", len(rule_set.rules) - 1) if rule_set.rules else ("rules",)
        reason = "la dernière règle doit valoir toujours, sinon un appel resterait sans réponse"
        yield RuleFinding(where, reason, "ajouter à la fin une règle sans « when »")
    for place, rule in enumerate(rule_set.rules[:-1]):
        if not rule.when:
            reason = f"« {rule.name} » vaut toujours : les règles suivantes ne serviraient jamais"
            yield RuleFinding(("rules", place), reason, "la mettre en dernier, ou lui donner « when »")


def _names(rule_set: RuleSet) -> Iterator[RuleFinding]:
    first: dict[str, int] = {}
    for place, rule in enumerate(rule_set.rules):
        if rule.name in first:
            reason = f"deux règles s'appellent « {rule.name} » (rangs {first[rule.name] + 1} et {place + 1})"
            yield RuleFinding(("rules", place, "name"), reason)
        first.setdefault(rule.name, place)


def _settings(rule_set: RuleSet) -> Iterator[RuleFinding]:
    if not 1 <= rule_set.at_once_max <= MOST_AT_ONCE:
        reason = f"{rule_set.at_once_max} téléphones à la fois ; permis : 1 à {MOST_AT_ONCE}"
        yield RuleFinding(("settings", "at_once_max"), reason)
    if not 0 <= rule_set.wrap_up_s <= 3_600:
        yield RuleFinding(("settings", "wrap_up_s"), f"{rule_set.wrap_up_s} s ; permis : 0 à 3600")
    yield from _ring_s(("settings", "ring_s"), rule_set.ring_s)
    low, high = WAITING_BOUNDS
    if not low <= rule_set.waiting_max <= high:
        reason = f"{rule_set.waiting_max} appels en attente au plus ; permis : {low} à {high}"
        yield RuleFinding(("settings", "waiting_max"), reason)
    low, high = UNANSWERED_BOUNDS_S
    if not low <= rule_set.unanswered_s <= high:
        reason = f"dire après {rule_set.unanswered_s} s que personne ne répond ; permis : {low} à {high}"
        yield RuleFinding(("settings", "unanswered_s"), reason)
    if rule_set.partner and STRUCTURE_ID.fullmatch(rule_set.partner) is None:
        reason = "ce n'est pas le nom d'une structure de l'annuaire"
        yield RuleFinding(("settings", "partner"), reason)


def _ring_s(where: Where, ring_s: int) -> Iterator[RuleFinding]:
    low, high = RING_BOUNDS_S
    if not low <= ring_s <= high:
        yield RuleFinding(where, f"sonner {ring_s} s ; permis : {low} à {high}")


def _lines(rule_set: RuleSet) -> Iterator[RuleFinding]:
    if not rule_set.lines:
        yield RuleFinding(("lines",), "aucune ligne : aucun appel ne serait reconnu")
    for line in rule_set.lines.values():
        for key, number in (("number", line.number_e164), ("shown", line.shown_number_e164)):
            if _OURS.fullmatch(number) is None:
                reason = "ce numéro ne peut pas être une de nos lignes"
                yield RuleFinding(("lines", line.id, key), reason, 'écrire par exemple "+33199000001"')
        shown = line.shown_number_e164
        if _OURS.fullmatch(shown) is not None and _SHOWN.fullmatch(shown) is None:
            reason = "ce numéro est payant : qui rappellerait ce que son téléphone montre le paierait"
            yield RuleFinding(
                ("lines", line.id, "shown"), reason, "montrer un numéro géographique ou gratuit"
            )
        if line.valid_until is not None and line.valid_until < line.valid_from:
            yield RuleFinding(("lines", line.id, "valid_until"), "la ligne finirait avant de commencer")
    for one, other in combinations(rule_set.lines.values(), 2):
        if one.number_e164 == other.number_e164 and _at_one_time(one, other):
            reason = f"les lignes « {one.id} » et « {other.id} » ont le même numéro en même temps"
            yield RuleFinding(("lines", other.id, "number"), reason)


def _at_one_time(one: Line, other: Line) -> bool:
    ends_first = one.valid_until is not None and one.valid_until < other.valid_from
    starts_last = other.valid_until is not None and other.valid_until < one.valid_from
    return not (ends_first or starts_last)


def _conditions(where: Where, rule: Rule, rule_set: RuleSet) -> Iterator[RuleFinding]:
    for condition in rule.when:
        if isinstance(condition, OnLine):
            for line in condition.lines:
                if line not in rule_set.lines:
                    known = ", ".join(rule_set.lines)
                    reason = f"la ligne « {line} » n'existe pas"
                    yield RuleFinding((*where, "when", "line"), reason, f"lignes : {known}")
        if isinstance(condition, OnDates) and condition.last_on < condition.first_on:
            yield RuleFinding((*where, "when", "dates"), "la dernière date précède la première")


def _then(where: Where, then: Then) -> Iterator[RuleFinding]:
    if not 0 <= then.bonus_s <= MOST_BONUS_S:
        reason = f"avance de {then.bonus_s} s dans la file ; permis : 0 à {MOST_BONUS_S}"
        yield RuleFinding((*where, "bonus_s"), reason)
    yield from _ring_plan((*where, "ring"), then.ring_plan)


def _ring_plan(where: Where, plan: RingPlan) -> Iterator[RuleFinding]:
    if not plan.steps or plan.steps[0].after_s != 0 or plan.steps[0].who is Who.WRAP_UP:
        reason = "personne ne serait appelé dès la première seconde"
        yield RuleFinding(where, reason, "commencer par « after_s: 0 »")
    for earlier, later in pairwise(plan.steps):
        if later.after_s < earlier.after_s:
            reason = f"l'étape à {later.after_s} s vient après celle à {earlier.after_s} s"
            yield RuleFinding(where, reason, "ranger les étapes par « after_s »")
    if len({(step.who, step.names) for step in plan.steps}) != len(plan.steps):
        yield RuleFinding(where, "deux étapes pour le même « who »", "n'en garder qu'une")
    for step in plan.steps:
        if not 0 <= step.after_s <= 300:
            yield RuleFinding(where, f"une étape commence à {step.after_s} s ; permis : 0 à 300")
        yield from _ring_s(where, step.for_s)


def _people(where: Where, plan: RingPlan, people: Roster) -> Iterator[RuleFinding]:
    handles = [person.handle for person in people.psychologists]
    skills = sorted({skill for person in people.psychologists for skill in person.skills})
    for place, step in enumerate(plan.steps):
        known, key = (handles, "named") if step.who is Who.NAMED else (skills, "skill")
        for name in step.names:
            if name not in known:
                reason = f"personne ne s'appelle « {name} »"
                if step.who is Who.SKILL:
                    reason = f"personne n'a la compétence « {name} »"
                yield RuleFinding((*where, place, key), reason, _like(name, known))


def _like(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"peut-être « {close[0]} » ?"
    return f"connus : {', '.join(known)}" if known else ""


def _flows(where: Where, then: Then, flows: Mapping[str, Flow]) -> Iterator[RuleFinding]:
    named = (
        ("flow", then.flow, FlowKind.CALL),
        ("wait", then.wait_flow, FlowKind.WAIT),
        ("offer", then.offer_flow, FlowKind.OFFER),
        ("nobody", then.nobody_flow, FlowKind.CALL),
    )
    for key, name, kind in named:
        if name is None:
            continue
        if name not in flows:
            yield RuleFinding((*where, key), f"le flux « {name} » n'existe pas", f"flux : {', '.join(flows)}")
        elif flows[name].kind is not kind:
            yield RuleFinding((*where, key), f"le flux « {name} » n'est pas de nature {kind.value}")
