"""Rules between settings, and what production refuses. Pure: text in, faults out, never a value quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from helpline.config_names import BY_NAME, NAMES, Shown
from helpline.config_source import Faults

# Below these a fiche is sealed, or a call erased, faster than people and the carrier allow for (design §4, §6).
PRODUCTION_LEAST_S = {
    "HELPLINE_SEAL_AFTER_S": 600,
    "HELPLINE_ERASE_AFTER_S": 60,
    "HELPLINE_SWEEP_EVERY_S": 60,
}

# Words of templates and manuals. Three letters or fewer would hit random keys by chance, so none is that short.
_PLACEHOLDER = re.compile(
    r"change.?me|placeholder|example|exemple|your[-_]|x{4,}|^x+$|dummy|to.?do[-_!]|replace|remplacer|…|\.\.\.|<.*>|^(secret|password)",
    re.IGNORECASE,
)
# Fewer different characters than this is a key typed by leaning on the keyboard (32 random hex digits have > 8).
_LEAST_DIFFERENT = 6

_CARRIER_HOST = re.compile(r"([a-z0-9-]+\.)*twilio\.com")


def check_always(values: Mapping[str, str], faults: Faults) -> None:
    """What holds in every mode: pairs go together, and no key does two jobs."""
    if bool(values.get("TWILIO_API_KEY")) != bool(values.get("TWILIO_API_SECRET")):
        faults.add("TWILIO_API_KEY", "and TWILIO_API_SECRET must be set together")
    if values.get("TWILIO_API_KEY") and not re.fullmatch("SK[0-9a-f]{32}", values["TWILIO_API_KEY"]):
        faults.add("TWILIO_API_KEY", "must be SK and 32 hexadecimal digits")
    seen: dict[str, str] = {}
    for entry in NAMES:
        if entry.shown not in {Shown.MASKED, Shown.FINGERPRINT}:
            continue
        for part in filter(None, values.get(entry.name, "").split(",")):
            if seen.setdefault(part, entry.name) != entry.name:
                faults.add(entry.name, f"is the same as {seen[part]}: every key has one job")


def check_production(values: Mapping[str, str], debug_on: tuple[str, ...], faults: Faults) -> None:
    """Everything that may be right at a desk and never with real callers."""
    for name in debug_on:
        faults.add(name, "debugging must be off in production")
    _check_placeholders(values, faults)
    for name in (
        "HELPLINE_PUBLIC_ORIGIN",
        "HELPLINE_DASHBOARD_ORIGIN",
        "HELPLINE_FALLBACK_ORIGIN",
        "HELPLINE_ALARM_URL",
    ):
        _check_public(name, values.get(name, ""), faults)
    for name, least in PRODUCTION_LEAST_S.items():
        text = values.get(name) or BY_NAME[name].default or ""
        if text.isdecimal() and int(text) < least:
            faults.add(name, f"is a delay for demos: production needs {least} or more")
    if values.get("HELPLINE_DATABASE_URL", "").startswith("sqlite"):
        faults.add("HELPLINE_DATABASE_URL", "SQLite is for demo and tests: production needs PostgreSQL")
    if values.get("HELPLINE_SEED"):
        faults.add("HELPLINE_SEED", "makes chance repeatable: never in production")
    _check_carrier_url(values.get("HELPLINE_CARRIER_URL", ""), faults)
    _check_redis_users(values, faults)


def _check_placeholders(values: Mapping[str, str], faults: Faults) -> None:
    for entry in NAMES:
        value = values.get(entry.name, "")
        if entry.shown is Shown.URL:
            value = _password(value)
        elif entry.shown is Shown.FULL:
            continue
        for part in filter(None, value.split(",")):
            if _PLACEHOLDER.search(part) or len(set(part)) < _LEAST_DIFFERENT:
                faults.add(entry.name, "is a placeholder, not a secret")


def _check_public(name: str, value: str, faults: Faults) -> None:
    """Others reach this address: encrypted, and a real host."""
    if not value:
        return
    parts = _split(value)
    if parts is None or parts.scheme != "https":
        faults.add(name, "must start with https:// in production")
    host = (parts.hostname or "") if parts else ""
    local = host == "localhost" or host.startswith("127.") or host == "::1"
    if local or _PLACEHOLDER.search(host) or host.endswith((".test", ".invalid", ".local", "mon-domaine.fr")):
        faults.add(name, "is a placeholder or a local address")


def _check_carrier_url(value: str, faults: Faults) -> None:
    """Callers' numbers pass there: another host in its place would receive them."""
    parts = _split(value)
    if value and (
        parts is None or parts.scheme != "https" or not _CARRIER_HOST.fullmatch(parts.hostname or "")
    ):
        faults.add("HELPLINE_CARRIER_URL", "is not the carrier's address: in production leave it unset")


def _check_redis_users(values: Mapping[str, str], faults: Faults) -> None:
    """Two users, because only `clock` may read the private halves of batches (design §4)."""
    users: list[str] = []
    for name in ("HELPLINE_REDIS_URL", "HELPLINE_REDIS_CLOCK_URL"):
        parts = _split(values.get(name, ""))
        user = (parts.username or "") if parts else ""
        if not values.get(name):
            continue
        if not user or user == "default":
            faults.add(name, "must name its own Redis user")
        elif len(_password(values[name])) < 16:
            faults.add(name, "its password is too short: 16 characters or more are needed")
        users.append(user)
    if len(users) == 2 and users[0] == users[1]:
        faults.add("HELPLINE_REDIS_CLOCK_URL", "must use another Redis user than HELPLINE_REDIS_URL")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _password(url: str) -> str:
    parts = _split(url)
    return (parts.password or "") if parts else ""
