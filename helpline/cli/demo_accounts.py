"""`var/demo/accounts.json`: how to be somebody in the demo. Written once, mode 600; no other accounts are made.

There is no second factor yet: `totp_secret` is null until issue 05.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

from helpline.bootstrap_data import Data
from helpline.domain.accounts import Account, Role
from helpline.domain.people import EndpointKind, Psychologist
from helpline.services.sign_in import keep_account

ADMINISTRATOR: Final = ("alix", "Alix Dumas")
_SYLLABLES: Final = tuple(consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou")


class DemoAccount(TypedDict):
    """One entry of the file; `phone` and `client` only of a psychologist."""

    handle: str
    name: str
    role: str
    password: str
    totp_secret: str | None
    phone: str | None
    client: str | None


def read_or_write(home: Path, people: Sequence[Psychologist]) -> list[DemoAccount]:
    """The accounts of the file, written if it is not there: passwords somebody noted down must go on working."""
    file = home / "accounts.json"
    if file.exists():
        there: list[DemoAccount] = json.loads(file.read_text(encoding="utf-8"))
        return there
    accounts = [_account(person.handle, person.name, Role.PSYCHOLOGIST, person) for person in people]
    accounts.append(_account(*ADMINISTRATOR, Role.ADMINISTRATOR, None))
    new = file.with_name(".accounts.json")
    new.touch(mode=0o600)
    new.write_text(json.dumps(accounts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(file)
    return accounts


def seed(data: Data, accounts: Sequence[DemoAccount], people: Sequence[Psychologist]) -> None:
    """Have these accounts, with the passwords of the file. Raises DatabaseDown."""
    ids = {person.handle: person.id for person in people}
    for entry in accounts:
        handle = entry["handle"]
        account = Account(f"a-{handle}", handle, entry["name"], Role(entry["role"]), ids.get(handle))
        keep_account(data.accounts, data.passwords, account, entry["password"])


def _account(handle: str, name: str, role: Role, person: Psychologist | None) -> DemoAccount:
    return {
        "handle": handle,
        "name": name,
        "role": role.value,
        "password": _password(),
        "totp_secret": None,
        "phone": _address(person, EndpointKind.PHONE),
        "client": _address(person, EndpointKind.CLIENT),
    }


def _password() -> str:
    """Nine syllables, 55 bits: typed from one screen into another without a slip."""
    words = ("".join(secrets.choice(_SYLLABLES) for _ in range(3)) for _ in range(3))
    return "-".join(words)


def _address(person: Psychologist | None, kind: EndpointKind) -> str | None:
    if person is None:
        return None
    return next((endpoint.address for endpoint in person.endpoints if endpoint.kind is kind), None)
