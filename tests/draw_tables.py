"""Draws the transition tables of the domain into docs/internals/call.md: `python -m tests.draw_tables`.

A test holds the page against the code (tests/adapters/test_tables_drawn.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from helpline.domain import call, presence

PAGE = Path(__file__).parents[1] / "docs/internals/call.md"
TABLES: Mapping[str, Mapping[StrEnum, Mapping[StrEnum, StrEnum]]] = {
    "call": call.TRANSITIONS,  # type: ignore[dict-item]  # enums of one kind, drawn alike
    "presence": presence.TRANSITIONS,  # type: ignore[dict-item]
}
START = {"call": ("menu", "waiting", "led_on"), "presence": ("offline",)}


def grid(table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]) -> str:
    """One row an event, one column a state; a dot where nothing changes."""
    states = list(table)
    events = list(type(next(iter(next(iter(table.values()))))))
    lines = ["| | " + " | ".join(f"**{s}**" for s in states) + " |", "|---" * (len(states) + 1) + "|"]
    for event in events:
        cells = (str(table[state].get(event, "·")) for state in states)
        lines.append(f"| `{event}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def diagram(name: str, table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]) -> str:
    """The same as a picture; news that leads to one state from another share an arrow."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in START[name]]
    for state, row in table.items():
        for to in dict.fromkeys(row.values()):
            lines.append(f"    {state} --> {to}: {', '.join(e for e, t in row.items() if t == to)}")
    lines += [f"    {state} --> [*]" for state, row in table.items() if not row]
    return "\n".join([*lines, "```"])


def drawn(page: str) -> str:
    """`page` with what stands between its marks drawn anew."""
    for name, table in TABLES.items():
        block = f"{grid(table)}\n\n{diagram(name, table)}"
        marks = (f"<!-- drawn: {name} -->", f"<!-- end of {name} -->")
        between = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
        page, count = between.subn(lambda _: f"{marks[0]}\n{block}\n{marks[1]}", page)  # noqa: B023  # used at once
        if count != 1:
            raise ValueError(f"the page has {count} places for the table {name}")
    return page


def main() -> None:
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
