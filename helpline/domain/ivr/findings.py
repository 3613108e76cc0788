"""What the checks of flows say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlowFinding:
    """One fault: `where` is the path inside the flow's document, `reason` is in French."""

    flow: str
    where: tuple[str, ...]
    reason: str
    suggestion: str = ""

    @property
    def node(self) -> str | None:
        """The node at fault, None when the fault is elsewhere in the flow."""
        return self.where[1] if len(self.where) > 1 and self.where[0] == "nodes" else None


def at_node(flow: str, node: str, reason: str, suggestion: str = "") -> FlowFinding:
    return FlowFinding(flow, ("nodes", node), reason, suggestion)
