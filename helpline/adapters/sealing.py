"""The cryptography of fiches: `ports.Sealer`.

A fiche is sealed to the public half of its batch: a fresh X25519 key is agreed with it,
HKDF-SHA256 makes an AES-256-GCM key of the secret, and the fresh private key is thrown
away. So whoever seals cannot open, not even what they have just sealed. Everything that
places the fiche (version, row id, batch id) is authenticated: a row moved, swapped or of
another batch does not open. Size is fixed, so it says nothing of what was coded.

Not claimed: that a forged fiche is refused. Whoever can write the row can seal one.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from helpline.adapters.sealing_format import (
    CIPHERTEXT_BYTES,
    CONTENT_BYTES,
    FICHE_SEAL_LABEL,
    LENGTH_BYTES,
    NONCE_BYTES,
    PUBLIC_BYTES,
    SEAL_VERSION,
    VERSION_BYTES,
)
from helpline.domain.errors import SealingFailed
from helpline.ports import BatchKey, BatchPair, SealedFiche

_KEY_BYTES: Final = 32
_VERSION: Final = SEAL_VERSION.to_bytes(VERSION_BYTES)


class BatchSealer:
    """Seals with a public half anywhere; opens only where a private half may be (the clock)."""

    def new_pair(self, batch_id: str) -> BatchPair:
        private = X25519PrivateKey.generate()
        key = BatchKey(batch_id, private.public_key().public_bytes_raw().hex())
        return BatchPair(key, private.private_bytes_raw().hex())

    def seal(self, content: str, row_id: str, key: BatchKey) -> SealedFiche:
        """Seal `content` (canonical JSON) under `row_id` (32 hexadecimal digits) for a batch.

        Twice gives two ciphertexts of the same row, of which the store keeps the first.
        Raises SealingFailed, permanent, when content is too long or a key is no key.
        """
        plain = _padded(content)
        ephemeral = X25519PrivateKey.generate()
        mine = ephemeral.public_key().public_bytes_raw()
        aes = _aes(ephemeral, _bytes(key.public_hex), mine, _bytes(key.public_hex))
        nonce = os.urandom(NONCE_BYTES)
        sealed = aes.encrypt(nonce, plain, _placed(row_id, key.batch_id))
        return SealedFiche(row_id, key.batch_id, _VERSION + mine + nonce + sealed)

    def open(self, sealed: SealedFiche, private_hex: str) -> str:
        """The content again. Raises SealingFailed, permanent, when anything was changed or moved."""
        parts = sealed.ciphertext
        if len(parts) != CIPHERTEXT_BYTES or not parts.startswith(_VERSION):
            raise SealingFailed("a sealed fiche of another size or version", permanent=True)
        private = X25519PrivateKey.from_private_bytes(_bytes(private_hex))
        after = VERSION_BYTES + PUBLIC_BYTES
        theirs, nonce = parts[VERSION_BYTES:after], parts[after : after + NONCE_BYTES]
        aes = _aes(private, theirs, theirs, private.public_key().public_bytes_raw())
        plain: bytes | None
        try:
            plain = aes.decrypt(nonce, parts[after + NONCE_BYTES :], _placed(sealed.row_id, sealed.batch_id))
        except InvalidTag:
            plain = None
        if plain is None:
            raise SealingFailed("a sealed fiche was changed, moved, or is of another batch", permanent=True)
        length = int.from_bytes(plain[:LENGTH_BYTES])
        return plain[LENGTH_BYTES : LENGTH_BYTES + length].decode("utf-8")


def _aes(private: X25519PrivateKey, public: bytes, ephemeral: bytes, batch: bytes) -> AESGCM:
    """The one-time key of a fiche; both public halves are bound into it (RFC 7748 §6.1)."""
    secret: bytes | None
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        secret = None  # a point of low order, or not 32 bytes
    if secret is None:
        raise SealingFailed("a public half that is not one", permanent=True)
    info = FICHE_SEAL_LABEL + ephemeral + batch
    return AESGCM(HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret))


def _placed(row_id: str, batch_id: str) -> bytes:
    """What is authenticated but not hidden: version ‖ row id ‖ batch id, each of fixed length."""
    return _VERSION + _bytes(row_id, 16) + _bytes(batch_id, 16)


def _padded(content: str) -> bytes:
    text = content.encode("utf-8")
    if len(text) > CONTENT_BYTES - LENGTH_BYTES:
        raise SealingFailed("a fiche longer than what is sealed", permanent=True)
    return (len(text).to_bytes(LENGTH_BYTES) + text).ljust(CONTENT_BYTES, b"\0")


def _bytes(digits: str, length: int = _KEY_BYTES) -> bytes:
    found: bytes | None
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        found = None
    if found is None or len(found) != length:
        # The value is not named: it may be half a key.
        raise SealingFailed("a key or id that is not one", permanent=True)
    return found
