"""Have a batch open, so that fiches can be sealed. Run by the clock alone."""

from __future__ import annotations

from helpline.ports import BatchKey, BatchKeys, Chance, SealedFiches, Sealer


def open_batch(
    keys: BatchKeys, fiches: SealedFiches, sealer: Sealer, chance: Chance, now_ms: int
) -> BatchKey:
    """The open batch, made if there is none; raises LiveStateDown or DatabaseDown.

    Redis first, SQL after: a batch whose private half is in nobody's memory must not
    come to be. SQL is told each time, so a row that was missed is made up for. After a
    loss of Redis the old batch stays `open` in SQL without its key; issue 06 asks the
    DPO's recovery key for it or declares it lost, and writes the escrow here, before
    `ensure_batch`.
    """
    key = keys.public()
    if key is None:
        key = keys.publish(sealer.new_pair(chance.new_id()), now_ms)
    fiches.ensure_batch(key)
    return key
