"""The settings of a demo: `var/demo/env`, mode 600, written at each start, found by every command.

Secrets are drawn once and kept, since they encrypt and sign what the demo's database holds.
Of the environment only the names below are taken over: a demo must not run on a real
account because somebody's shell has its settings.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from helpline.config_source import Faults, parse_file

DELAYS: Final = {
    "HELPLINE_SEAL_AFTER_S": "5",
    "HELPLINE_ERASE_AFTER_S": "5",
    "HELPLINE_SWEEP_EVERY_S": "2",
}
"""So that a story ends within a minute; production refuses them."""

TAKEN_OVER: Final = ("HELPLINE_LEGS_PER_S",)
"""Of our environment besides ports and servers: what a measurement lifts."""


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _public_half() -> str:
    """A recovery key whose private half nobody keeps: the demo has no data protection officer."""
    return base64.b64encode(X25519PrivateKey.generate().public_key().public_bytes_raw()).decode()


SECRETS: Final[Mapping[str, Callable[[], str]]] = {
    "HELPLINE_RECOVERY_KEY": _public_half,
    "HELPLINE_SECRET_KEYS": lambda: secrets.token_urlsafe(32),
    "HELPLINE_FIELD_KEYS": _key,
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
}


def demo_values(
    environ: Mapping[str, str], home: Path, port_base: int, redis_urls: tuple[str, str]
) -> dict[str, str]:
    """All settings of the demo in `home` by name. redis_urls: of the users `app` and `clock`."""
    kept = _read(home / "env")
    local = "http://127.0.0.1:{}".format
    values = {
        "HELPLINE_MODE": "demo",
        "HELPLINE_PUBLIC_ORIGIN": local(port_base),
        "HELPLINE_DASHBOARD_ORIGIN": local(port_base + 1),
        "HELPLINE_DATABASE_URL": environ.get("HELPLINE_DATABASE_URL") or f"sqlite:///{home / 'helpline.db'}",
        "HELPLINE_REDIS_URL": redis_urls[0],
        "HELPLINE_REDIS_CLOCK_URL": redis_urls[1],
        "HELPLINE_CARRIER_URL": local(port_base + 2),
        "HELPLINE_FALLBACK_ORIGIN": local(port_base + 4),
        "HELPLINE_PORT_BASE": str(port_base),
        "HELPLINE_VAR_DIR": str(home.parent),
        **DELAYS,
        **{name: environ[name] for name in TAKEN_OVER if environ.get(name)},
    }
    return values | {name: kept.get(name) or draw() for name, draw in SECRETS.items()}


def write_env(home: Path, values: Mapping[str, str]) -> Path:
    """Write `home/env` whole or not at all, mode 600, and return its path."""
    file = home / "env"
    new = file.with_name(f".env.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    new.replace(file)
    return file


def environ_of(env_file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo's processes: ours without any setting, and the name of the file."""
    plain = {name: value for name, value in environ.items() if not name.startswith(("HELPLINE_", "TWILIO_"))}
    return plain | {"HELPLINE_ENV_FILE": str(env_file), "PYTHONUNBUFFERED": "1"}


def _read(file: Path) -> dict[str, str]:
    try:
        return parse_file(file.read_text(encoding="utf-8"), file.name, Faults())
    except OSError:
        return {}
