"""What each webhook answers when the live state cannot be asked, or when asking it has failed.

Redis away, a leg whose id we cannot read, an error of our own: the caller hears French and
is on the way to a human all the same. Two nets: `document` needs rules, flows and roster,
which are in memory; `last` needs nothing at all.
"""

from __future__ import annotations

from flask import request

from helpline.domain import paths
from helpline.domain.verbs import Document, Hangup, Pause, Say
from helpline.services import documents
from helpline.services.hold_call import wait_without_memory
from helpline.services.leave_line import left_without_memory
from helpline.services.take_call import document_without_memory
from helpline.web import form
from helpline.web.parts import parts
from helpline.web.patience import patience

NEWS = (paths.ENDED, paths.leg(""), paths.room(""))
"""Addresses where the carrier tells and does not ask: no document, and none is expected."""

_HERS = (paths.offer(""), paths.claim(""))


def document() -> Document:
    """The answer to the request at hand, from the snapshot alone."""
    sw, path = parts().switchboard, request.path
    if path == paths.INCOMING:
        return document_without_memory(sw, form.line())
    if path == paths.WAIT:
        return wait_without_memory(sw, form.queue_time_s(), form.digits())
    if path == paths.LEFT:
        return left_without_memory(sw, form.queue_result(), over=form.is_over())
    if path.startswith(paths.join("")):
        return documents.room(path.rpartition("/")[2])
    if path.startswith(paths.hold("")):
        # Back to her: whether they are still to wait, she says herself.
        return documents.back_unknown(sw.book, path.rpartition("/")[2])
    if path.startswith(_HERS):
        return _psychologist_waits(path)
    return last()


def last() -> Document:
    """The same, with nothing but this module: flows and roster cannot be used either."""
    path = request.path
    if path == paths.WAIT:
        # Only what a queue can run: anything else would throw them out of it.
        return (Say(documents.SAFE_TEXT), Pause(4))
    if path.startswith(_HERS):
        return (Hangup(),)
    if path.startswith(paths.done("")) and (form.is_over() or not form.is_caller()):
        return ()
    return documents.in_line()


def _psychologist_waits(path: str) -> Document:
    book = parts().switchboard.book
    if patience.is_over(path.rpartition("/")[2]):
        return documents.taken(book)
    return documents.one_moment(book, path)
