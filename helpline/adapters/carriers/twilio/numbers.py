"""Point our numbers at our webhooks, as the account's owner would in the carrier's console."""

from __future__ import annotations

from twilio.rest import Client

from helpline.adapters.carriers.twilio.twiml import FRAGMENT
from helpline.domain import paths


def point_numbers(client: Client, origin: str, fallback_url: str | None) -> int:
    """Give every number of the account our addresses; answers how many were set.

    `fallback_url` is the static chain on another host, fetched by GET when we cannot be
    reached; None leaves none, which is only right in tests of that very case.
    """
    numbers = client.incoming_phone_numbers.list()
    for number in numbers:
        client.incoming_phone_numbers(number.sid).update(
            voice_url=f"{origin}{paths.INCOMING}{FRAGMENT}",
            voice_method="POST",
            voice_fallback_url=fallback_url or "",
            voice_fallback_method="GET",
            status_callback=f"{origin}{paths.ENDED}{FRAGMENT}",
            status_callback_method="POST",
        )
    return len(numbers)
