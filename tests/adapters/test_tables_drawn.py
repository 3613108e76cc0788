"""The pages that must agree with the code: transition tables, keys and scripts of the live state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpline.adapters.redis import scripts
from helpline.adapters.redis.keys import APP_KEY_PREFIXES
from helpline.domain import call, presence
from tests import draw_tables
from tests.adapters.test_live_state_machine import OWN_KEYS
from tests.chaos import stores

ROOT = Path(__file__).parents[2]
LUA = ROOT / "helpline/adapters/redis/lua"
SHARED = {"lib", "fiche"}
"""Parts of others, no scripts of their own."""
CLOCK_ONLY = {"batch:private:", "batch:public"}
LIVE_STATE = (ROOT / "docs/internals/live_state.md").read_text("utf-8")

# redis.call('HGET', 'offer:' .. x, …) and 'due', in Lua; f"sid:{leg}" and "epoch" where Python asks for a key.
_LUA_KEY = re.compile(r"""redis\.call\(\s*'(?!PUBLISH)[A-Z]+',\s*'([a-z:]+)'""")
_LUA_LOCAL = re.compile(r"""local \w*(?:key|of_call|offer|call)\w* = '([a-z:]+)'""")
_PY_KEY = re.compile(
    r"""(?:client|scripts|_live|pipe|_blocking)\.(?!run|publish)\w+\(\[?f?"([a-z]+(?::[a-z]*)*)"""
)
_PY_CONST = re.compile(r"""^ *(?:KEY|key) = f?"([a-z_:]+)""", re.MULTILINE)


def keys_in_code() -> set[str]:
    """Every key, or the fixed beginning of one, that a script or an adapter names."""
    lua = "\n".join(path.read_text("utf-8") for path in LUA.glob("*.lua"))
    folder = LUA.parent
    python = "\n".join(path.read_text("utf-8") for path in [*folder.glob("*.py"), folder.parent / "clock.py"])
    found = {key for pattern in (_LUA_KEY, _LUA_LOCAL) for key in pattern.findall(lua)}
    return found | {key for pattern in (_PY_KEY, _PY_CONST) for key in pattern.findall(python)}


def test_the_pages_tables_are_those_of_the_code() -> None:
    page = draw_tables.PAGE.read_text("utf-8")

    assert draw_tables.drawn(page) == page, "run: python -m tests.draw_tables"


def test_a_page_without_its_marks_is_refused_instead_of_left_as_it_is() -> None:
    with pytest.raises(ValueError, match="0 places"):
        draw_tables.drawn("# no marks")


def test_the_scripts_are_given_the_tables_of_the_domain() -> None:
    source = scripts.source("save")

    for name, table in (("CALL", call.TRANSITIONS), ("PSY", presence.TRANSITIONS)):
        (text,) = re.findall(f"^local {name} = (.*)$", source, re.MULTILINE)
        rows = re.findall(r"\['(\w+)'\]=\{([^}]*)\}", text)
        read = {state: dict(re.findall(r"\['(\w+)'\]='(\w+)'", row)) for state, row in rows}
        assert read == {
            str(state): {str(event): str(to) for event, to in row.items()} for state, row in table.items()
        }


def test_the_search_for_keys_finds_those_that_everything_hangs_on() -> None:
    wanted = {
        "call:",
        "offer:",
        "psy:",
        "sid:",
        "due",
        "due:wake",
        "due:held",
        "waiting:",
        "needs",
        "epoch",
        "clock:",
        "tokens",
    }

    assert wanted <= keys_in_code()


@pytest.mark.parametrize("key", sorted(keys_in_code()))
def test_every_key_of_the_code_is_granted_to_its_user_and_described(key: str) -> None:
    granted = any(
        key == entry or (entry.endswith(":") and key.startswith(entry)) for entry in APP_KEY_PREFIXES
    )
    assert granted or key in CLOCK_ONLY
    data = ROOT / "docs/data.md"
    described = LIVE_STATE + (data.read_text("utf-8") if data.exists() else "")
    assert re.search(rf"`{re.escape(key)}(?:<[^`]*>)?`", described), (
        f"{key} is in no table of docs/internals/live_state.md"
    )


def test_what_is_left_when_nobody_calls_is_what_the_page_says() -> None:
    (said,) = re.findall(
        r"^When nobody calls, what is left is (.*?)\n\n", LIVE_STATE, re.DOTALL | re.MULTILINE
    )
    names = {name.rstrip("…") for name in re.findall(r"`([^`]+)`", said)}
    judged = {"rq:" if key.startswith("rq:") else key for key in (*stores.STAY, *stores.STAY_PREFIXES)}

    assert names == {"batch:" if key.startswith("batch:") else key for key in judged}
    assert {key.partition(":")[0] for key in OWN_KEYS} <= {name.partition(":")[0] for name in names}


@pytest.mark.parametrize("script", sorted(path.stem for path in LUA.glob("*.lua")))
def test_every_script_has_its_contract_on_the_page(script: str) -> None:
    assert f"| `{script}` |" in LIVE_STATE or script in SHARED


def test_every_script_of_the_live_state_is_registered() -> None:
    own = {path.stem for path in LUA.glob("*.lua")} - SHARED
    plain = {name for name in own if name.startswith(("fiche_", "finished_", "batch_"))}

    assert own - plain == set(scripts.NAMES)
