"""A complete, valid environment for tests: start from it and change what the test is about."""

from __future__ import annotations

import base64


def environ_for_tests(mode: str = "test", **changes: str | None) -> dict[str, str]:
    """Every required setting for `mode`; a change to None takes the name out.

    The values are fixed and good for nothing else; in production mode they pass every rule.
    """
    production = mode == "production"
    origin = "https://{}.ecoute-medecins.fr" if production else "http://127.0.0.1:{}"
    database = (
        "postgresql+psycopg://helpline@/helpline?host=/run/postgresql"
        if production
        else "sqlite:///var/helpline.db"
    )
    environ: dict[str, str | None] = {
        "HELPLINE_MODE": mode,
        "HELPLINE_PUBLIC_ORIGIN": origin.format("voix" if production else 8000),
        "HELPLINE_DASHBOARD_ORIGIN": origin.format("pages" if production else 8001),
        "HELPLINE_DATABASE_URL": database,
        "HELPLINE_REDIS_URL": "unix://app:Nb3kPq7sVw1yZa5d@/run/redis/redis.sock?db=0",
        "HELPLINE_REDIS_CLOCK_URL": "unix://clock:Tf8hJm2rUx6eGc4i@/run/redis/redis.sock?db=0",
        "HELPLINE_RECOVERY_KEY": _key(1),
        "HELPLINE_SECRET_KEYS": "q8Zr2LmX5vNc7BtY1wKs4HdJ9gFp6RaU",
        "HELPLINE_FIELD_KEYS": _key(2),
        "TWILIO_ACCOUNT_SID": "AC" + "0123456789abcdef" * 2,
        "TWILIO_AUTH_TOKEN": "f0e1d2c3b4a5968778695a4b3c2d1e0f",
    }
    environ.update(changes)
    return {name: value for name, value in environ.items() if value is not None}


def _key(seed: int) -> str:
    return base64.b64encode(bytes((seed * 37 + i * 11) % 256 for i in range(32))).decode()
