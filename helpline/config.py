"""The settings of the service: frozen, typed, units in the names, every fault reported at once.

`load_settings(environ, cwd)` is called once a process; what it returns is passed down, nobody else reads the
environment. Names, help and defaults: `config_names.py`. Where values come from: `config_source.py`. What
production refuses: `config_rules.py`; what the host and Redis must be like: `preflight.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from helpline import config_rules
from helpline.config_names import NAMES, Shown
from helpline.config_reader import Reader
from helpline.config_source import Faults, RawSettings, read_source


class SettingsError(Exception):
    """Settings that cannot be used. `str()` has one line a fault: the name and what is wrong, never a value."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Mode(StrEnum):
    """What the process runs for; only `production` may serve real callers."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class CarrierSettings:
    """The carrier's account. `url` is the emulator's base URL, None for the real carrier."""

    account_sid: str
    auth_token: str = field(repr=False)
    auth_token_previous: str | None = field(repr=False, default=None)
    api_key: str | None = None
    api_secret: str | None = field(repr=False, default=None)
    region: str = "ie1"
    edge: str = "dublin"
    url: str | None = None

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """Tokens whose signature is accepted, the current one first."""
        return tuple(t for t in (self.auth_token, self.auth_token_previous) if t)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """Where alarms go; all empty means the log only."""

    smtp_url: str | None = field(repr=False, default=None)
    to: tuple[str, ...] = ()
    url: str | None = field(repr=False, default=None)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process. Key bytes are 32 long; URLs may hold passwords and stay out of `repr`."""

    mode: Mode
    public_origin: str
    dashboard_origin: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    redis_clock_url: str = field(repr=False)
    recovery_key: bytes
    secret_keys: tuple[str, ...] = field(repr=False)
    field_keys: tuple[bytes, ...] = field(repr=False)
    carrier: CarrierSettings
    alarms: AlarmSettings = AlarmSettings()
    port_base: int = 8000
    var_dir: Path = Path("var")
    fallback_origin: str | None = field(repr=False, default=None)
    legs_per_s: float = 1.0
    seal_after_s: int = 600
    erase_after_s: int = 60
    sweep_every_s: int = 60
    welcome_s: int = 8
    seed: int | None = None
    file: Path | None = None
    shown: tuple[tuple[str, str], ...] = field(repr=False, default=(), compare=False)

    @property
    def is_production(self) -> bool:
        """Whether real callers may be served, so that every rule of `config_rules` holds."""
        return self.mode is Mode.PRODUCTION

    @property
    def home_dir(self) -> Path:
        """Folder of snapshot, fallback chain and logs; the demo keeps its own beside the real one."""
        return self.var_dir / "demo" if self.mode is Mode.DEMO else self.var_dir

    @property
    def voice_port(self) -> int:
        """TCP port of the voice webhooks."""
        return self.port_base

    @property
    def dashboard_port(self) -> int:
        """TCP port of the pages."""
        return self.port_base + 1

    @property
    def emulator_port(self) -> int:
        """TCP port of the offline carrier."""
        return self.port_base + 2

    @property
    def live_port(self) -> int:
        """TCP port of the event streams."""
        return self.port_base + 3

    @property
    def fallback_port(self) -> int:
        """TCP port of the static fallback chain, in demo and tests."""
        return self.port_base + 4

    def describe(self) -> list[tuple[str, str]]:
        """Every setting's name and what people may see of it; secrets only as "set" or "not set"."""
        return list(self.shown)


def load_settings(environ: Mapping[str, str], cwd: Path) -> Settings:
    """Read, type and check all settings.

    environ: the process's environment. cwd: folder that the settings file and `HELPLINE_VAR_DIR` are relative to.
    Raises SettingsError with every fault found, not only the first.
    """
    faults = Faults()
    raw = read_source(environ, cwd, faults)
    settings = _read(Reader(raw.values, faults), raw, cwd, faults)
    config_rules.check_always(raw.values, faults)
    if settings.is_production:
        config_rules.check_production(raw.values, raw.debug_on, faults)
    if faults.lines:
        raise SettingsError(tuple(faults.lines))
    return settings


