"""Sealing: what opens, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpline.adapters.sealing import BatchSealer
from helpline.adapters.sealing_format import CIPHERTEXT_BYTES, CONTENT_BYTES, LENGTH_BYTES
from helpline.domain.directory import OrientationType
from helpline.domain.errors import SealingFailed
from helpline.domain.orientation import MAX_PROPOSALS, ONE_OF, SEVERAL_OF, from_codes
from helpline.ports import BatchKey, SealedFiche
from helpline.services.fiche_text import sealed_content

SEALER = BatchSealer()
PAIR = SEALER.new_pair("b" * 32)
ROW = "a" * 32
LONGEST = CONTENT_BYTES - LENGTH_BYTES


@pytest.mark.parametrize("content", ["", "{}", '{"é":"…"}', "x" * LONGEST])
def test_what_is_sealed_opens_again_and_has_one_size(content: str) -> None:
    sealed = SEALER.seal(content, ROW, PAIR.key)

    assert len(sealed.ciphertext) == CIPHERTEXT_BYTES
    assert SEALER.open(sealed, PAIR.private_hex) == content


def test_sealing_twice_gives_two_ciphertexts() -> None:
    assert SEALER.seal("{}", ROW, PAIR.key) != SEALER.seal("{}", ROW, PAIR.key)


def test_a_content_too_long_is_refused_before_anything_is_sealed() -> None:
    with pytest.raises(SealingFailed):
        SEALER.seal("x" * (LONGEST + 1), ROW, PAIR.key)


def test_the_fullest_fiche_there_can_be_fits() -> None:
    codes: dict[str, object] = {name: max((m.value for m in kind), key=len) for name, kind in ONE_OF.items()}
    codes |= {name: [member.value for member in kind] for name, kind in SEVERAL_OF.items()}
    longest_type = max((member.value for member in OrientationType), key=len)
    codes["proposals"] = [[longest_type, "s" * 32, "refusee"]] * MAX_PROPOSALS
    codes["main_difficulty"] = codes["difficulties"][0]  # type: ignore[index]  # a list, built just above

    assert SEALER.seal(sealed_content(from_codes(codes)), ROW, PAIR.key)


@pytest.mark.parametrize("at", [0, 1, 20, 33, 40, 45, 1_000, CIPHERTEXT_BYTES - 1])
def test_a_changed_byte_does_not_open(at: int) -> None:
    sealed = SEALER.seal("{}", ROW, PAIR.key)
    changed = bytearray(sealed.ciphertext)
    changed[at] ^= 1

    with pytest.raises(SealingFailed):
        SEALER.open(replace(sealed, ciphertext=bytes(changed)), PAIR.private_hex)


def test_a_row_moved_to_another_id_or_batch_does_not_open() -> None:
    sealed = SEALER.seal("{}", ROW, PAIR.key)

    for moved in (replace(sealed, row_id="c" * 32), replace(sealed, batch_id="c" * 32)):
        with pytest.raises(SealingFailed):
            SEALER.open(moved, PAIR.private_hex)


def test_another_batchs_private_half_does_not_open() -> None:
    sealed = SEALER.seal("{}", ROW, PAIR.key)

    with pytest.raises(SealingFailed):
        SEALER.open(sealed, SEALER.new_pair("b" * 32).private_hex)


def test_who_sealed_cannot_open() -> None:
    # The only secret of a seal is thrown away with the call; the public half opens nothing.
    sealed = SEALER.seal("{}", ROW, PAIR.key)

    with pytest.raises(SealingFailed):
        SEALER.open(sealed, PAIR.key.public_hex)


@pytest.mark.parametrize("public_hex", ["00" * 32, "01" + "00" * 31, "ab", "no key at all", ""])
def test_a_public_half_that_is_none_is_refused(public_hex: str) -> None:
    with pytest.raises(SealingFailed) as failed:
        SEALER.seal("{}", ROW, BatchKey("b" * 32, public_hex))

    assert failed.value.permanent
    assert failed.value.__context__ is None


def test_a_cut_row_is_refused() -> None:
    with pytest.raises(SealingFailed):
        SEALER.open(SealedFiche(ROW, "b" * 32, b"\x01" * 10), PAIR.private_hex)


def test_no_half_shows_in_a_representation() -> None:
    assert PAIR.private_hex not in repr(PAIR)
