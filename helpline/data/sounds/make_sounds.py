"""Makes `attente.wav`, the soft sound of the waiting line: `python make_sounds.py`.

Fifteen seconds of three slow chords that melt into one another, made of plain sines: our
own, so that nobody's rights are played on the line. It is never silent for more than two
seconds and begins and ends in a fade, between the sentences of the line. 8 kHz, mono, 16 bit:
what a telephone line carries. The same run makes the same bytes.
"""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE_HZ = 8_000
CHORD_S = 5.0
FADE_S = 1.5
LOUDNESS = 0.22
"""Of full scale: music on hold that is as loud as a voice hurts."""

# Fa, la mineur, do: frequencies in hertz of the notes, low ones first.
CHORDS_HZ = (
    (174.61, 261.63, 349.23, 440.00),
    (220.00, 261.63, 329.63, 440.00),
    (196.00, 261.63, 329.63, 392.00),
)


def loudness_at(since_s: float) -> float:
    """How loud a chord is, 0 to 1, so many seconds after it began; it outlasts its five seconds."""
    rising = min(1.0, since_s / FADE_S)
    falling = min(1.0, (CHORD_S + FADE_S - since_s) / FADE_S)
    # Cosine-shaped, so that neither the beginning nor the end of a fade is heard as one.
    return 0.5 - 0.5 * math.cos(math.pi * max(0.0, min(rising, falling)))


def sample_at(at_s: float) -> float:
    """The sound at an instant, -1 to 1."""
    length_s = CHORD_S * len(CHORDS_HZ)
    sample = 0.0
    for place, notes in enumerate(CHORDS_HZ):
        since_s = at_s - place * CHORD_S
        if 0 <= since_s < CHORD_S + FADE_S:
            tone = sum(math.sin(2 * math.pi * note * at_s) / (1 + rank) for rank, note in enumerate(notes))
            sample += loudness_at(since_s) * tone / len(notes)
    # A slow swell keeps it from sounding like a dial tone.
    swell = 0.85 + 0.15 * math.sin(2 * math.pi * at_s / CHORD_S)
    return sample * swell * min(1.0, (length_s - at_s) / FADE_S)


def write(path: Path) -> None:
    count = int(RATE_HZ * CHORD_S * len(CHORDS_HZ))
    samples = [sample_at(place / RATE_HZ) for place in range(count)]
    scale = LOUDNESS * 32_767 / max(abs(sample) for sample in samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", round(sample * scale)) for sample in samples))


if __name__ == "__main__":
    write(Path(__file__).with_name("attente.wav"))
