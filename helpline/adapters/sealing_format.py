"""The shape of a sealed fiche, and every label a key is derived under.

One place, so that two purposes can never share a key by accident and the size that
`tables.py` enforces is the size that `sealing.py` writes.
"""

from __future__ import annotations

from typing import Final

# Key-derivation labels. Never reuse one; a new purpose or version is a new line.
FICHE_SEAL_LABEL: Final = b"helpline/fiche-seal/v1"

SEAL_VERSION: Final = 1

# version ‖ ephemeral public half ‖ nonce ‖ ciphertext ‖ tag
VERSION_BYTES: Final = 1
PUBLIC_BYTES: Final = 32
NONCE_BYTES: Final = 12
CONTENT_BYTES: Final = 2_048  # canonical JSON, its length in front, zeros behind
TAG_BYTES: Final = 16
LENGTH_BYTES: Final = 2
CIPHERTEXT_BYTES: Final = VERSION_BYTES + PUBLIC_BYTES + NONCE_BYTES + CONTENT_BYTES + TAG_BYTES
