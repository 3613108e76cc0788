"""Plays mutants: copies the tree, replaces one text, runs one test, and says whether that test noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpline.cli import children

ROOT = Path(__file__).parents[2]
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "var", "images", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "build", "dist"
)
LIMIT_S = 60.0  # of a busy machine; a good mutant needs a quarter of it
PASSED, FAILED = 0, 1  # pytest's exit statuses; the others mean that nothing was tried


@dataclass(frozen=True)
class Mutant:
    """A mistake: `old`, which stands once in `file` (from the top of the tree), became `new`.

    name: what the mistaken program does, as a sentence; test: the pytest node that must fail then.
    """

    name: str
    file: str
    old: str
    new: str
    test: str

    @property
    def id(self) -> str:
        """The name as pytest shows it."""
        return self.name.replace(" ", "_")


def misfit(mutant: Mutant, root: Path = ROOT) -> str | None:
    """Why a mutant cannot be planted, None when it can."""
    file = root / mutant.file
    count = file.read_text("utf-8").count(mutant.old) if file.exists() else 0
    if count != 1:
        return f"{mutant.name}: its text stands {count} times in {mutant.file}, not once"
    return None if mutant.new != mutant.old else f"{mutant.name}: it changes nothing"


def survives(mutant: Mutant) -> str | None:
    """Plant a mutant in a copy and run its test: why it was not killed, None when it was."""
    unfit = misfit(mutant)
    if unfit:
        return unfit
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = copy_tree(Path(folder))
        file = tree / mutant.file
        file.write_text(file.read_text("utf-8").replace(mutant.old, mutant.new), "utf-8")
        status, said = run_tests(tree, [mutant.test])
    if status == FAILED:
        return None
    found = "the test passed" if status == PASSED else f"nothing was tried (status {status})"
    return f"{mutant.name}: {found}\n{said}"


def unharmed(mutants: Sequence[Mutant]) -> str | None:
    """The tests of all these mutants on a copy without any: what failed, None when they pass."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        status, said = run_tests(copy_tree(Path(folder)), sorted({mutant.test for mutant in mutants}), 600.0)
    return None if status == PASSED else f"status {status}\n{said}"


def copy_tree(folder: Path) -> Path:
    """A copy of the tree in `folder`; gives its top."""
    return Path(shutil.copytree(ROOT, folder / "tree", ignore=LEFT_BEHIND, symlinks=True))


def run_tests(tree: Path, nodes: Sequence[str], limit_s: float = LIMIT_S) -> tuple[int | None, str]:
    """pytest's exit status for these nodes in a tree, None when it took too long, and the end of what it said."""
    command = (
        sys.executable,
        "-B",
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "--tb=line",
        *nodes,
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HELPLINE_", "PYTEST_"))}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=tree,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            children.end(process)
        output.seek(0)
        return status, output.read().decode("utf-8", "replace")[-2000:]
