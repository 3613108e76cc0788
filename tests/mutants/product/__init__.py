"""Mistakes of the product, each with the test that notices it."""

from __future__ import annotations

from tests.mutants.product.invariants import INVARIANTS
from tests.mutants.product.order import ORDER
from tests.mutants.product.ways import ADMISSION, AFTER_A_LOSS, LONG_TALKS, PARTNER, RACES_OF_A_CALL, WEB

__all__ = ["INVARIANTS", "MUTANTS"]

MUTANTS = (*INVARIANTS, *ORDER, *RACES_OF_A_CALL, *AFTER_A_LOSS, *LONG_TALKS, *ADMISSION, *PARTNER, *WEB)
