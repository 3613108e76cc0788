"""What one psychologist's desk shows, read in one go. Nothing of the caller is in it.

Read only; the same state gives an equal view, so a page is sent again only when the
view differs from the one it shows. Instants are ms since 1970 UTC: the page counts up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from helpline.domain.accept_code import accept_code, spelled
from helpline.domain.call import LiveCall, Stage, cut_at_ms
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.errors import FicheRefused
from helpline.domain.hours import PARIS
from helpline.domain.offer import Offer, OfferState, Settlement
from helpline.domain.orientation import Fiche
from helpline.domain.people import EndpointKind
from helpline.domain.presence import MOST_MORE_WRAP_UP_MS, Presence, State
from helpline.ports import OpenFiche
from helpline.services.call_third import Callable3, name_of_third, whom_to_call
from helpline.services.fiche_text import from_text
from helpline.services.switchboard import Switchboard

STALE_AFTER = timedelta(days=183)
"""A card nobody has checked for six months is shown as *à vérifier*."""

_RUNG = (OfferState.DUE, OfferState.SENDING, OfferState.UNKNOWN, OfferState.RINGING)


@dataclass(frozen=True, slots=True)
class OfferShown:
    """A call that is being offered to her: on which number it came in, and since when it waits."""

    attempt: str
    line: str
    """The number as it is published, « 0 800 288 038 »."""
    waiting_since_ms: int
    on_phone: bool
    """Her telephone is rung; otherwise her browser."""
    code: str = ""
    """The digits that take the call on her telephone, as they are spoken; none for a browser."""
    is_third: bool = False
    """A colleague calls her into a talk: there is nothing to accept but the ring."""


@dataclass(frozen=True, slots=True)
class ThirdShown:
    """Who is called into her talk, or is in it, or is being let go."""

    name: str
    is_in: bool
    going: bool


@dataclass(frozen=True, slots=True)
class CallShown:
    """The call she holds. `keys` are what the caller chose by key, oldest first."""

    attempt: str
    stage: Stage
    line: str
    talking_since_ms: int | None
    keys: tuple[str, ...]
    on_phone: bool
    held: bool = False
    caller_in: bool = True
    third: ThirdShown | None = None
    third_gone: Settlement | None = None
    """How a third party ended by itself, while the caller is still on hold."""
    whom: tuple[Callable3, ...] = ()
    """Whom she could call into the talk now."""
    cut_at_ms: int | None = None
    """When the carrier ends the call, once that is near."""


@dataclass(frozen=True, slots=True)
class FicheShown:
    """An open fiche of hers. `seal_at_ms` is None while the call lives."""

    fiche_id: str
    codes: Fiche
    edition: int
    closed: bool
    seal_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One structure of the directory, as information: no card is marked as better than another."""

    structure: Structure
    stale: bool


@dataclass(frozen=True, slots=True)
class CardGroup:
    type: OrientationType
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class DeskView:
    name: str
    client: str | None
    """The name her browser rings under; None when she only has a telephone."""
    state: State
    since_ms: int
    leaving: bool
    wrap_up_until_ms: int | None
    may_code_longer: bool
    lets_next_go_by: bool
    suspended: tuple[EndpointKind, ...]
    """Which of her endpoints missed twice in a row and ring no more, until she says so."""
    recall_until_ms: int | None
    offer: OfferShown | None
    call: CallShown | None
    fiche: FicheShown | None
    fiches_after: int
    """How many more of her fiches are still to be closed."""
    groups: tuple[CardGroup, ...]
    at_ms: int = field(compare=False)
    """Since when this holds at least: of two views a page shows the later."""


def desk_of(sw: Switchboard, psychologist: str, structures: Iterable[Structure]) -> DeskView:
    """The desk of one psychologist of the roster; empty for anybody else. Raises LiveStateDown."""
    now_ms = sw.clock.now_ms()
    presence = sw.offers.presence(psychologist)
    offer = sw.offers.get(presence.attempt) if presence and presence.attempt else None
    call = sw.calls.get(offer.call) if offer else None
    fiches = _open_fiches(sw, psychologist, call, now_ms)
    person = sw.book.roster.psychologist(psychologist)
    return DeskView(
        name=person.name if person else "",
        client=_client_of(sw, psychologist),
        state=presence.state if presence else State.OFFLINE,
        since_ms=presence.since_ms if presence else 0,
        leaving=presence is not None and presence.leaving,
        wrap_up_until_ms=presence.wrap_up_until_ms if presence else None,
        may_code_longer=presence is not None and presence.wrap_up_more_ms < MOST_MORE_WRAP_UP_MS,
        lets_next_go_by=presence is not None and presence.lets_next_go_by,
        suspended=_suspended(sw, presence),
        recall_until_ms=_recall_until(presence, now_ms),
        offer=_offer_shown(sw, presence, offer, call),
        call=_call_shown(sw, presence, offer, call, now_ms),
        fiche=fiches[0] if fiches else None,
        fiches_after=max(0, len(fiches) - 1),
        groups=cards_of(structures, datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(PARIS).date()),
        at_ms=now_ms,
    )


def fiche_of(sw: Switchboard, psychologist: str, fiche_id: str) -> FicheShown | None:
    """One open fiche of hers, shown or not. Raises LiveStateDown."""
    fiche = sw.fiches.read(fiche_id)
    return _fiche_shown(fiche) if fiche is not None and fiche.psychologist == psychologist else None


