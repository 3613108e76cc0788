"""The tables of those who open the pages: the second page of `tables.py`."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Table, UniqueConstraint

from helpline.adapters.sql.columns import AS_LONG_AS_SHE_WORKS, ID, Utc, metadata, stored
from helpline.adapters.sql.columns import DataClass as C

UNTIL_IT_ENDS = "until it ends, 13 hours at the latest; what has ended goes at the next sign-in"

accounts = Table(
    "accounts",
    metadata,
    stored("id", ID, primary_key=True, cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="to name it elsewhere"),
    stored("handle", String(40), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="what she types to sign in"),
    stored(
        "name",
        String(120),
        cls=C.PRIVATE,
        kept=AS_LONG_AS_SHE_WORKS,
        why="shown to herself; to all on the board, while attack mode is on that she threw",
    ),
    stored("role", String(20), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="which pages are for her"),
    stored(
        "psychologist_id",
        ID,
        ForeignKey("psychologists.id", ondelete="SET NULL"),
        nullable=True,
        cls=C.STAFF,
        kept=AS_LONG_AS_SHE_WORKS,
        why="who she is on the roster",
    ),
    stored(
        "password_hash",
        String(200),
        cls=C.PRIVATE,
        kept=AS_LONG_AS_SHE_WORKS,
        why="argon2id; proves who she is",
    ),
    stored("is_active", Boolean(), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="whether she may sign in"),
    stored("theme", String(5), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="her pages by night and day"),
    stored("language", String(2), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="the language of her pages"),
    UniqueConstraint("handle"),
    CheckConstraint("role IN ('psychologist', 'administrator')", name="role"),
    CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
    CheckConstraint("language IN ('fr', 'en')", name="language"),
)

# No address, no browser: neither is needed, and both say where somebody was.
sessions = Table(
    "sessions",
    metadata,
    stored(
        "token_sha256",
        String(64),
        primary_key=True,
        cls=C.TECHNICAL,
        kept=UNTIL_IT_ENDS,
        why="digest of the token in her browser; the token itself is nowhere here",
    ),
    stored(
        "account_id",
        ID,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        cls=C.STAFF,
        kept=UNTIL_IT_ENDS,
        why="who signed in",
    ),
    stored("begun_at", Utc(), cls=C.STAFF, kept=UNTIL_IT_ENDS, why="when she signed in"),
    stored("seen_at", Utc(), cls=C.STAFF, kept=UNTIL_IT_ENDS, why="last use, to the minute: idle ends it"),
    Index(None, "account_id"),
    sqlite_with_rowid=False,
)
