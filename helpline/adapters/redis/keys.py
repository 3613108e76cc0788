"""Which Redis user may touch which keys: the one list that the servers' access rules are written from.

Redis holds two kinds of things (design §4): the working state of calls, which web, workers and desk share as
user `app`; and the private halves of open batches, which only the clock process may read, as user `clock`.
An entry that ends with ":" is a prefix, any other one is a whole key. A key outside this list is refused to
`app` by the server itself, so a new kind of key starts here.
"""

from __future__ import annotations

APP_KEY_PREFIXES: tuple[str, ...] = (
    "epoch",
    "draft",
    "call:",
    "calls",
    "sid:",
    "waiting:",
    "needs",
    "psy:",
    "psys",
    "offer:",
    "offers",
    "offers:",
    "due",
    "due:",
    "wake:",
    "room:",
    "fiche:",
    "fiches",
    "done:",
    "receipt:",
    "lease:",
    "tokens",
    "legs",
    "alarms",
    "attack",
    "attack:by",
    "rq:",
    "clock:",
    "stat:",
    "note:",
    "tries:",
)
APP_READ_ONLY_KEYS: tuple[str, ...] = ("batch:public",)
APP_CHANNEL_PREFIXES: tuple[str, ...] = ("live:", "note:", "rq:")

# Data commands in, everything that reaches past one's own keys out. Order matters to the server: last wins.
# SCAN, KEYS (dangerous) and RANDOMKEY tell the names of keys one may not read. EVAL is left out because only
# scripts loaded by their digest are used (design §6). INFO and CLIENT INFO are asked for by rq.
_DATA_COMMANDS = (
    "-@all +@read +@write +@connection +@transaction +@pubsub -@scripting -@dangerous -@admin "
    "+time +evalsha +evalsha_ro +script|load +script|exists +info +client|info"
)


def app_rule(password_sha256: str) -> str:
    """The access rule of user `app` as in `user app …`. password_sha256: 64 hexadecimal digits."""
    keys = " ".join(f"~{_pattern(key)}" for key in APP_KEY_PREFIXES)
    readable = " ".join(f"%R~{_pattern(key)}" for key in APP_READ_ONLY_KEYS)
    channels = " ".join(f"&{_pattern(channel)}" for channel in APP_CHANNEL_PREFIXES)
    reset = "reset on sanitize-payload"
    return (
        f"user app {reset} #{password_sha256} {keys} {readable} {channels} {_DATA_COMMANDS} -scan -randomkey"
    )


def clock_rule(password_sha256: str) -> str:
    """The access rule of user `clock`: every key; of the dangerous commands only the reading of the set-up."""
    return f"user clock reset on sanitize-payload #{password_sha256} ~* &* {_DATA_COMMANDS} +config|get"


def _pattern(entry: str) -> str:
    return f"{entry}*" if entry.endswith(":") else entry
