"""Rules, flows and roster may be published at any moment: a webhook is answered by one version of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpline.adapters.memory import FixedBook
from tests import builders
from tests.web.carrier import LEG, envelope
from tests.web.conftest import Web

LIVE = {"CallStatus": "in-progress"}


class PublishedAnew:
    """A book that is another one each time somebody looks: what of it is used together was looked for once."""

    def __init__(self, first: FixedBook) -> None:
        self._first = first
        self.looks = 0

    def current(self) -> FixedBook:
        self.looks += 1
        return self._first

    def __getattr__(self, name: str) -> object:
        self.looks += 1
        return getattr(self._first, name)


@pytest.fixture
def book() -> PublishedAnew:
    people = (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))
    return PublishedAnew(builders.book(builders.roster(*people)))


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/voice/incoming", {}),
        ("/voice/wait", {**LIVE, "QueueTime": "19"}),
        ("/voice/keys", {**LIVE, "Digits": "1"}),
        ("/voice/left", {**LIVE, "QueueResult": "leave"}),
        ("/voice/offer/<attempt>", LIVE),
        ("/voice/claim/<attempt>", {**LIVE, "Digits": ""}),
        ("/voice/join/<attempt>", LIVE),
    ],
)
def test_a_webhook_is_answered_by_one_version_of_the_book(
    path: str, more: dict[str, str], make_web: Callable[..., Web], book: PublishedAnew
) -> None:
    web = make_web(book=book)
    attempt = web.an_attempt("CA" + "9" * 32)
    book.looks = 0

    web.carrier.post(path.replace("<attempt>", attempt), envelope(LEG, **more))

    assert book.looks == 2, "the edge's, for the line that was dialled, and one for all the rest"