def cards_of(structures: Iterable[Structure], today: date) -> tuple[CardGroup, ...]:
    """All five types, always, in the order of the partners' text.

    Inside a type the order is drawn by the day and the same for everybody all day: it
    steers nobody, and a card does not jump about while somebody looks for it.
    """
    known = sorted(structures, key=lambda structure: _of_the_day(structure, today))
    return tuple(
        CardGroup(kind, tuple(Card(s, _is_stale(s, today)) for s in known if s.type is kind))
        for kind in OrientationType
    )


def _of_the_day(structure: Structure, today: date) -> bytes:
    return hashlib.sha256(f"{today.isoformat()} {structure.id}".encode()).digest()


def _is_stale(structure: Structure, today: date) -> bool:
    return structure.verified_on is None or today - structure.verified_on > STALE_AFTER


def _suspended(sw: Switchboard, presence: Presence | None) -> tuple[EndpointKind, ...]:
    endpoints = [sw.book.roster.endpoint(e) for e in presence.suspended] if presence else []
    return tuple(sorted({endpoint.kind for endpoint in endpoints if endpoint is not None}))


def _client_of(sw: Switchboard, psychologist: str) -> str | None:
    person = sw.book.roster.psychologist(psychologist)
    endpoints = person.endpoints if person else ()
    names = (e.address.removeprefix("client:") for e in endpoints if e.kind is EndpointKind.CLIENT)
    return next(names, None)


def _offer_shown(
    sw: Switchboard, presence: Presence | None, offer: Offer | None, call: LiveCall | None
) -> OfferShown | None:
    if presence is None or presence.state is not State.RINGING or offer is None or call is None:
        return None
    wanted = call.third == offer.attempt if offer.third else call.stage is Stage.WAITING
    if offer.state not in _RUNG or not wanted:
        return None
    since_ms = offer.made_ms if offer.third else call.arrived_ms
    on_phone = _on_phone(sw, offer)
    code = spelled(accept_code(offer.attempt)) if on_phone else ""
    return OfferShown(offer.attempt, _published(sw, call), since_ms, on_phone, code, offer.third)


def _call_shown(
    sw: Switchboard, presence: Presence | None, offer: Offer | None, call: LiveCall | None, now_ms: int
) -> CallShown | None:
    if presence is None or presence.state is not State.TALKING or offer is None or call is None:
        return None
    if call.attempt != offer.attempt or call.stage is Stage.ENDED:
        return None
    return CallShown(
        attempt=offer.attempt,
        stage=call.stage,
        line=_published(sw, call),
        talking_since_ms=call.talking_since_ms,
        keys=call.keys,
        on_phone=_on_phone(sw, offer),
        held=call.held,
        caller_in=call.caller_in,
        third=_third_shown(sw, call),
        third_gone=_third_gone(sw, call),
        whom=whom_to_call(sw, presence.psychologist) if not call.third else (),
        cut_at_ms=cut_at_ms(call, now_ms),
    )


def _third_shown(sw: Switchboard, call: LiveCall) -> ThirdShown | None:
    attempt = call.third or call.third_out
    third = sw.offers.get(attempt) if attempt else None
    if third is None:
        return None
    colleague = sw.book.roster.psychologist(third.psychologist)
    name = colleague.name if colleague is not None else name_of_third(sw.book, third)
    return ThirdShown(name, call.third_in, going=call.third is None)


def _third_gone(sw: Switchboard, call: LiveCall) -> Settlement | None:
    third = sw.offers.get(call.third_gone) if call.third_gone and call.held else None
    return third.settlement if third is not None else None


def _recall_until(presence: Presence | None, now_ms: int) -> int | None:
    return presence.recall_until_ms if presence and presence.recall_until_ms > now_ms else None


def _published(sw: Switchboard, call: LiveCall) -> str:
    line = sw.book.rules.lines.get(call.line)
    return line.published if line is not None else ""


def _on_phone(sw: Switchboard, offer: Offer) -> bool:
    endpoint = sw.book.roster.endpoint(offer.endpoint)
    return endpoint is None or endpoint.kind is EndpointKind.PHONE


def _open_fiches(sw: Switchboard, psychologist: str, call: LiveCall | None, now_ms: int) -> list[FicheShown]:
    """That of the call she is in first, then those whose time runs out first.

    One that is closed is shown only while its call lives: then it can still be seen, and
    afterwards there is nothing more to do for it.
    """
    mine = [
        fiche
        for fiche in sw.fiches.of_psychologist(psychologist)
        if fiche.seal_at_ms is None or (not fiche.closed and fiche.seal_at_ms > now_ms)
    ]
    in_call = call.id if call is not None else None
    mine.sort(key=lambda fiche: (fiche.call_id != in_call, fiche.seal_at_ms or 0, fiche.fiche_id))
    return [_fiche_shown(fiche) for fiche in mine]


def _fiche_shown(fiche: OpenFiche) -> FicheShown:
    try:
        codes = from_text(fiche.codes)
    except FicheRefused:
        codes = Fiche()  # of an older release: `note_fiche` starts it again too
    return FicheShown(fiche.fiche_id, codes, fiche.edition, fiche.closed, fiche.seal_at_ms)
