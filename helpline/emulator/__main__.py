"""`python -m helpline.emulator [--port 8002] [--config FILE] [--leg-rate N]`: the carrier in real mode, loopback only."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from helpline.emulator.control import ControlError
from helpline.emulator.page.options import Options, phones_from
from helpline.emulator.realtime import fresh_seed
from helpline.emulator.realtime_service import Service
from helpline.emulator.settings import DEMO_NUMBERS, CarrierSettings, OwnNumber

FROM_ENVIRONMENT = {
    "account_sid": "TWILIO_ACCOUNT_SID",
    "auth_token": "TWILIO_AUTH_TOKEN",
    "api_key": "TWILIO_API_KEY",
    "api_secret": "TWILIO_API_SECRET",
    "leg_rate_per_s": "HELPLINE_LEGS_PER_S",
    "seed": "HELPLINE_SEED",
}
OF_PAGE = frozenset({"phones", "allow_origins"})
KEYS = frozenset({*FROM_ENVIRONMENT, *OF_PAGE, "numbers", "media", "knobs", "log_keeps", "ended_keeps"})
LOG_KEEPS, ENDED_KEEPS = 100_000, 10_000  # a demonstration of weeks takes no more than some 300 MB


def settings_from(config: Mapping[str, Any], environment: Mapping[str, str]) -> CarrierSettings:
    """Settings from a configuration file's object, which wins, and the environment. Raises ValueError, saying where.

    numbers: `[{"number": "+33199000001", "aliases": ["0800288038"]}]`, the demo lines when absent.
    """
    unknown = set(config) - KEYS
    if unknown:
        raise ValueError(f"unknown setting {', '.join(sorted(unknown))}")
    texts = {key: str(config.get(key, environment.get(name, ""))) for key, name in FROM_ENVIRONMENT.items()}
    numbers = tuple(
        OwnNumber(row["number"], tuple(row.get("aliases", ()))) for row in config.get("numbers", ())
    )
    default = CarrierSettings()
    return CarrierSettings(
        account_sid=texts["account_sid"] or default.account_sid,
        auth_token=texts["auth_token"] or default.auth_token,
        api_key=texts["api_key"],
        api_secret=texts["api_secret"],
        numbers=numbers or DEMO_NUMBERS,
        leg_rate_per_s=float(texts["leg_rate_per_s"] or default.leg_rate_per_s),
        seed=int(texts["seed"] or fresh_seed()),
        media=dict(config.get("media", {})),
        log_keeps=int(config.get("log_keeps", LOG_KEEPS)),
        ended_keeps=int(config.get("ended_keeps", ENDED_KEEPS)),
    )


def options_from(config: Mapping[str, Any], phones: Sequence[str], origins: Sequence[str]) -> Options:
    """The page's options from the configuration file and the command line, which adds. Raises ValueError."""
    named = config.get("phones", {})
    if not isinstance(named, dict):
        raise ValueError("phones: an object of labels and numbers")  # noqa: TRY004 -- told in one line
    given = config.get("allow_origins", [])
    if not isinstance(given, list):
        raise ValueError("allow_origins: a list of origins")  # noqa: TRY004 -- as above
    numbers = {str(label): str(number) for label, number in named.items()}
    return Options(
        phones=numbers | phones_from(phones), allow_origins=(*(str(origin) for origin in given), *origins)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop. Exit status 2 for a wrong configuration."""
    parser = argparse.ArgumentParser(prog="python -m helpline.emulator", description="The offline carrier.")
    base = os.environ.get("HELPLINE_PORT_BASE", "8000")
    parser.add_argument("--port", type=int, default=int(base) + 2)
    parser.add_argument("--config", type=Path, help="JSON object of settings")
    parser.add_argument("--leg-rate", type=float, help="legs created by REST that leave per second")
    parser.add_argument(
        "--phone", action="append", default=[], metavar="LABEL=NUMBER", help="name a telephone"
    )
    parser.add_argument("--allow-origin", action="append", default=[], help="a page that may be a softphone")
    asked = parser.parse_args(arguments)
    try:
        config = json.loads(asked.config.read_text("utf-8")) if asked.config else {}
        if asked.leg_rate is not None:
            config["leg_rate_per_s"] = asked.leg_rate
        options = options_from(config, asked.phone, asked.allow_origin)
        service = Service(settings_from(config, os.environ), asked.port, options)
        service.control.set_knobs(config.get("knobs", {}))
    except (ValueError, KeyError, OSError, ControlError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    return _serve(service)


def _serve(service: Service) -> int:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    service.start()
    print(f"emulator: listening on http://127.0.0.1:{service.port}", flush=True)
    stop.wait()
    service.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
