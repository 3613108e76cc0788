"""One way to log, for every process: to standard error, and never a number or a carrier id.

Code that logs has been kept from having either (the edge strips). This is the last line:
whatever still looks like one is blanked in the text that leaves, tracebacks included.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import Final

QUIET: Final = (
    "twilio",
    "twilio.http_client",
    "rq",
    "rq.worker",
    "urllib3",
    "sqlalchemy",
    "werkzeug",
    "alembic",
)
"""They log requests with their form, jobs with their arguments, statements with their parameters."""

BLANK: Final = "█"
_CARRIER_ID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
# Numbers as people write them too: 06 39 98 00 01, 06.39…; a date has dashes and stays.
_NUMBER = re.compile(r"\+?\d(?:[ .]?\d){6,}")


def scrub(text: str) -> str:
    """`text` with carrier ids and every run of seven digits or more blanked."""
    return _NUMBER.sub(BLANK, _CARRIER_ID.sub(BLANK, text))


class ScrubbingFormatter(logging.Formatter):
    """UTC time, process, level, logger, and the scrubbed rest."""

    def format(self, record: logging.LogRecord) -> str:
        head = (
            f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{record.msecs:03.0f}Z "
            f"{record.process} {record.levelname.lower()} {record.name}: "
        )
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return head + scrub(text)


def set_up(level: int = logging.INFO) -> None:
    """Send everything to standard error through the scrubber; again changes nothing.

    Handlers that a server has put up before (gunicorn's) keep their place and get our
    formatter.
    """
    logging.raiseExceptions = False  # a broken log call would print its arguments
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, ScrubbingFormatter) for handler in root.handlers):
        root.handlers = [logging.StreamHandler(sys.stderr)]
    root.setLevel(level)
    named = [
        logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)
    ]
    for logger in (root, *named):
        for handler in logger.handlers:
            handler.setFormatter(ScrubbingFormatter())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
