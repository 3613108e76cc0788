"""Rules in order, the first that holds, and the why of it; over a year of quarter-hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.adapters.calendars import is_holiday
from helpline.adapters.documents import load_rules
from helpline.domain.errors import NoRuleHolds
from helpline.domain.hours import PARIS, TimeWindow, Weekday
from helpline.domain.ring_plan import RingStep, Who
from helpline.domain.routing.conditions import (
    CONDITIONS,
    Condition,
    OnDates,
    OnDays,
    OnHoliday,
    OnLine,
    WithinHours,
)
from helpline.domain.routing.decide import decide
from helpline.domain.routing.facts import Facts
from helpline.domain.routing.rules import Line, RingPlan, Rule, RuleSet, Then

SHIPPED = load_rules(Path(__file__).parents[2] / "routing_rules.yaml")
THEN = Then("accueil", None, "proposition", "personne", RingPlan((RingStep(0, Who.ON_DUTY, 25),)))
LINES = {
    "entraide": Line("entraide", "+33199000001", "0 800 288 038", date(2019, 4, 1), None, "+33199000001")
}

SAMPLES: dict[str, tuple[Condition, str, Facts, Facts]] = {
    "line": (
        OnLine(("entraide", "autre")),
        "ligne entraide ou autre",
        Facts("autre", datetime(2026, 6, 1, tzinfo=PARIS), is_holiday=False),
        Facts("ancienne", datetime(2026, 6, 1, tzinfo=PARIS), is_holiday=False),
    ),
    "hours": (
        WithinHours(TimeWindow.parse("20:00", "08:00")),
        "entre 20:00 et 08:00",
        Facts("entraide", datetime(2026, 6, 1, 7, 59, 59, tzinfo=PARIS), is_holiday=False),
        Facts("entraide", datetime(2026, 6, 1, 8, tzinfo=PARIS), is_holiday=False),
    ),
    "days": (
        OnDays((Weekday.SAT, Weekday.SUN)),
        "samedi ou dimanche",
        Facts("entraide", datetime(2026, 6, 7, 3, tzinfo=PARIS), is_holiday=False),
        Facts("entraide", datetime(2026, 6, 8, 0, tzinfo=PARIS), is_holiday=False),
    ),
    "dates": (
        OnDates(date(2026, 12, 24), date(2026, 12, 31)),
        "du 24/12/2026 au 31/12/2026",
        Facts("entraide", datetime(2026, 12, 31, 23, 59, tzinfo=PARIS), is_holiday=False),
        Facts("entraide", datetime(2027, 1, 1, tzinfo=PARIS), is_holiday=True),
    ),
    "holiday": (
        OnHoliday(True),
        "jour férié",
        Facts("entraide", datetime(2026, 5, 1, tzinfo=PARIS), is_holiday=True),
        Facts("entraide", datetime(2026, 5, 2, tzinfo=PARIS), is_holiday=False),
    ),
}


@pytest.mark.parametrize("word", CONDITIONS)
def test_every_condition_has_a_sample_of_yes_no_and_its_words(word: str) -> None:
    """A new condition must come with its row in SAMPLES."""
    condition, words, yes, no = SAMPLES[word]

    assert type(condition) is CONDITIONS[word]
    assert condition.in_words() == words
    assert condition.holds(yes)
    assert not condition.holds(no)


def rules(*made: Rule) -> RuleSet:
    return RuleSet("v1", LINES, made)


def test_the_first_rule_that_holds_decides_and_why_names_every_rule_tried() -> None:
    rule_set = rules(
        Rule("Noël", (OnDates(date(2026, 12, 24), date(2026, 12, 26)), OnLine(("autre",))), THEN),
        Rule("Nuit", (WithinHours(TimeWindow.parse("20:00", "08:00")),), THEN),
        Rule("Toujours", (), THEN),
    )

    decision = decide(rule_set, Facts("entraide", datetime(2026, 6, 1, 3, tzinfo=PARIS), is_holiday=False))

    assert decision.rule == "Nuit"
    assert decision.why == (
        "« Noël » : non (demande du 24/12/2026 au 26/12/2026, ligne autre)",
        "« Nuit » : oui",
    )


def test_a_rule_set_without_catch_all_is_a_typed_error() -> None:
    with pytest.raises(NoRuleHolds):
        decide(rules(), Facts("entraide", datetime(2026, 6, 1, tzinfo=PARIS), is_holiday=False))


def test_a_local_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Facts("entraide", datetime(2026, 6, 1, tzinfo=PARIS).replace(tzinfo=None), is_holiday=False)


@given(st.sampled_from(sorted(SHIPPED.lines)), st.integers(0, 366 * 24 * 60 * 3), st.booleans())
def test_the_shipped_rules_decide_at_any_minute_and_always_the_same(
    line: str, minute: int, holiday: bool
) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    facts = Facts(line, instant.astimezone(PARIS), holiday)

    decision = decide(SHIPPED, facts)

    assert decision == decide(SHIPPED, facts)
    assert decision.flow == "accueil"
    assert decision.ring_plan.steps[0] == RingStep(0, Who.ON_DUTY, 25)
    assert decision.wait_flow == ("attente" if line == "entraide" else "ancien_numero")


@pytest.mark.parametrize(
    ("line", "at", "rule"),
    [
        ("entraide", datetime(2026, 6, 3, 14, tzinfo=PARIS), "Journée"),
        ("entraide", datetime(2026, 6, 3, 20, tzinfo=PARIS), "Nuit"),
        ("entraide", datetime(2026, 6, 3, 7, 59, tzinfo=PARIS), "Nuit"),
        ("entraide", datetime(2026, 6, 7, 3, tzinfo=PARIS), "Nuit"),
        ("entraide", datetime(2026, 6, 7, 12, tzinfo=PARIS), "Fin de semaine"),
        ("entraide", datetime(2026, 5, 14, 12, tzinfo=PARIS), "Jour férié"),
        ("ancien_0826", datetime(2026, 6, 3, 14, tzinfo=PARIS), "Anciens numéros"),
        ("ancien_0800", datetime(2026, 6, 3, 2, tzinfo=PARIS), "Anciens numéros, la nuit"),
    ],
)
def test_the_shipped_rules_say_what_the_file_says(line: str, at: datetime, rule: str) -> None:
    assert decide(SHIPPED, Facts(line, at, is_holiday(at.date()))).rule == rule


def test_the_french_holidays_are_the_eleven() -> None:
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]

    assert [day.isoformat()[5:] for day in days if is_holiday(day)] == [
        "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


def test_a_called_number_finds_its_line_even_after_its_end() -> None:
    old = Line("ancienne", "+33199000009", "0 826", date(2018, 1, 1), date(2018, 12, 31), "+33199000001")
    new = Line("nouvelle", "+33199000009", "0 800", date(2019, 1, 1), None, "+33199000001")
    rule_set = RuleSet("v1", {**LINES, old.id: old, new.id: new}, ())

    assert rule_set.resolve("+33199000001") is LINES["entraide"]
    assert rule_set.resolve("+33199000009", date(2018, 6, 1)) is old
    assert rule_set.resolve("+33199000009", date(2026, 6, 1)) is new
    assert RuleSet("v1", {old.id: old}, ()).resolve("+33199000009", date(2026, 6, 1)) is old
    assert rule_set.resolve("+33199000008") is None
