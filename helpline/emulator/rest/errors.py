"""Errors of the REST API: number, HTTP status, sentence."""

from __future__ import annotations

from typing import Any


class RestError(Exception):
    """A refused request. code: the carrier's number; status: HTTP."""

    def __init__(self, code: int, status: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.status = status
        self.message = message

    def body(self) -> dict[str, Any]:
        """The JSON object the carrier answers with."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found(path: str) -> RestError:
    """No such resource, or no longer."""
    return RestError(20404, 404, f"The requested resource {path} was not found")


def bad(code: int, message: str) -> RestError:
    """A parameter that cannot be."""
    return RestError(code, 400, message)
