"""Everything that people edit and that answering a call needs, at one instant.

Written at each publication, read by the web and effects processes: they answer calls
whether SQL is there or not. Rules and flows are kept as the text that was published;
`adapters/documents.py` makes domain objects of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpline.domain.directory import Structure
from helpline.domain.people import Roster


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`flows_yaml` is flow id to text. The representation shows no number and no name."""

    roster: Roster = field(repr=False)
    structures: tuple[Structure, ...] = field(repr=False, default=())
    rules_yaml: str = field(repr=False, default="")
    flows_yaml: Mapping[str, str] = field(repr=False, default_factory=dict)
