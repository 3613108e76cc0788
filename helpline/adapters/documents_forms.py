"""What the forms of all documents share: strictness, small types, and faults in French.

A form is a pydantic model of what people write; the domain's own types are built from it
afterwards. Nothing is coerced and no key is ignored. Whatever pydantic finds is told in
the words of who wrote the file, at the line of the value or of the key.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from helpline.adapters.documents_source import Document, Where

F = TypeVar("F", bound="Form")
E = TypeVar("E", bound=StrEnum)

_OURS: Final = "ours"


class Form(BaseModel):
    """Base of every form: unknown keys and coercions are faults."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


def fault(reason: str, suggestion: str = "") -> PydanticCustomError:
    """The error a validator raises: already in French."""
    return PydanticCustomError(_OURS, "{reason}", {"reason": reason, "suggestion": suggestion})


def nearest(word: str, known: Iterable[str]) -> str:
    """A suggestion: the known word most like `word`, else all of them."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"peut-être « {close[0]} » ?" if close else f"connus : {', '.join(words)}"


def one_of(value: object, kind: type[E]) -> E:
    """The member of `kind` written as `value`."""
    for member in kind:
        if isinstance(value, str) and member.value == value:
            return member
    word = value[:40] if isinstance(value, str) else ""
    raise fault(f"« {word} » n'est pas connu ici", nearest(word, [member.value for member in kind]))


def _day(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise fault("date attendue", 'écrire par exemple "2026-01-31"')


def _one_line(value: str) -> str:
    if not value.strip() or value != value.strip() or "\n" in value:
        raise fault("texte vide, sur plusieurs lignes ou entouré d'espaces")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""How flows, nodes, texts, lines, sounds and skills are named."""

Title = Annotated[str, Field(max_length=80), AfterValidator(_one_line)]
"""A short text that is shown to people."""


def fill(form: type[F], value: object, document: Document, where: Where = ()) -> F | None:
    """The filled form, or None with every fault noted in `document`.

    `where` is the path of `value` in the document. A value the reader had already to
    replace is not blamed again.
    """
    try:
        return form.model_validate(value)
    except ValidationError as problem:
        for found in problem.errors(include_url=False, include_input=False):
            _note(form, found, document, where)
        return None


def _note(form: type[Form], found: ErrorDetails, document: Document, where: Where) -> None:
    local = tuple(part for part in found["loc"] if part != "[key]")
    place = (*where, *local)
    if document.is_faulty(place):
        return
    reason, suggestion = _in_french(form, found, local)
    of_key = found["type"] == "extra_forbidden" or "[key]" in found["loc"]
    at = document.keys.get(place) if of_key else None
    document.fault(place, reason, suggestion, at=at)


def _in_french(form: type[Form], found: ErrorDetails, local: Where) -> tuple[str, str]:
    context = found.get("ctx", {})
    last = local[-1] if local else ""
    match found["type"]:
        case "ours":
            return str(context["reason"]), str(context["suggestion"])
        case "missing":
            return f"il manque « {last} »", f"ajouter « {last}: … »"
        case "extra_forbidden":
            return f"« {last} » n'est pas connu ici", nearest(str(last), _keys_at(form, local[:-1]))
        case "string_pattern_mismatch":
            return "nom irrecevable", "lettres minuscules sans accent, chiffres et _, au plus 40"
        case "string_too_long":
            return f"texte trop long ; au plus {context['max_length']} caractères", ""
        case "too_short":
            return "liste ou bloc vide", "ajouter un élément, ou effacer la clé"
        case "greater_than_equal":
            return f"nombre trop petit ; au moins {context['ge']}", ""
        case "less_than_equal":
            return f"nombre trop grand ; au plus {context['le']}", ""
        case "literal_error" | "enum":
            expected = (
                str(context["expected"]).replace(" or ", " ou ").replace("'", "").replace("True", "true")
            )
            return "mot inconnu ici", f"attendu : {expected}"
    return _EXPECTED.get(found["type"], "valeur irrecevable"), ""


_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "texte attendu (entre guillemets)",
    "int_type": "nombre entier attendu",
    "bool_type": "true ou false attendu",
    "list_type": "liste attendue : [a, b] ou une ligne « - » pour chacun",
    "tuple_type": "liste attendue : [a, b] ou une ligne « - » pour chacun",
    "dict_type": "bloc de clés attendu",
    "model_type": "bloc de clés attendu",
}


def _keys_at(form: type[Form], local: Where) -> list[str]:
    """The keys a form knows at a path inside it."""
    current: object = form
    for part in local:
        if _is_form(current):
            by_key = {field.alias or name: field.annotation for name, field in current.model_fields.items()}
            current = _plain(by_key.get(str(part)))
        else:
            inner = [arg for arg in get_args(current) if arg is not Ellipsis]
            current = _plain(inner[-1]) if inner else None
    if _is_form(current):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _is_form(thing: object) -> TypeGuard[type[Form]]:
    return isinstance(thing, type) and issubclass(thing, Form)


def _plain(annotation: object) -> object:
    """An annotation without `Annotated` and without `| None`."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    return annotation
