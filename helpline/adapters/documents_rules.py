"""How a rule set is written, and the domain's rule set made of it.

    settings:   wrap_up_s, ring_s, at_once_max, waiting_max, unanswered_s, partner
    lines:      id → number, published, shown, valid_from, valid_until
    defaults:   what a rule's `then` leaves out: flow, wait, offer, nobody, ring, bonus_s, skills
    rules:      name, when (line, hours, days, dates, holiday), then

The version of a rule set is a digest of its text: the same text is the same version
wherever it was loaded, and nobody can forget to raise it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from helpline.adapters.documents_forms import Day, Form, Name, Title, fault, fill, one_of
from helpline.adapters.documents_source import Document, Where
from helpline.domain.hours import TimeWindow, Weekday
from helpline.domain.ring_plan import RingStep, Who
from helpline.domain.routing.conditions import (
    Condition,
    OnDates,
    OnDays,
    OnHoliday,
    OnLine,
    WithinHours,
)
from helpline.domain.routing.rules import Line, RingPlan, Rule, RuleSet, Then


def _weekday(value: object) -> Weekday:
    return one_of(value, Weekday)


def _who(value: object) -> Who:
    return one_of(value, Who)


def _clock(value: object) -> str:
    try:
        if isinstance(value, str):
            TimeWindow.parse("00:00", value)
            return value
    except ValueError:
        # "00:00" to "00:00" is the one window refused for its length; as an hour it is right.
        if value == "00:00":
            return "00:00"
    word = value[:40] if isinstance(value, str) else ""
    raise fault(f"« {word} » n'est pas une heure", 'écrire par exemple "08:00"')


Clock = Annotated[str, BeforeValidator(_clock)]


class SettingsForm(Form):
    wrap_up_s: int = 120
    ring_s: int = 25
    at_once_max: int = 5
    waiting_max: int = 200
    unanswered_s: int = 120
    partner: Title | None = None


class LineForm(Form):
    number: str
    published: Title
    shown: str
    valid_from: Day
    valid_until: Day | None = None


class RingForm(Form):
    """`skill` goes with `who: skill`, `named` with `who: named`, and neither with anything else."""

    after_s: int
    who: Annotated[Who, BeforeValidator(_who)]
    for_s: int | None = None
    skill: Name | None = None
    named: Annotated[list[Name], Field(min_length=1)] | None = None


Ring = Annotated[list[RingForm], Field(min_length=1)]


class DefaultsForm(Form):
    flow: Name
    wait: Name | None = None
    offer: Name
    nobody: Name
    ring: Ring
    bonus_s: int = 0
    skills: list[Name] = Field(default_factory=list)


class ThenForm(Form):
    flow: Name | None = None
    wait: Name | None = None
    offer: Name | None = None
    nobody: Name | None = None
    ring: Ring | None = None
    bonus_s: int | None = None
    skills: list[Name] | None = None


class HoursForm(Form):
    from_: Clock = Field(alias="from")
    to: Clock


class DatesForm(Form):
    from_: Day = Field(alias="from")
    to: Day


class WhenForm(Form):
    """One field for each word of `conditions.CONDITIONS`; a test holds them together."""

    line: Annotated[list[Name], Field(min_length=1)] | None = None
    hours: HoursForm | None = None
    days: Annotated[list[Annotated[Weekday, BeforeValidator(_weekday)]], Field(min_length=1)] | None = None
    dates: DatesForm | None = None
    holiday: bool | None = None


class RuleForm(Form):
    name: Title
    when: WhenForm | None = None
    then: ThenForm = ThenForm()


class RulesForm(Form):
    settings: SettingsForm = SettingsForm()
    lines: dict[Name, LineForm]
    defaults: DefaultsForm
    rules: list[RuleForm]


def rule_set_of(document: Document) -> RuleSet | None:
    """The rule set a document describes, or None with its faults noted in the document."""
    form = fill(RulesForm, document.value, document)
    if form is None:
        return None
    _ring_steps(document, ("defaults",), form.defaults.ring)
    for place, rule in enumerate(form.rules):
        _fill_in(document, place, rule)
        _ring_steps(document, ("rules", place, "then"), rule.then.ring or [])
    if document.findings:
        return None
    version = hashlib.sha256(document.text.encode()).hexdigest()[:12]
    return RuleSet(
        version=version,
        lines={line_id: _line(line_id, line) for line_id, line in form.lines.items()},
        rules=tuple(_rule(rule, form) for rule in form.rules),
        wrap_up_s=form.settings.wrap_up_s,
        ring_s=form.settings.ring_s,
        at_once_max=form.settings.at_once_max,
        waiting_max=form.settings.waiting_max,
        unanswered_s=form.settings.unanswered_s,
        partner=form.settings.partner or "",
    )


def _fill_in(document: Document, place: int, rule: RuleForm) -> None:
    """Faults that only show when the parts of one rule are put together."""
    where = ("rules", place, "when")
    if rule.when is None:
        return
    if not rule.when.model_fields_set:
        # An empty block would quietly make the rule hold always.
        document.fault(where, "« when » est vide", "effacer « when » si la règle vaut toujours")
    hours = rule.when.hours
    if hours is not None and hours.from_ in (hours.to, "24:00"):
        reason = "cette plage horaire est vide"
        document.fault((*where, "hours"), reason, 'pour la journée entière : "00:00" à "24:00"')


def _ring_steps(document: Document, where: Where, steps: Sequence[RingForm]) -> None:
    """A step says whom it means exactly where its `who` leaves that open."""
    for place, step in enumerate(steps):
        at = (*where, "ring", place)
        for who, key, given, example in (
            (Who.SKILL, "skill", step.skill, "skill: internes"),
            (Who.NAMED, "named", step.named, "named: [vera, bruno]"),
        ):
            if step.who is who and given is None:
                reason = f"« who: {who.value} » ne dit pas qui"
                document.fault((*at, "who"), reason, f"ajouter « {example} »")
            if step.who is not who and given is not None:
                reason = f"« {key} » ne va qu'avec « who: {who.value} »"
                document.fault((*at, key), reason, f"effacer « {key} », ou écrire « who: {who.value} »")


def _line(line_id: str, form: LineForm) -> Line:
    return Line(
        id=line_id,
        number_e164=form.number,
        published=form.published,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        shown_number_e164=form.shown,
    )


def _rule(form: RuleForm, whole: RulesForm) -> Rule:
    then, defaults = form.then, whole.defaults
    ring = defaults.ring if then.ring is None else then.ring
    filled = Then(
        flow=then.flow or defaults.flow,
        wait_flow=then.wait or defaults.wait,
        offer_flow=then.offer or defaults.offer,
        nobody_flow=then.nobody or defaults.nobody,
        ring_plan=RingPlan(tuple(_step(step, whole.settings.ring_s) for step in ring)),
        bonus_s=defaults.bonus_s if then.bonus_s is None else then.bonus_s,
        skills=tuple(defaults.skills if then.skills is None else then.skills),
    )
    return Rule(form.name, () if form.when is None else _conditions(form.when), filled)


def _step(form: RingForm, ring_s: int) -> RingStep:
    names = [form.skill] if form.skill is not None else form.named or []
    return RingStep(form.after_s, form.who, ring_s if form.for_s is None else form.for_s, tuple(names))


def _conditions(form: WhenForm) -> tuple[Condition, ...]:
    found: list[Condition] = []
    if form.line is not None:
        found.append(OnLine(tuple(form.line)))
    if form.hours is not None:
        found.append(WithinHours(TimeWindow.parse(form.hours.from_, form.hours.to)))
    if form.days is not None:
        found.append(OnDays(tuple(form.days)))
    if form.dates is not None:
        found.append(OnDates(form.dates.from_, form.dates.to))
    if form.holiday is not None:
        found.append(OnHoliday(form.holiday))
    return tuple(found)
