"""Where settings come from: the environment, then one file, each NAME also as NAME_FILE.

Only text is handled here; types are `config.py`'s. No function raises for a bad value: faults are collected
so that the operator sees all of them at once. A fault names a variable and what is wrong, never the value.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpline.config_names import BY_NAME, DEBUG_NAMES, REGION_NAMES, TOOL_NAMES


@dataclass
class Faults:
    """What is wrong so far, one line a fault, in the order found."""

    lines: list[str] = field(default_factory=list)

    def add(self, name: str, what: str) -> None:
        """Note that setting `name` is wrong; `what` must not quote the value."""
        line = f"{name}: {what}"
        if line not in self.lines:
            self.lines.append(line)


@dataclass(frozen=True)
class RawSettings:
    """Text by setting name, and the debug switches that are on. `file` is the settings file read, if any."""

    values: Mapping[str, str]
    debug_on: tuple[str, ...]
    file: Path | None


def find_file(environ: Mapping[str, str], cwd: Path, faults: Faults) -> Path | None:
    """The settings file: `$HELPLINE_ENV_FILE`, else `.env`, else `var/demo/env` (how commands find a running demo)."""
    named = environ.get("HELPLINE_ENV_FILE")
    if named:
        path = cwd / named
        if path.is_file():
            return path
        faults.add("HELPLINE_ENV_FILE", "names a file that does not exist")
        return None
    var_dir = environ.get("HELPLINE_VAR_DIR") or "var"
    return next((p for p in (cwd / ".env", cwd / var_dir / "demo" / "env") if p.is_file()), None)


def parse_file(text: str, shown_path: str, faults: Faults) -> dict[str, str]:
    """Read NAME=value lines; `#` starts a comment line, one pair of quotes around a value is taken off."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            faults.add(f"{shown_path} line {number}", "is not NAME=value")
        elif name in found:
            faults.add(name, f"is given twice in {shown_path}")
        else:
            quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
            found[name] = value[1:-1] if quoted else value
    return found


def read_source(environ: Mapping[str, str], cwd: Path, faults: Faults) -> RawSettings:
    """Gather the text of all settings; unknown names, padded values and unreadable files become faults."""
    path = find_file(environ, cwd, faults)
    in_file: dict[str, str] = {}
    if path is not None:
        try:
            in_file = parse_file(path.read_text(encoding="utf-8"), path.name, faults)
        except (OSError, UnicodeDecodeError):
            faults.add(str(path.name), "cannot be read as text")
    ours = {name: value for name, value in environ.items() if name.startswith(("HELPLINE_", "TWILIO_"))}
    both = {**in_file, **environ}
    debug_on = tuple(name for name in DEBUG_NAMES if _is_on(both.get(name, "")))
    _refuse_unknown(ours, in_file, debug_on, faults)
    values = {**_resolve(in_file, cwd, faults), **_resolve(ours, cwd, faults)}
    for name, value in values.items():
        if value != value.strip():
            faults.add(name, "has white space around its value")
    return RawSettings({name: value.strip() for name, value in values.items()}, debug_on, path)


def _is_on(value: str) -> bool:
    return value.strip().lower() not in {"", "0", "false", "no", "off", "production"}


def _refuse_unknown(
    ours: Mapping[str, str], in_file: Mapping[str, str], debug_on: tuple[str, ...], faults: Faults
) -> None:
    """A mistyped name would silently leave its default in force, so it stops the start.

    In the environment the names under TWILIO_ are shared with the carrier's own tools: only REGION and EDGE
    are refused there. In our file every name must be ours.
    """
    for name in [*ours, *in_file]:
        base = name.removesuffix("_FILE")
        if name in REGION_NAMES:
            faults.add(name, "must not be set: use HELPLINE_CARRIER_REGION and HELPLINE_CARRIER_EDGE")
        elif name in BY_NAME or base in BY_NAME or name in TOOL_NAMES or name in debug_on:
            continue
        elif name.startswith("HELPLINE_") or (name in in_file and name not in DEBUG_NAMES):
            near = difflib.get_close_matches(name, BY_NAME, n=1)
            faults.add(name, "is not a setting" + (f"; did you mean {near[0]}?" if near else ""))


def _resolve(source: Mapping[str, str], cwd: Path, faults: Faults) -> dict[str, str]:
    """Values of one source, NAME_FILE read; both forms of one name in the same source are a fault."""
    found: dict[str, str] = {}
    for name in BY_NAME:
        file_name = source.get(f"{name}_FILE", "")
        if source.get(name):
            found[name] = source[name]
            if file_name:
                faults.add(name, f"is given twice: as itself and as {name}_FILE")
        elif file_name:
            content = _read_secret_file(f"{name}_FILE", cwd / file_name, faults)
            if content is not None:
                found[name] = content
        elif name in source:
            found[name] = ""
    return found


def _read_secret_file(name: str, path: Path, faults: Faults) -> str | None:
    """The file's text without its last line end (editors and `echo` add one)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        faults.add(name, "names a file that cannot be read as text")
        return None
    if not text.strip():
        faults.add(name, "names an empty file")
        return None
    return text.removesuffix("\n").removesuffix("\r")
