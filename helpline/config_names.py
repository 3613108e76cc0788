"""Every setting by name: what it is for, what it is when absent, and whether it may be shown.

One list, read by `config.py` (parsing, unknown names), by `helpline config show` and by `.env.example`
(a test holds the file against this list). A new setting starts here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shown(StrEnum):
    """How much of a value people may see: all, all but the password in a URL, a fingerprint, or only that it is set."""

    FULL = "full"
    URL = "url"
    FINGERPRINT = "fingerprint"
    MASKED = "masked"


@dataclass(frozen=True, slots=True)
class SettingName:
    """One setting. `default` is text, read like a value; None and not required means "may be absent"."""

    name: str
    help: str
    required: bool = False
    default: str | None = None
    shown: Shown = Shown.FULL
    example: str = ""


REQUIRED = (
    SettingName("HELPLINE_MODE", "demo, test or production", required=True, example="production"),
    SettingName(
        "HELPLINE_PUBLIC_ORIGIN",
        "where the carrier reaches the voice webhooks: https://host, no path; signatures are checked against it",
        required=True,
        example="https://voix.mon-domaine.fr",
    ),
    SettingName(
        "HELPLINE_DASHBOARD_ORIGIN",
        "where people open the pages: https://host, no path",
        required=True,
        example="https://ecoute.mon-domaine.fr",
    ),
    SettingName(
        "HELPLINE_DATABASE_URL",
        "postgresql+psycopg://user:password@host/base (production) or sqlite:///file",
        required=True,
        shown=Shown.URL,
        example="postgresql+psycopg://helpline@/helpline?host=/run/postgresql",
    ),
    SettingName(
        "HELPLINE_REDIS_URL",
        "live state, as user `app`: redis://, rediss:// or unix://app:password@/path/to/socket?db=0",
        required=True,
        shown=Shown.URL,
        example="unix://app:…@/run/redis/redis.sock?db=0",
    ),
    SettingName(
        "HELPLINE_REDIS_CLOCK_URL",
        "the same server, as user `clock` (all keys); only the clock process uses it",
        required=True,
        shown=Shown.URL,
        example="unix://clock:…@/run/redis/redis.sock?db=0",
    ),
    SettingName(
        "HELPLINE_RECOVERY_KEY",
        "public half (X25519, 32 bytes in base64) of the data protection officer's recovery key",
        required=True,
        shown=Shown.FINGERPRINT,
    ),
    SettingName(
        "HELPLINE_SECRET_KEYS",
        "comma list, 32 characters or more each, signs sessions: the first is used, all are accepted",
        required=True,
        shown=Shown.MASKED,
    ),
    SettingName(
        "HELPLINE_FIELD_KEYS",
        "comma list of 32-byte keys in base64, encrypts columns: the first is used, all are accepted",
        required=True,
        shown=Shown.MASKED,
    ),
)

CARRIER = (
    SettingName(
        "TWILIO_ACCOUNT_SID", "AC and 32 hexadecimal digits; an account used for nothing else", required=True
    ),
    SettingName("TWILIO_AUTH_TOKEN", "verifies the carrier's signatures", required=True, shown=Shown.MASKED),
    SettingName(
        "TWILIO_AUTH_TOKEN_PREVIOUS", "accepted too while a token is being replaced", shown=Shown.MASKED
    ),
    SettingName("TWILIO_API_KEY", "SK and 32 hexadecimal digits, for REST and softphone tokens"),
    SettingName("TWILIO_API_SECRET", "goes with TWILIO_API_KEY", shown=Shown.MASKED),
    SettingName("HELPLINE_CARRIER_REGION", "the carrier's region that holds our data", default="ie1"),
    SettingName("HELPLINE_CARRIER_EDGE", "the carrier's entry point we use", default="dublin"),
    SettingName("HELPLINE_CARRIER_URL", "base URL of the emulator, in demo and tests; refused in production"),
)

OPTIONAL = (
    SettingName(
        "HELPLINE_PORT_BASE",
        "voice on this port, dashboard +1, emulator +2, live +3, fallback +4",
        default="8000",
    ),
    SettingName("HELPLINE_VAR_DIR", "folder of what we write: snapshots, logs, the demo", default="var"),
    SettingName(
        "HELPLINE_FALLBACK_ORIGIN",
        "where another host serves the static fallback chain: https://user:password@host/random-path",
        shown=Shown.MASKED,
    ),
    SettingName("HELPLINE_LEGS_PER_S", "calls a second the carrier lets this account start", default="1"),
    SettingName("HELPLINE_SEAL_AFTER_S", "seconds a fiche stays editable after the call", default="600"),
    SettingName(
        "HELPLINE_ERASE_AFTER_S",
        "seconds after the end until a call is counted and erased at the carrier",
        default="60",
    ),
    SettingName("HELPLINE_SWEEP_EVERY_S", "seconds between two such sweeps", default="60"),
    SettingName(
        "HELPLINE_WELCOME_S",
        "seconds of welcome a caller hears at most before being moved, 1 to 8",
        default="8",
    ),
    SettingName(
        "HELPLINE_SMTP_URL", "smtp:// or smtps://user:password@host:port, sends alarms", shown=Shown.URL
    ),
    SettingName("HELPLINE_ALARM_TO", "comma list of e-mail addresses that get alarms"),
    SettingName("HELPLINE_ALARM_URL", "https:// address that gets alarms as JSON", shown=Shown.MASKED),
    SettingName("HELPLINE_SEED", "whole number that makes chance repeatable, in tests and emulator"),
)

GROUPS: tuple[tuple[str, tuple[SettingName, ...]], ...] = (
    ("Required", REQUIRED),
    ("Carrier", CARRIER),
    ("Optional", OPTIONAL),
)
NAMES: tuple[SettingName, ...] = REQUIRED + CARRIER + OPTIONAL
BY_NAME: dict[str, SettingName] = {entry.name: entry for entry in NAMES}

# Read by the tests and by the search for the settings file, never a setting of the service itself.
TOOL_NAMES = frozenset(
    {
        "HELPLINE_ENV_FILE",
        "HELPLINE_ALL_RINGS",
        "HELPLINE_LONG",
        "HELPLINE_TEST_DATABASE_URL",
        "HELPLINE_TEST_REDIS",
    }
)

# Switches of Flask and of habit; on in production, each opens a door (tracebacks, skipped checks).
DEBUG_NAMES = (
    "FLASK_DEBUG",
    "FLASK_ENV",
    "FLASK_TESTING",
    "HELPLINE_DEBUG",
    "DEBUG",
    "TESTING",
    "PYTHONDEVMODE",
)

# The carrier's SDK would read these behind our back and send data through another region.
REGION_NAMES = ("TWILIO_REGION", "TWILIO_EDGE")

_HEAD = """\
# Settings of helpline, each with what it is for. Copy to `.env` (mode 600) and fill in.
# Every NAME may be given as NAME_FILE instead: the path of a file that holds the value.
# The environment wins over this file. Written from helpline/config_names.py: `helpline config example`.
"""


def env_example() -> str:
    """The text of `.env.example`: required names open (empty or with an example), optional ones commented out."""
    lines = [_HEAD]
    for title, group in GROUPS:
        lines.append(f"# --- {title} ---")
        for entry in group:
            lines.append(f"# {entry.help}" + (f" (default {entry.default})" if entry.default else ""))
            mark = "" if entry.required else "#"
            lines.append(f"{mark}{entry.name}={entry.example or entry.default or ''}")
        lines.append("")
    return "\n".join(lines)
