"""What the carrier is asked, as the entries it answers with.

Through the SDK's client, but not its resources: those make an object of each entry and read a date of each of its
fields, and a long line is read every few seconds. What arrives here is stripped (`strip.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.response import Response
from twilio.rest import Client

from helpline.adapters.carriers.twilio.strip import Json
from helpline.domain.errors import CarrierDown

Entry: TypeAlias = "Mapping[str, Json]"
PAGE = 1000


class Stripped(Response):  # type: ignore[misc]  # the SDK ships no types
    """An answer as the SDK takes it, and the stripped `document` that it is the text of."""

    def __init__(self, status_code: int, document: dict[str, Json]) -> None:
        super().__init__(status_code, "")
        self.document = document

    @property
    def text(self) -> str:
        return json.dumps(self.document)


class Questions:
    """Questions about one account; `path` is below it, without `.json`."""

    def __init__(self, client: Client, page: int = PAGE) -> None:
        self._client = client
        self._page = page

    def one(self, path: str) -> Entry | None:
        """One thing; None when the carrier does not know it. Raises CarrierDown."""
        answer = self._asked(self._uri(path), {})
        return None if answer.status_code == 404 else _read(answer)

    def all(self, path: str, key: str, **params: str) -> list[Entry]:
        """Every thing of a list, all pages. Raises CarrierDown."""
        found: list[Entry] = []
        uri: str | None = self._uri(path)
        asks: Mapping[str, object] = {**params, "PageSize": self._page}
        while uri is not None:
            page = _read(self._asked(uri, asks))
            found += _things(page, key)
            following = page.get("next_page_uri")
            uri = self._client.api.absolute_url(following) if isinstance(following, str) else None
            asks = {}
        return found

    def first(self, path: str, key: str, most: int, **params: str) -> list[Entry]:
        """The first `most` things of a list. Raises CarrierDown."""
        page = _read(self._asked(self._uri(path), {**params, "PageSize": most}))
        return _things(page, key)[:most]

    def _uri(self, path: str) -> str:
        account = self._client.account_sid
        return str(self._client.api.absolute_url(f"2010-04-01/Accounts/{account}/{path}.json"))

    def _asked(self, uri: str, params: Mapping[str, object]) -> Stripped:
        try:
            answer = self._client.request("GET", uri, params=params, headers={"Accept": "application/json"})
            # What came another way than through the strip is no answer.
            return answer if isinstance(answer, Stripped) else Stripped(0, {})
        except (TwilioException, requests.RequestException, OSError, ValueError) as error:
            kind = type(error).__name__
        raise CarrierDown(f"carrier: {kind}")


def _read(answer: Stripped) -> Entry:
    """The object answered. Raises CarrierDown for any other answer."""
    if answer.status_code != 200 or not answer.document:
        raise CarrierDown(f"carrier: {answer.status_code}")
    return answer.document


def _things(page: Entry, key: str) -> list[Entry]:
    things = page.get(key)
    if not isinstance(things, list):
        raise CarrierDown(f"carrier: a page without {key}")
    return [thing for thing in things if isinstance(thing, dict)]
