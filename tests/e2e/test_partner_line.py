"""A partner line that does not answer is rung once without asking, whatever the flows say. Nobody is on duty. Stepped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from helpline.domain.ivr.flow import Flow
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Line

Flows = Mapping[str, Flow]


def as_shipped(flows: Flows) -> Flows:
    return flows


def without_the_flow_after_it(flows: Flows) -> Flows:
    """Published before this flow existed."""
    return {name: flow for name, flow in flows.items() if name != "apres_partenaire"}


def silence_leads_there(flows: Flows) -> Flows:
    """Edited so that who presses nothing is put through again."""
    return with_nodes(flows, "apres_partenaire", "otherwise", dire="partenaire")


def begins_there(flows: Flows) -> Flows:
    """Edited so that the partner line is rung before anything is asked."""
    changed = {name: replace(flows[name], start="partenaire") for name in FLOWS_OF_NOBODY}
    return {**flows, **changed}


FLOWS_OF_NOBODY = ("personne_disponible", "apres_partenaire")


def with_nodes(flows: Flows, name: str, what: str, **nodes: str) -> Flows:
    flow = flows[name]
    changed = {node: replace(flow.nodes[node], **{what: target}) for node, target in nodes.items()}  # type: ignore[arg-type]  # each is a question
    return {**flows, name: replace(flow, nodes={**flow.nodes, **changed})}


def times_rung(line: Line) -> int:
    legs = (r for r in line.control.log() if r["kind"] == "leg" and r["to"] == builders.PARTNER_E164)
    return sum(leg["what"] == "ringing" for leg in legs)


def nobody_there(make_line: MakeLine, edit: Callable[[Flows], Flows] = as_shipped) -> Line:
    line = make_line(partner=True)
    line.book.flows = edit(line.book.flows)
    for who in (line.vera, line.bruno):
        who.goes_off_duty()
    return line


@pytest.mark.parametrize(
    "edit",
    [as_shipped, without_the_flow_after_it, silence_leads_there, begins_there],
    ids=lambda e: e.__name__,
)
def test_who_presses_nothing_is_put_through_once_and_hears_where_else_to_turn(
    make_line: MakeLine, edit: Callable[[Flows], Flows]
) -> None:
    line = nobody_there(make_line, edit)

    caller = line.caller().dials()
    line.until(caller.is_over, 240)

    assert times_rung(line) == 1
    said = [sound["text"] for sound in caller.heard() if sound["kind"] == "say"]
    after = said[next(n for n, words in enumerate(said) if "votre place est gardée" in words) :]
    assert any("3114" in words for words in after)
    assert not any("nous vous passons une ligne partenaire" in words for words in after)
    assert line.silent_ms(caller) <= 5_000
    assert line.until_counted() == {"diverted": 1}
    line.is_sound()


def test_who_stays_in_line_is_put_through_once_by_a_wait_that_leads_there_and_then_waits(
    make_line: MakeLine,
) -> None:
    line = nobody_there(
        make_line, lambda flows: with_nodes(flows, "attente_seule", "otherwise", choix="partenaire")
    )
    caller = line.caller().dials()
    line.after(5)
    caller.presses("2")

    line.until(lambda: times_rung(line) == 1, 90)
    line.after(240)
    assert times_rung(line) == 1
    assert not caller.is_over()

    line.until(lambda: caller.heard()[-1].get("text", "").endswith("attente"), 60)
    caller.presses("4")
    line.until(lambda: times_rung(line) == 2, 30)
