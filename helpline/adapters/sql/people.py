"""What people edit, read whole and seeded: `ports.PublishedStore` and `ports.SeedStore`."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, Table, exists, select

from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables import (
    endpoints,
    flow_versions,
    psychologists,
    rule_versions,
    shifts,
    structures,
)
from helpline.adapters.sql.upsert import Row, insert_unless_there
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from helpline.domain.snapshot import Snapshot

_SEEDED: Row = {"version": 1, "author": "seed", "reason": "first version", "is_live": True}

_ORIENTATIONS = {orientation.value: orientation for orientation in OrientationType}


class SqlPublishedStore:
    """Reads everything in one transaction, so that the parts fit together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def snapshot(self) -> Snapshot:
        return self._database.transaction(_snapshot)


class SqlSeedStore:
    """Adds by id and never overwrites: seeding twice changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_psychologist(self, person: Psychologist, position: int) -> bool:
        row: Row = {
            "id": person.id,
            "handle": person.handle,
            "name": person.name,
            "skills": ",".join(sorted(person.skills)),
            "position": position,
        }
        hers: list[Row] = [
            {
                "id": endpoint.id,
                "psychologist_id": person.id,
                "kind": endpoint.kind.value,
                "address": endpoint.address,
                "position": place,
            }
            for place, endpoint in enumerate(person.endpoints)
        ]

        def add(connection: Connection) -> bool:
            new = _add(connection, psychologists, row)
            # Only with her: endpoints she has removed since must not come back.
            if new and hers:
                connection.execute(insert_unless_there(connection, endpoints, hers))
            return new

        return self._database.transaction(add)

    def add_shift(self, shift_id: str, shift: Shift) -> bool:
        return self._add(
            shifts,
            {
                "id": shift_id,
                "psychologist_id": shift.psychologist_id,
                "tier": shift.tier.value,
                "starts_at": shift.interval.starts_at,
                "ends_at": shift.interval.ends_at,
            },
        )

    def add_structure(self, structure: Structure, position: int) -> bool:
        return self._add(
            structures,
            {
                "id": structure.id,
                "position": position,
                "type": structure.type.value,
                "name": structure.name,
                "phone_display": structure.phone_display,
                "territory": structure.territory,
                "signed_charter": structure.signed_charter,
                "verified_on": structure.verified_on,
            },
        )

    def add_rules(self, text: str, made_at: datetime) -> bool:
        def add(connection: Connection) -> bool:
            there = connection.execute(select(exists(rule_versions.select()))).scalar()
            return not there and _add(
                connection, rule_versions, {**_SEEDED, "text": text, "made_at": made_at}
            )

        return self._database.transaction(add)

    def add_flow(self, flow_id: str, text: str, made_at: datetime) -> bool:
        def add(connection: Connection) -> bool:
            of_it = flow_versions.select().where(flow_versions.c.flow_id == flow_id)
            row: Row = {**_SEEDED, "flow_id": flow_id, "text": text, "made_at": made_at}
            return not connection.execute(select(exists(of_it))).scalar() and _add(
                connection, flow_versions, row
            )

        return self._database.transaction(add)

    def _add(self, table: Table, row: Row) -> bool:
        return self._database.transaction(lambda connection: _add(connection, table, row))


def _add(connection: Connection, table: Table, row: Row) -> bool:
    key = next(iter(table.primary_key))
    return (
        connection.execute(insert_unless_there(connection, table, [row]).returning(key)).scalar() is not None
    )


def _snapshot(connection: Connection) -> Snapshot:
    live_rules = select(rule_versions.c.text).where(rule_versions.c.is_live)
    live_flows = select(flow_versions.c.flow_id, flow_versions.c.text).where(flow_versions.c.is_live)
    newest_first = rule_versions.c.version.desc()
    return Snapshot(
        roster=Roster(_psychologists(connection), _shifts(connection)),
        structures=_structures(connection),
        rules_yaml=connection.execute(live_rules.order_by(newest_first)).scalars().first() or "",
        flows_yaml={row.flow_id: row.text for row in connection.execute(live_flows)},
    )


def _psychologists(connection: Connection) -> tuple[Psychologist, ...]:
    hers: defaultdict[str, list[Endpoint]] = defaultdict(list)
    for row in connection.execute(select(endpoints).order_by(endpoints.c.position, endpoints.c.id)):
        hers[row.psychologist_id].append(Endpoint(row.id, EndpointKind(row.kind), row.address))
    people = connection.execute(select(psychologists).order_by(psychologists.c.position, psychologists.c.id))
    return tuple(
        Psychologist(
            id=row.id,
            handle=row.handle,
            name=row.name,
            endpoints=tuple(hers[row.id]),
            skills=frozenset(filter(None, row.skills.split(","))),
        )
        for row in people
    )


def _shifts(connection: Connection) -> tuple[Shift, ...]:
    rows = connection.execute(select(shifts).order_by(shifts.c.starts_at, shifts.c.id))
    return tuple(
        Shift(row.psychologist_id, Tier(row.tier), Interval(row.starts_at, row.ends_at)) for row in rows
    )


def _structures(connection: Connection) -> tuple[Structure, ...]:
    rows = connection.execute(select(structures).order_by(structures.c.position, structures.c.id))
    return tuple(
        Structure(
            id=row.id,
            type=_ORIENTATIONS[row.type],
            name=row.name,
            phone_display=row.phone_display,
            territory=row.territory,
            signed_charter=row.signed_charter,
            verified_on=row.verified_on,
        )
        for row in rows
    )
