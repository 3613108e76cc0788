"""Accounts and sessions of the pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from helpline.adapters.sql.columns import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("handle", sa.String(length=40), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=20), autoincrement=False, nullable=False),
        sa.Column("psychologist_id", sa.String(length=32), autoincrement=False, nullable=True),
        sa.Column("password_hash", sa.String(length=200), autoincrement=False, nullable=False),
        sa.Column("is_active", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("theme", sa.String(length=5), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=2), autoincrement=False, nullable=False),
        sa.CheckConstraint("role IN ('psychologist', 'administrator')", name=op.f("ck_accounts_role")),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_accounts_theme")),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_accounts_language")),
        sa.ForeignKeyConstraint(
            ["psychologist_id"],
            ["psychologists.id"],
            name=op.f("fk_accounts_psychologist_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("handle", name=op.f("uq_accounts_handle")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("begun_at", Utc(), autoincrement=False, nullable=False),
        sa.Column("seen_at", Utc(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_account_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("accounts")