def _read(read: Reader, raw: RawSettings, cwd: Path, faults: Faults) -> Settings:
    return Settings(
        mode=_mode(read, faults),
        public_origin=read.origin("HELPLINE_PUBLIC_ORIGIN") or "",
        dashboard_origin=read.origin("HELPLINE_DASHBOARD_ORIGIN") or "",
        database_url=read.url("HELPLINE_DATABASE_URL", ("postgresql", "postgresql+psycopg", "sqlite")) or "",
        redis_url=read.url("HELPLINE_REDIS_URL", ("redis", "rediss", "unix")) or "",
        redis_clock_url=read.url("HELPLINE_REDIS_CLOCK_URL", ("redis", "rediss", "unix")) or "",
        recovery_key=read.key("HELPLINE_RECOVERY_KEY"),
        secret_keys=read.secrets("HELPLINE_SECRET_KEYS", min_length=32),
        field_keys=read.keys("HELPLINE_FIELD_KEYS"),
        carrier=_carrier(read),
        alarms=AlarmSettings(
            smtp_url=read.url("HELPLINE_SMTP_URL", ("smtp", "smtps")),
            to=read.addresses("HELPLINE_ALARM_TO"),
            url=read.url("HELPLINE_ALARM_URL", ("https", "http")),
        ),
        port_base=read.whole("HELPLINE_PORT_BASE", 1024, 65_000),
        var_dir=cwd / read.text("HELPLINE_VAR_DIR"),
        fallback_origin=read.address("HELPLINE_FALLBACK_ORIGIN"),
        legs_per_s=read.rate("HELPLINE_LEGS_PER_S", 10_000),
        seal_after_s=read.whole("HELPLINE_SEAL_AFTER_S", 0, 86_400),
        erase_after_s=read.whole("HELPLINE_ERASE_AFTER_S", 0, 86_400),
        sweep_every_s=read.whole("HELPLINE_SWEEP_EVERY_S", 1, 3_600),
        welcome_s=read.whole("HELPLINE_WELCOME_S", 1, 8),
        seed=read.whole("HELPLINE_SEED", 0, 2**53) if read.optional("HELPLINE_SEED") else None,
        file=raw.file,
        shown=tuple((entry.name, _shown(entry.shown, read.shown_text(entry.name))) for entry in NAMES),
    )


def _mode(read: Reader, faults: Faults) -> Mode:
    value = read.optional("HELPLINE_MODE")
    if value in set(Mode):
        return Mode(value)
    if value is not None:
        faults.add("HELPLINE_MODE", "must be demo, test or production")
    # An unreadable mode is held to the strictest rules, so that their faults are listed too.
    return Mode.PRODUCTION


def _carrier(read: Reader) -> CarrierSettings:
    return CarrierSettings(
        account_sid=read.text(
            "TWILIO_ACCOUNT_SID", pattern="AC[0-9a-f]{32}", what="AC and 32 hexadecimal digits"
        ),
        auth_token=read.secret("TWILIO_AUTH_TOKEN", min_length=32) or "",
        auth_token_previous=read.secret("TWILIO_AUTH_TOKEN_PREVIOUS", min_length=32),
        api_key=read.optional("TWILIO_API_KEY"),
        api_secret=read.secret("TWILIO_API_SECRET", min_length=32),
        region=read.text("HELPLINE_CARRIER_REGION", pattern="[a-z]{2}[0-9]", what="a region such as ie1"),
        edge=read.text("HELPLINE_CARRIER_EDGE", pattern="[a-z-]+", what="an edge such as dublin"),
        url=read.origin("HELPLINE_CARRIER_URL"),
    )


def _shown(how: Shown, value: str | None) -> str:
    if value is None:
        return "not set"
    if how is Shown.MASKED:
        return "set, not shown"
    if how is Shown.FINGERPRINT:
        return "fingerprint " + hashlib.sha256(value.encode()).hexdigest()[:16]
    return _without_password(value) if how is Shown.URL else value


def _without_password(url: str) -> str:
    """The URL with user kept and password replaced; unusual forms are not shown at all."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "set, not shown"
    user_info, at, host = parts.netloc.rpartition("@")
    if "password=" in parts.query.lower():
        return "set, not shown"
    user, colon, _ = user_info.partition(":")
    netloc = f"{user}{':***' if colon else ''}{at}{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
