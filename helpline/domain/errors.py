"""Every error this project raises, in one tree.

    HelplineError
    ├── FicheRefused          a change to a fiche names an unknown field or code
    ├── FlowError             a flow cannot go on; whoever asked takes the human route
    │   ├── UnknownPlace      the flow or node a call stands in does not exist (any more)
    │   ├── WrongKind         a wait request met a flow that is not a wait flow, and so on
    │   ├── EndlessStep       more nodes in one step than any sane flow has
    │   └── SessionUnreadable the text on the live call is not a flow session
    ├── NoRuleHolds           a rule set without its catch-all was asked to decide
    ├── DocumentError         a YAML document was refused; carries every finding
    └── OutsideError          something outside failed; `permanent` says if trying again helps
        ├── CarrierDown       the carrier did not answer, or not as documented
        ├── LiveStateDown     Redis is away, slow, or not ready (no epoch)
        ├── DatabaseDown      SQL is away, slow or read-only
        └── SealingFailed     a fiche could not be sealed or a key not be used

Refusals that are normal are values, not exceptions. No message here may ever carry a
number, a URL or an identifier of the carrier: messages reach logs.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass

_PACKAGE = __file__.removesuffix("domain/errors.py")
"""Where our package lies: the folder it was cloned into may have any name, also this one."""


class HelplineError(Exception):
    """The root: catching it catches everything of ours and nothing else."""


class FicheRefused(HelplineError):
    """A change to a fiche was refused: `field` is the field at fault, `reason` is in French."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} : {reason}")
        self.field = field
        self.reason = reason


class FlowError(HelplineError):
    """A flow cannot go on. The call itself must: the answer is the human route."""


class UnknownPlace(FlowError):
    """The flow, or the node of it, does not exist in the flows at hand."""

    def __init__(self, flow: str, node: str | None = None) -> None:
        super().__init__(f"no flow {flow!r}" if node is None else f"no node {node!r} in flow {flow!r}")
        self.flow = flow
        self.node = node


class WrongKind(FlowError):
    """A flow of one kind (call, wait, offer) was reached where another is served."""


class EndlessStep(FlowError):
    """One step ran through more nodes than allowed without coming to a wait."""


class SessionUnreadable(FlowError):
    """A stored flow session could not be read back."""


class NoRuleHolds(HelplineError):
    """No rule of the rule set holds. Impossible for a rule set that passed its check."""


@dataclass(frozen=True, slots=True)
class DocumentFinding:
    """One fault of a YAML document, `reason` and `suggestion` in French.

    `line` and `column` count from 1; 1, 1 when the fault is of the file as a whole.
    """

    file: str
    line: int
    column: int
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f" → {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.reason}{hint}"


class DocumentError(HelplineError):
    """A document was refused; `findings` holds every fault found, in file order."""

    def __init__(self, findings: tuple[DocumentFinding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class OutsideError(HelplineError):
    """Something outside failed. `permanent`: trying the same again will not help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class CarrierDown(OutsideError):
    """The carrier did not answer a question, or answered nonsense."""


class LiveStateDown(OutsideError):
    """Redis is away, slow, or has no epoch yet."""


class DatabaseDown(OutsideError):
    """SQL is away, slow or read-only."""


class SealingFailed(OutsideError):
    """A fiche could not be sealed, or a key of its batch not be used."""


def place_of(error: BaseException) -> str:
    """What a log may say of an error: `KeyError at services/take_call.py:41`, never its text."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(_PACKAGE)]
    where = f"{frames[-1].filename.removeprefix(_PACKAGE)}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}"
