"""The shipped flows as they are heard, held against recorded plays in `tests/golden/flows`.

`pytest tests/domain --update-golden` rewrites them; the diff is then read like code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpline.adapters.documents import load_flows
from helpline.domain.ivr.nodes import NODE_TYPES
from tests.domain.flows_of_tests import ALL
from tests.domain.plays import replay

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "flows"
SHIPPED = load_flows(ROOT / "ivr_flows")
FLOWS = {**SHIPPED, **ALL}


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_flow_is_heard_as_recorded(flow_id: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{flow_id}.play"
    recorded = path.read_text(encoding="utf-8")

    told = replay(FLOWS, FLOWS[flow_id], recorded)

    if request.config.getoption("--update-golden", default=False):
        path.write_text(told, encoding="utf-8")
    else:
        assert told == recorded


@pytest.mark.parametrize("word", NODE_TYPES)
def test_every_node_type_is_heard_in_some_recorded_play(word: str) -> None:
    """A new node type must come with a flow that uses it, and the flow with a play."""
    using = [
        flow_id
        for flow_id, flow in FLOWS.items()
        if any(type(node) is NODE_TYPES[word] for node in flow.nodes.values())
    ]

    assert using
    assert all((GOLDEN / f"{flow_id}.play").exists() for flow_id in using)


def test_no_play_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.play")} == set(FLOWS)
