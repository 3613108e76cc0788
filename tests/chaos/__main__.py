"""`make chaos [SEED=n]`: the long form for one seed. Ends with 1 when anything was found.

python -m tests.chaos [--short] [--calls N] [--span S] [--people N] [--seed N] [--only KIND,KIND…] [--keep DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

from tests.chaos.plan import LONG, SHORT, make_plan
from tests.chaos.run import run


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--calls", type=int)
    parser.add_argument("--span", type=float)
    parser.add_argument("--people", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--stops", type=int)
    parser.add_argument("--spells", type=int)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("HELPLINE_SEED") or 0))
    parser.add_argument("--only")
    parser.add_argument("--keep", type=Path, help="a folder for logs and the carrier's log")
    asked = parser.parse_args(words)
    seed = asked.seed or random.SystemRandom().randrange(1, 2**31)
    size = SHORT if asked.short else LONG
    given = {
        "calls": asked.calls,
        "span_s": asked.span,
        "people": asked.people,
        "kills": asked.kills,
        "stops": asked.stops,
        "spells": asked.spells,
    }
    size = replace(size, **{name: value for name, value in given.items() if value is not None})
    only = None if asked.only is None else frozenset(asked.only.split(",")) - {""}
    print(f"SEED={seed} ({size.calls} calls; `make chaos SEED={seed}` repeats this plan)", flush=True)
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    result = run(make_plan(seed, size, only), lambda text: print(text, flush=True), asked.keep)
    if asked.keep:
        (asked.keep / "carrier.jsonl").write_text("\n".join(json.dumps(r) for r in result.log))
    return 1 if result.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
