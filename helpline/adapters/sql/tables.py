"""Every table in SQL. What people edit, what is sealed, what is counted; no call.

A new column needs its class, retention and purpose here and its line in `docs/data.md`.
Nothing here may hold a time finer than an hour that belongs to one call, a carrier's
id, or a number that is not a psychologist's or a structure's.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from helpline.adapters.sealing_format import CIPHERTEXT_BYTES
from helpline.adapters.sql import columns, tables_accounts
from helpline.adapters.sql.columns import AS_LONG_AS_SHE_WORKS, ID, Utc, stored
from helpline.adapters.sql.columns import DataClass as C

metadata = columns.metadata

WHILE_LISTED = "while listed"
FOR_EVER = "for ever"
ONE_YEAR = "1 year after the shift"
LAST_VERSIONS = "for ever: who changed what reaches a caller, and why"
UNTIL_DISSOLVED = "until the batch is dissolved, 31 days at the latest"
UNTIL_FOLDED = "35 days, then folded by month"

psychologists = Table(
    "psychologists",
    metadata,
    stored("id", ID, primary_key=True, cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="to name her elsewhere"),
    stored("handle", String(40), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="what rules and logs call her"),
    stored("name", String(120), cls=C.PRIVATE, kept=AS_LONG_AS_SHE_WORKS, why="shown to colleagues"),
    stored("skills", Text(), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="which calls may ring her"),
    stored("position", Integer(), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="a stable order of the team"),
    UniqueConstraint("handle"),
)

endpoints = Table(
    "endpoints",
    metadata,
    stored(
        "id",
        ID,
        primary_key=True,
        cls=C.STAFF,
        kept=AS_LONG_AS_SHE_WORKS,
        why="to name it without its number",
    ),
    stored(
        "psychologist_id",
        ID,
        ForeignKey("psychologists.id", ondelete="CASCADE"),
        cls=C.STAFF,
        kept=AS_LONG_AS_SHE_WORKS,
        why="whose it is",
    ),
    stored("kind", String(10), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="phone or browser"),
    # Issue 05 encrypts it with the field keys; the class is already that of a private number.
    stored("address", String(120), cls=C.PRIVATE, kept=AS_LONG_AS_SHE_WORKS, why="to ring her"),
    stored(
        "position", Integer(), cls=C.STAFF, kept=AS_LONG_AS_SHE_WORKS, why="in which order they are tried"
    ),
    CheckConstraint("kind IN ('phone', 'client')", name="kind"),
    Index(None, "psychologist_id"),
)

shifts = Table(
    "shifts",
    metadata,
    stored("id", ID, primary_key=True, cls=C.STAFF, kept=ONE_YEAR, why="to name it"),
    stored(
        "psychologist_id",
        ID,
        ForeignKey("psychologists.id", ondelete="CASCADE"),
        cls=C.STAFF,
        kept=ONE_YEAR,
        why="who is planned",
    ),
    stored("tier", String(10), cls=C.STAFF, kept=ONE_YEAR, why="on duty or standby"),
    stored("starts_at", Utc(), cls=C.STAFF, kept=ONE_YEAR, why="from when, included"),
    stored("ends_at", Utc(), cls=C.STAFF, kept=ONE_YEAR, why="until when, not included"),
    CheckConstraint("tier IN ('on_duty', 'standby')", name="tier"),
    CheckConstraint("starts_at < ends_at", name="order"),
    Index(None, "ends_at"),
)

structures = Table(
    "structures",
    metadata,
    stored("id", String(40), primary_key=True, cls=C.PUBLIC, kept=WHILE_LISTED, why="to name it on a fiche"),
    stored("position", Integer(), cls=C.PUBLIC, kept=WHILE_LISTED, why="the seeds' order"),
    stored("type", String(10), cls=C.PUBLIC, kept=WHILE_LISTED, why="which of the five orientation types"),
    stored("name", String(200), cls=C.PUBLIC, kept=WHILE_LISTED, why="what it is called"),
    stored("phone_display", String(40), cls=C.PUBLIC, kept=WHILE_LISTED, why="read aloud to the caller"),
    stored("territory", String(3), cls=C.PUBLIC, kept=WHILE_LISTED, why="whom it serves"),
    stored("signed_charter", Boolean(), cls=C.PUBLIC, kept=WHILE_LISTED, why="a badge on its card"),
    stored("verified_on", Date(), nullable=True, cls=C.PUBLIC, kept=WHILE_LISTED, why="to see what is stale"),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    stored("version", Integer(), primary_key=True, cls=C.SETTING, kept=LAST_VERSIONS, why="its number"),
    stored("text", Text(), cls=C.SETTING, kept=LAST_VERSIONS, why="the document as written, comments kept"),
    stored("author", String(40), cls=C.STAFF, kept=LAST_VERSIONS, why="whose change it was"),
    stored("reason", Text(), cls=C.SETTING, kept=LAST_VERSIONS, why="why it was made"),
    stored("made_at", Utc(), cls=C.SETTING, kept=LAST_VERSIONS, why="when it was made"),
    stored("is_live", Boolean(), cls=C.SETTING, kept=LAST_VERSIONS, why="which one reaches callers"),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    stored("flow_id", String(60), primary_key=True, cls=C.SETTING, kept=LAST_VERSIONS, why="which flow"),
    stored("version", Integer(), primary_key=True, cls=C.SETTING, kept=LAST_VERSIONS, why="its number"),
    stored("text", Text(), cls=C.SETTING, kept=LAST_VERSIONS, why="the document as written, comments kept"),
    stored("author", String(40), cls=C.STAFF, kept=LAST_VERSIONS, why="whose change it was"),
    stored("reason", Text(), cls=C.SETTING, kept=LAST_VERSIONS, why="why it was made"),
    stored("made_at", Utc(), cls=C.SETTING, kept=LAST_VERSIONS, why="when it was made"),
    stored("is_live", Boolean(), cls=C.SETTING, kept=LAST_VERSIONS, why="which one reaches callers"),
)

batches = Table(
    "batches",
    metadata,
    stored("id", ID, primary_key=True, cls=C.TECHNICAL, kept=UNTIL_DISSOLVED, why="bound into every seal"),
    stored("state", String(10), cls=C.TECHNICAL, kept=UNTIL_DISSOLVED, why="open, closed, dissolved or lost"),
    stored(
        "public_half",
        LargeBinary(32),
        cls=C.TECHNICAL,
        kept=UNTIL_DISSOLVED,
        why="evidence; never used to seal",
    ),
    # Filled by issue 06: the private half, encrypted to the DPO's recovery key.
    stored(
        "escrow",
        LargeBinary(),
        nullable=True,
        cls=C.TECHNICAL,
        kept=UNTIL_DISSOLVED,
        why="to survive a loss of RAM",
    ),
    CheckConstraint("state IN ('open', 'closed', 'dissolved', 'lost')", name="state"),
)

# No time, no author, no order of arrival: WITHOUT ROWID, and the key is random.
sealed_fiches = Table(
    "sealed_fiches",
    metadata,
    stored(
        "id",
        ID,
        primary_key=True,
        cls=C.CONTENT,
        kept=UNTIL_DISSOLVED,
        why="random; makes a second seal harmless",
    ),
    stored(
        "batch_id",
        ID,
        ForeignKey("batches.id"),
        cls=C.TECHNICAL,
        kept=UNTIL_DISSOLVED,
        why="which key opens it",
    ),
    stored(
        "ciphertext",
        LargeBinary(),
        cls=C.CONTENT,
        kept=UNTIL_DISSOLVED,
        why="the fiche, sealed, of fixed size",
    ),
    CheckConstraint(f"length(ciphertext) = {CIPHERTEXT_BYTES}", name="size"),
    sqlite_with_rowid=False,
)

tallies = Table(
    "tallies",
    metadata,
    stored("tally", String(60), primary_key=True, cls=C.CONTENT, kept=FOR_EVER, why="which declared table"),
    stored("period", String(7), primary_key=True, cls=C.CONTENT, kept=FOR_EVER, why="quarter or year"),
    stored("cell", String(120), primary_key=True, cls=C.CONTENT, kept=FOR_EVER, why="which cell of it"),
    stored("n", Integer(), cls=C.CONTENT, kept=FOR_EVER, why="how many fiches"),
    CheckConstraint("n > 0", name="n"),
    sqlite_with_rowid=False,
)

traffic = Table(
    "traffic",
    metadata,
    stored(
        "hour_utc", Utc(), primary_key=True, cls=C.TRAFFIC, kept=UNTIL_FOLDED, why="the hour the calls began"
    ),
    stored("measure", String(20), primary_key=True, cls=C.TRAFFIC, kept=UNTIL_FOLDED, why="what is counted"),
    stored(
        "cls", String(40), primary_key=True, cls=C.TRAFFIC, kept=UNTIL_FOLDED, why="line, end state or class"
    ),
    stored("n", Integer(), cls=C.TRAFFIC, kept=UNTIL_FOLDED, why="how many calls"),
    CheckConstraint("n > 0", name="n"),
    sqlite_with_rowid=False,
)

receipts = Table(
    "receipts",
    metadata,
    stored(
        "receipt",
        ID,
        primary_key=True,
        cls=C.TECHNICAL,
        kept="24 h after counted_until",
        why="counts a leg once",
    ),
    # The same for all of one sweep and rounded up to the hour: no call's own time.
    stored("kept_until", Utc(), cls=C.TECHNICAL, kept="24 h after counted_until", why="when to purge it"),
    Index(None, "kept_until"),
    sqlite_with_rowid=False,
)

sweep_state = Table(
    "sweep_state",
    metadata,
    stored(
        "id",
        SmallInteger(),
        primary_key=True,
        cls=C.TECHNICAL,
        kept=FOR_EVER,
        why="always 1: there is one row",
    ),
    stored("sweep_no", BigInteger(), cls=C.TECHNICAL, kept=FOR_EVER, why="two sweeps cannot both commit"),
    stored(
        "counted_until_ms",
        BigInteger(),
        nullable=True,
        cls=C.TRAFFIC,
        kept="overwritten by the next sweep",
        why="the carrier's latest end time counted",
    ),
    CheckConstraint("id = 1", name="one_row"),
)

accounts = tables_accounts.accounts
sessions = tables_accounts.sessions
