"""What gunicorn serves: `dashboard.wsgi:app`, one service a worker process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask

from dashboard.app import create_app
from helpline import logs
from helpline.bootstrap import NotSetUp, service_of
from helpline.bootstrap_tools import preflight_of
from helpline.config import SettingsError, load_settings

CANNOT_START = 4
"""gunicorn's status for "the application cannot be loaded": its master ends instead of trying for ever."""


def make() -> Flask:
    """The application of this process, or the end of it with one line a fault on standard error."""
    logs.set_up()
    try:
        settings = load_settings(os.environ, Path.cwd())
        faults = preflight_of(settings)
        if not faults:
            return create_app(service_of(settings))
    except SettingsError as error:
        faults = list(error.faults)
    except NotSetUp as error:
        faults = [str(error)]
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    sys.exit(CANNOT_START)


app = make()
