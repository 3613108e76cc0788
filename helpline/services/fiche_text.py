"""A fiche as text: canonical JSON, so that equal fiches are equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from helpline.domain.errors import FicheRefused
from helpline.domain.orientation import Fiche, as_codes, from_codes

FORMAT = 1
"""Version of what is sealed; `dissolve` reads every version that can still be in a batch."""


def to_text(fiche: Fiche) -> str:
    return _canonical(as_codes(fiche))


def from_text(text: str) -> Fiche:
    """The fiche of a text of ours. Raises FicheRefused for anything else."""
    try:
        codes: object = json.loads(text)
    except ValueError:
        codes = None
    if not isinstance(codes, dict):
        raise FicheRefused("?", "fiche illisible")
    return from_codes(codes)


def sealed_content(fiche: Fiche | None) -> str:
    """What goes under the seal; None is *non codé*: a call was there, and nothing is known of it."""
    return _canonical({"v": FORMAT, "codes": None if fiche is None else as_codes(fiche)})


def _canonical(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
