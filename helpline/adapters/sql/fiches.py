"""Batches and sealed fiches: `ports.SealedFiches` in SQL."""

from __future__ import annotations

from sqlalchemy import Connection

from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables import batches, sealed_fiches
from helpline.adapters.sql.upsert import Row, insert_unless_there
from helpline.ports import BatchKey, SealedFiche


class SqlSealedFiches:
    """Holds what nobody can read without a batch's private half."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_batch(self, key: BatchKey) -> None:
        row: Row = {
            "id": key.batch_id,
            "state": "open",
            "public_half": bytes.fromhex(key.public_hex),
            "escrow": None,
        }
        self._database.transaction(lambda c: c.execute(insert_unless_there(c, batches, [row])).close())

    def put(self, sealed: SealedFiche) -> bool:
        """Store one; False when its row id is there: sealed before, by us or by another.

        Assumes that a fiche leaves Redis before its batch is dissolved; a fiche put again
        after that would count twice. `dissolve` (issue 06) waits for that.
        """
        row: Row = {"id": sealed.row_id, "batch_id": sealed.batch_id, "ciphertext": sealed.ciphertext}

        def put(connection: Connection) -> bool:
            statement = insert_unless_there(connection, sealed_fiches, [row]).returning(sealed_fiches.c.id)
            return connection.execute(statement).scalar() is not None

        return self._database.transaction(put)
