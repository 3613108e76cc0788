"""Mistakes of the offline carrier, one a behaviour in use. The tests that notice them are `tests/emulator`'s."""

from __future__ import annotations

from tests.mutants.runner import Mutant

E = "helpline/emulator/"
T = "tests/emulator/"

MUTANTS = (
    Mutant(
        "https keeps its port in the signed text",
        E + "signature.py",
        'if parts.scheme == "https" and parts.port is not None:',
        'if parts.scheme == "http" and parts.port is not None:',
        T + "test_signature.py::test_t03_https_drops_the_port_before_signing_and_http_keeps_it",
    ),
    Mutant(
        "a value given twice is signed twice",
        E + "signature.py",
        "sorted(set(params))",
        "sorted(params)",
        T + "test_signature.py::test_t01_the_published_vectors_come_out_exactly",
    ),
    Mutant(
        "a server error is tried again",
        E + "overrides.py",
        'retry_on: frozenset[str] = frozenset({"ct"})',
        'retry_on: frozenset[str] = frozenset({"ct", "5xx"})',
        T + "test_failures.py::test_t07_a_server_error_goes_to_the_fallback_without_a_retry",
    ),
    Mutant(
        "each attempt carries its own token",
        E + "delivery.py",
        "request = self._request(order, url, token, overrides, left_ms)",
        "request = self._request(order, url, token + str(attempt), overrides, left_ms)",
        T + "test_failures.py::test_t08_a_refused_connection_is_tried_again_once_with_the_same_token",
    ),
    Mutant(
        "a fallback that fails is asked again",
        E + "player.py",
        'if leg.fallback is None or request.role == "fallback":',
        "if leg.fallback is None:",
        T + "test_failures.py::test_t12_a_fallback_that_fails_too_ends_the_call_without_a_loop",
    ),
    Mutant(
        "a wait document is asked for once",
        E + "verbs/enqueue.py",
        '        if result is Flow.HANG_UP:\n            return "hangup"\n',
        '        if result is Flow.HANG_UP:\n            return "hangup"\n        await Outcome[None]()\n',
        T + "test_queue.py::test_t30_the_wait_document_is_asked_for_again_and_positions_move_up",
    ),
)
