"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from helpline.adapters.sql.columns import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("public_half", sa.LargeBinary(length=32), autoincrement=False, nullable=False),
        sa.Column("escrow", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed', 'dissolved', 'lost')", name=op.f("ck_batches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "flow_versions",
        sa.Column("flow_id", sa.String(length=60), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("made_at", Utc(), autoincrement=False, nullable=False),
        sa.Column("is_live", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("flow_id", "version", name=op.f("pk_flow_versions")),
    )
    op.create_table(
        "psychologists",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("handle", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("skills", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_psychologists")),
        sa.UniqueConstraint("handle", name=op.f("uq_psychologists_handle")),
    )
    op.create_table(
        "receipts",
        sa.Column("receipt", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("kept_until", Utc(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("receipt", name=op.f("pk_receipts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_receipts_kept_until"), "receipts", ["kept_until"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("made_at", Utc(), autoincrement=False, nullable=False),
        sa.Column("is_live", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_versions")),
    )
    op.create_table(
        "structures",
        sa.Column("id", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("phone_display", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("territory", sa.String(length=3), autoincrement=False, nullable=False),
        sa.Column("signed_charter", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("verified_on", sa.Date(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structures")),
    )
    op.create_table(
        "sweep_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sweep_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counted_until_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_sweep_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep_state")),
    )
    op.create_table(
        "tallies",
        sa.Column("tally", sa.String(length=60), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=7), autoincrement=False, nullable=False),
        sa.Column("cell", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_tallies_n")),
        sa.PrimaryKeyConstraint("tally", "period", "cell", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "traffic",
        sa.Column("hour_utc", Utc(), autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("cls", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_traffic_n")),
        sa.PrimaryKeyConstraint("hour_utc", "measure", "cls", name=op.f("pk_traffic")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("psychologist_id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'client')", name=op.f("ck_endpoints_kind")),
        sa.ForeignKeyConstraint(
            ["psychologist_id"],
            ["psychologists.id"],
            name=op.f("fk_endpoints_psychologist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
    )
    op.create_index(op.f("ix_endpoints_psychologist_id"), "endpoints", ["psychologist_id"], unique=False)
    op.create_table(
        "sealed_fiches",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.CheckConstraint("length(ciphertext) = 2109", name=op.f("ck_sealed_fiches_size")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_sealed_fiches_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_fiches")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("psychologist_id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("tier", sa.String(length=10), autoincrement=False, nullable=False),
        sa.Column("starts_at", Utc(), autoincrement=False, nullable=False),
        sa.Column("ends_at", Utc(), autoincrement=False, nullable=False),
        sa.CheckConstraint("tier IN ('on_duty', 'standby')", name=op.f("ck_shifts_tier")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shifts_order")),
        sa.ForeignKeyConstraint(
            ["psychologist_id"],
            ["psychologists.id"],
            name=op.f("fk_shifts_psychologist_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_ends_at"), "shifts", ["ends_at"], unique=False)
    op.execute("INSERT INTO sweep_state (id, sweep_no, counted_until_ms) VALUES (1, 0, NULL)")


def downgrade() -> None:
    op.drop_index(op.f("ix_shifts_ends_at"), table_name="shifts")
    op.drop_table("shifts")
    op.drop_table("sealed_fiches")
    op.drop_index(op.f("ix_endpoints_psychologist_id"), table_name="endpoints")
    op.drop_table("endpoints")
    op.drop_table("traffic")
    op.drop_table("tallies")
    op.drop_table("sweep_state")
    op.drop_table("structures")
    op.drop_table("rule_versions")
    op.drop_index(op.f("ix_receipts_kept_until"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("psychologists")
    op.drop_table("flow_versions")
    op.drop_table("batches")
