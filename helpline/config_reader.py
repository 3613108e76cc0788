"""From text to types, one method a shape; a bad value becomes a fault and a harmless stand-in.

The stand-ins are never used: `load_settings` raises when there is any fault.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from helpline.config_names import BY_NAME
from helpline.config_source import Faults


class Reader:
    """Reads settings by name out of `values` (text without white space around it)."""

    def __init__(self, values: Mapping[str, str], faults: Faults) -> None:
        self._values = values
        self._faults = faults

    def optional(self, name: str) -> str | None:
        """The value, else the name's default, else None; a required name that is absent or empty is a fault."""
        entry = BY_NAME[name]
        value = self._values.get(name) or entry.default
        if value:
            return value
        if entry.required:
            self._faults.add(name, "is empty" if name in self._values else "is missing")
        return None

    def shown_text(self, name: str) -> str | None:
        """The value or default for `describe()`; never a fault."""
        return self._values.get(name) or BY_NAME[name].default

    def text(self, name: str, *, pattern: str = ".+", what: str = "text") -> str:
        """The value of a required or defaulted setting, held against `pattern` (whole value)."""
        value = self.optional(name)
        if value is not None and not re.fullmatch(pattern, value):
            self._faults.add(name, f"must be {what}")
        return value or ""

    def secret(self, name: str, *, min_length: int) -> str | None:
        """A secret of at least `min_length` characters."""
        value = self.optional(name)
        if value is not None:
            self._long_enough(name, value, min_length)
        return value

    def secrets(self, name: str, *, min_length: int) -> tuple[str, ...]:
        """A comma list of secrets, each of at least `min_length` characters, none twice."""
        parts = self._list(name)
        for part in parts:
            self._long_enough(name, part, min_length)
        return parts

    def keys(self, name: str) -> tuple[bytes, ...]:
        """A comma list of 32-byte keys in base64."""
        return tuple(self._key(name, part) for part in self._list(name))

    def key(self, name: str) -> bytes:
        """One 32-byte key in base64 (either alphabet, padded or not)."""
        value = self.optional(name)
        return self._key(name, value) if value is not None else b""

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        value = self.optional(name) or ""
        if re.fullmatch(r"-?\d{1,18}", value, re.ASCII) and low <= int(value) <= high:
            return int(value)
        self._faults.add(name, f"must be a whole number from {low} to {high}")
        return low

    def rate(self, name: str, high: float) -> float:
        """A number above 0 and up to `high`."""
        value = self.optional(name) or ""
        if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII) and 0 < float(value) <= high:
            return float(value)
        self._faults.add(name, f"must be a number above 0 and up to {high:g}")
        return high

    def origin(self, name: str) -> str | None:
        """scheme://host[:port] without path, user or query; returned without a slash at the end."""
        value = self.optional(name)
        if value is None:
            return None
        parts = self._split(name, value)
        bare = (
            parts is not None
            and parts.path in {"", "/"}
            and not (parts.query or parts.fragment or parts.username)
        )
        if not bare or parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            self._faults.add(name, "must be an origin: https://host or https://host:port, without a path")
        return value.rstrip("/")

    def address(self, name: str) -> str | None:
        """scheme://[user:password@]host[:port][/path] without query; returned without a slash at the end."""
        value = self.optional(name)
        if value is None:
            return None
        parts = self._split(name, value)
        bare = parts is not None and not (parts.query or parts.fragment)
        if not bare or parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            self._faults.add(name, "must be an address: https://user:password@host/path, without a query")
        return value.rstrip("/")

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        """A URL with one of `schemes`."""
        value = self.optional(name)
        if value is None:
            return None
        parts = self._split(name, value)
        if parts is None or parts.scheme not in schemes:
            self._faults.add(
                name, "must be a URL that starts with " + " or ".join(f"{s}://" for s in schemes)
            )
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """A comma list of e-mail addresses."""
        parts = self._list(name) if self.optional(name) else ()
        if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", part) for part in parts):
            self._faults.add(name, "must be a comma list of e-mail addresses")
        return parts

    def _list(self, name: str) -> tuple[str, ...]:
        parts = tuple((self.optional(name) or "").split(","))
        if parts == ("",):
            return ()
        if any(not part or part != part.strip() for part in parts):
            self._faults.add(name, "has an empty entry or white space in its comma list")
        if len(set(parts)) < len(parts):
            self._faults.add(name, "has the same entry twice")
        return parts

    def _long_enough(self, name: str, value: str, min_length: int) -> None:
        if len(value) < min_length:
            self._faults.add(name, f"is too short: {min_length} characters or more are needed")

    def _key(self, name: str, text: str) -> bytes:
        try:
            plain = text.rstrip("=").replace("-", "+").replace("_", "/")
            raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            self._faults.add(name, "must be 32 bytes in base64")
        return raw

    def _split(self, name: str, value: str) -> SplitResult | None:
        try:
            parts = urlsplit(value)
            _ = parts.port  # raises for a port that is not a number
        except ValueError:
            return None
        return parts
