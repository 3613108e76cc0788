"""The snapshot on disk: what web and effects read instead of SQL. `ports.Snapshots`.

One JSON file, mode 600 (it holds psychologists' numbers), replaced whole: a reader sees
the old one or the new one. Everything is made into domain objects when it is read, so a
file that is damaged or of another release is refused as a whole and the last good one
stays in use.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from helpline.domain.directory import OrientationType, Structure
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from helpline.domain.snapshot import Snapshot

Json: TypeAlias = "str | int | bool | None | list[Json] | dict[str, Json]"
FORMAT: Final = 1
_ORIENTATIONS: Final = {orientation.value: orientation for orientation in OrientationType}
_log = logging.getLogger(__name__)


class FileSnapshots:
    """`folder/snapshot.json`; one object per process, safe between threads.

    `current` costs one `stat`; the file is read again only when that shows another file.
    The same file gives the same object, so `is` tells whether anything is new.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "snapshot.json"
        self._path = str(
            self._file
        )  # looked at several times a webhook; a Path makes its text anew each time
        # Stamp and snapshot change together: one assignment of one tuple.
        self._held: tuple[tuple[int, int, int] | None, Snapshot | None] = (None, None)

    def current(self) -> Snapshot | None:
        held_stamp, held = self._held
        stamp = self._stamp()
        if stamp is None or stamp == held_stamp:
            return held
        newest = self._read()
        if newest is None:
            _log.error("the snapshot on disk was refused; the last good one stays in use")
        # A refused file is not read again until it changes.
        self._held = (stamp, newest or held)
        return self._held[1]

    def replace(self, snapshot: Snapshot) -> None:
        """Put a new one in place. Raises OSError; then the old one is still there, whole.

        The file and its folder are flushed: after a power cut the line answers with this
        file and nothing else.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        text = json.dumps(_to_json(snapshot), ensure_ascii=False, indent=1)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        _flush_folder(self._file.parent)

    def _stamp(self) -> tuple[int, int, int] | None:
        """Time of change alone is too coarse on some file systems; a replaced file is another inode."""
        try:
            found = os.stat(self._path)  # noqa: PTH116  # see above
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def _read(self) -> Snapshot | None:
        try:
            return _from_json(json.loads(self._file.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # The reason is not logged: it may quote a number.
            return None


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_json(snapshot: Snapshot) -> Json:
    return {
        "format": FORMAT,
        "psychologists": [_person_to_json(person) for person in snapshot.roster.psychologists],
        "shifts": [_shift_to_json(shift) for shift in snapshot.roster.shifts],
        "structures": [_structure_to_json(structure) for structure in snapshot.structures],
        "rules": snapshot.rules_yaml,
        "flows": dict(snapshot.flows_yaml),
    }


def _person_to_json(person: Psychologist) -> Json:
    return {
        "id": person.id,
        "handle": person.handle,
        "name": person.name,
        "skills": list[Json](sorted(person.skills)),
        "endpoints": [
            {"id": endpoint.id, "kind": endpoint.kind.value, "address": endpoint.address}
            for endpoint in person.endpoints
        ],
    }


def _shift_to_json(shift: Shift) -> Json:
    return {
        "psychologist": shift.psychologist_id,
        "tier": shift.tier.value,
        "starts_at": shift.interval.starts_at.isoformat(),
        "ends_at": shift.interval.ends_at.isoformat(),
    }


def _structure_to_json(structure: Structure) -> Json:
    return {
        "id": structure.id,
        "type": structure.type.value,
        "name": structure.name,
        "phone_display": structure.phone_display,
        "territory": structure.territory,
        "signed_charter": structure.signed_charter,
        "verified_on": structure.verified_on.isoformat() if structure.verified_on else None,
    }


def _from_json(found: Mapping[str, object]) -> Snapshot:
    """Raises KeyError, TypeError or ValueError for anything but what `_to_json` writes."""
    if found["format"] != FORMAT:
        raise ValueError("a snapshot of another release")
    return Snapshot(
        roster=Roster(
            tuple(map(_person, _list(found["psychologists"]))), tuple(map(_shift, _list(found["shifts"])))
        ),
        structures=tuple(map(_structure, _list(found["structures"]))),
        rules_yaml=_text(found["rules"]),
        flows_yaml={flow: _text(text) for flow, text in _dict(found["flows"]).items()},
    )


def _person(found: object) -> Psychologist:
    fields = _dict(found)
    return Psychologist(
        id=_text(fields["id"]),
        handle=_text(fields["handle"]),
        name=_text(fields["name"]),
        endpoints=tuple(map(_endpoint, _list(fields["endpoints"]))),
        skills=frozenset(map(_text, _list(fields["skills"]))),
    )


def _endpoint(found: object) -> Endpoint:
    fields = _dict(found)
    return Endpoint(_text(fields["id"]), EndpointKind(_text(fields["kind"])), _text(fields["address"]))


def _shift(found: object) -> Shift:
    fields = _dict(found)
    starts_at, ends_at = (datetime.fromisoformat(_text(fields[name])) for name in ("starts_at", "ends_at"))
    return Shift(_text(fields["psychologist"]), Tier(_text(fields["tier"])), Interval(starts_at, ends_at))


def _structure(found: object) -> Structure:
    fields = _dict(found)
    verified_on = fields["verified_on"]
    return Structure(
        id=_text(fields["id"]),
        type=_ORIENTATIONS[_text(fields["type"])],
        name=_text(fields["name"]),
        phone_display=_text(fields["phone_display"]),
        territory=_text(fields["territory"]),
        signed_charter=fields["signed_charter"] is True,
        verified_on=None if verified_on is None else date.fromisoformat(_text(verified_on)),
    )


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("a text was expected")
    return found


def _list(found: object) -> list[object]:
    if not isinstance(found, list):
        raise TypeError("a list was expected")
    return found


def _dict(found: object) -> dict[str, object]:
    if not isinstance(found, dict):
        raise TypeError("an object was expected")
    return found
