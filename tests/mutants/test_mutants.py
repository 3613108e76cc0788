"""Every mutant must be killed by its test."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.mutants import emulator, product
from tests.mutants.runner import Mutant, misfit, survives, unharmed

MUTANTS: tuple[Mutant, ...] = (*emulator.MUTANTS, *product.MUTANTS)
AT_ONCE = 2
Trials = dict[Mutant, "Future[str | None]"]


@pytest.fixture(scope="module")
def trials(request: pytest.FixtureRequest) -> Iterator[Trials]:
    """Every mutant selected, being tried two at a time."""
    chosen = [item.callspec.params["mutant"] for item in request.session.items
              if "trials" in getattr(item, "fixturenames", ()) and hasattr(item, "callspec")]  # fmt: skip
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {mutant: pool.submit(survives, mutant) for mutant in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_the_text_of_a_mutant_still_stands_in_its_file(mutant: Mutant) -> None:
    assert misfit(mutant) is None


def test_no_two_mutants_have_one_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_every_invariant_and_enough_of_the_product_have_a_mutant() -> None:
    invariants = {mutant.name.split()[0] for mutant in product.INVARIANTS}

    assert invariants == {f"I{n}" for n in range(1, 19)}
    assert len(product.MUTANTS) >= 25


def test_a_text_that_stands_nowhere_or_twice_is_told() -> None:
    nowhere = replace(MUTANTS[0], old="no such text")
    twice = replace(MUTANTS[0], file="tests/mutants/test_mutants.py", old="Mutant")

    assert "0 times" in str(misfit(nowhere))
    assert "not once" in str(misfit(twice))


@pytest.mark.long
@pytest.mark.timeout(620)
def test_without_a_mutant_all_those_tests_pass() -> None:
    assert unharmed(MUTANTS) is None


IDLE = Mutant(
    name="a comment says something else",
    file="helpline/emulator/queues.py",
    old='"""Queues of callers."""',
    new='"""Lines of callers."""',
    test="tests/emulator/test_kernel.py::test_time_never_goes_back",
)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("planted", "why"),
    [
        (IDLE, "the test passed"),
        (replace(IDLE, new="class"), "nothing was tried"),
        (replace(IDLE, old="no such text"), "0 times"),
        (replace(IDLE, test=IDLE.test + "_at_all"), "nothing was tried"),
    ],
    ids=["harmless", "broken", "text gone", "test gone"],
)
def test_a_mutant_that_proves_nothing_is_told(planted: Mutant, why: str) -> None:
    assert why in str(survives(planted))


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_mutant_is_killed(mutant: Mutant, trials: Trials) -> None:
    survivor = trials[mutant].result()

    assert survivor is None, survivor
