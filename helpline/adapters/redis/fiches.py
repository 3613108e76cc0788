"""Open fiches and the halves of the open batch: `ports.OpenFiches`, `ports.BatchKeys`.

The bridge and the end of a call write theirs in the call's own step (`Change.fiche`).

Keys of user `app` (which may only read `batch:public`):
  fiche:<fiche>         hash: row call psychologist codes edition closed
  fiche:call:<call>     string: the fiche of a call; `sealed` until the call is forgotten
  fiches                sorted set of open fiches by the moment they are sealed, +inf while they talk
  batch:public          hash: id, public (hexadecimal)
Keys of user `clock` alone:
  batch:private:<batch> string: the private half (hexadecimal)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from helpline.adapters.redis.plain_scripts import PlainScripts, as_list
from helpline.adapters.redis.scripts import Client, guarded
from helpline.ports import BatchKey, BatchPair, NewFiche, OpenFiche

_NAMES: Final = ("fiche_open", "fiche_change")


class RedisOpenFiches:
    """One call has one fiche, whoever is in charge of it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._scripts = PlainScripts(client, _NAMES)

    def open(self, new: NewFiche, now_ms: int) -> str | None:
        args = (new.fiche_id, new.row_id, new.call_id, new.psychologist, new.codes)
        return str(self._scripts.run("fiche_open", now_ms, *args)) or None

    def of_call(self, call_id: str) -> OpenFiche | None:
        fiche_id = guarded(lambda: self._client.get(f"fiche:call:{call_id}"))
        return self.read(str(fiche_id)) if fiche_id not in (None, "sealed") else None

    def of_psychologist(self, psychologist: str) -> list[OpenFiche]:
        ids = guarded(lambda: self._client.zrange("fiches", 0, -1))
        return [fiche for fiche in self._read_all(_texts(ids)) if fiche.psychologist == psychologist]

    def read(self, fiche_id: str) -> OpenFiche | None:
        pipe = self._client.pipeline(transaction=True)
        pipe.hgetall(f"fiche:{fiche_id}")
        pipe.zscore("fiches", fiche_id)
        fields, score = guarded(pipe.execute)
        if not fields or score is None:
            return None
        return OpenFiche(
            fiche_id=fiche_id,
            row_id=fields["row"],
            call_id=fields["call"],
            psychologist=fields["psychologist"],
            codes=fields["codes"],
            edition=int(fields["edition"]),
            closed=fields["closed"] == "1",
            seal_at_ms=None if math.isinf(score) else int(score),
        )

    def write(self, fiche: OpenFiche, codes: str, now_ms: int) -> bool:
        return self._change(now_ms, "write", fiche.fiche_id, fiche.edition, codes)

    def close(self, fiche_id: str, now_ms: int) -> bool:
        return self._change(now_ms, "close", fiche_id)

    def call_is_over(self, call_id: str, now_ms: int, seal_at_ms: int) -> None:
        self._change(now_ms, "over", call_id, seal_at_ms)

    def due(self, now_ms: int, limit: int) -> list[OpenFiche]:
        ids = guarded(lambda: self._client.zrangebyscore("fiches", "-inf", now_ms, start=0, num=limit))
        return self._read_all(_texts(ids))

    def next_due_ms(self) -> int | None:
        first = _texts(guarded(lambda: self._client.zrange("fiches", 0, 0)))
        score = guarded(lambda: self._client.zscore("fiches", first[0])) if first else None
        return None if score is None or math.isinf(score) else int(score)

    def drop(self, fiche_id: str, now_ms: int) -> None:
        self._change(now_ms, "drop", fiche_id)

    def _change(self, now_ms: int, *args: str | int) -> bool:
        return self._scripts.run("fiche_change", now_ms, *args) == 1

    def _read_all(self, ids: list[str]) -> list[OpenFiche]:
        return [fiche for fiche in map(self.read, ids) if fiche is not None]


class RedisBatchKeys:
    """The halves of the open batch. `publish` and `private_hex` need the user `clock`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._scripts = PlainScripts(client, ("batch_publish",))

    def public(self) -> BatchKey | None:
        fields = guarded(lambda: self._client.hgetall("batch:public"))
        return BatchKey(str(fields["id"]), str(fields["public"])) if "public" in fields else None

    def publish(self, pair: BatchPair, now_ms: int) -> BatchKey:
        args = (pair.key.batch_id, pair.key.public_hex, pair.private_hex)
        batch_id, public_hex = as_list(self._scripts.run("batch_publish", now_ms, *args))
        return BatchKey(str(batch_id), str(public_hex))

    def private_hex(self, batch_id: str) -> str | None:
        found = guarded(lambda: self._client.get(f"batch:private:{batch_id}"))
        return None if found is None else str(found)


def _texts(members: Iterable[object]) -> list[str]:
    return [str(member) for member in members]
