"""`var/demo/accounts.json`: how to be somebody in the demo. Written once, mode 600.

The pages that ask for password and code come with issue 02; the file is complete today so
that they find what they need.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from helpline.domain.people import EndpointKind, Psychologist

ADMINISTRATOR: Final = ("alix", "Alix Dumas")


def write_accounts(home: Path, people: Sequence[Psychologist]) -> None:
    """Write the file unless it is there: passwords that somebody noted down must go on working."""
    file = home / "accounts.json"
    if file.exists():
        return
    accounts = [_account(person.handle, person.name, "psychologist", person) for person in people]
    accounts.append(_account(*ADMINISTRATOR, "administrator", None))
    new = file.with_name(".accounts.json")
    new.touch(mode=0o600)
    new.write_text(json.dumps(accounts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    new.replace(file)


def _account(handle: str, name: str, role: str, person: Psychologist | None) -> dict[str, str | None]:
    return {
        "handle": handle,
        "name": name,
        "role": role,
        "password": secrets.token_urlsafe(12),
        "totp_secret": base64.b32encode(secrets.token_bytes(20)).decode(),
        "phone": _address(person, EndpointKind.PHONE),
        "client": _address(person, EndpointKind.CLIENT),
    }


def _address(person: Psychologist | None, kind: EndpointKind) -> str | None:
    if person is None:
        return None
    return next((endpoint.address for endpoint in person.endpoints if endpoint.kind is kind), None)
