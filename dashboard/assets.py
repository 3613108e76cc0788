"""Style sheets, scripts, fonts and icons: read once, served from memory, kept by the browser for a year.

An address is `/static/<build>/<name>`; `<build>` is a digest of all of them, so a new release has new addresses
and a path outside the list is not there, whatever it is made of.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Response, abort, request
from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "static"
ICONS: Final = "vendor/tabler-icons-3.51.0"
_TEXT: Final = frozenset({".css", ".js", ".svg", ".json"})
_TYPES: Final = {".js": "text/javascript", ".woff2": "font/woff2"}
_SHAPES: Final = re.compile(r"<(?:path|circle|rect|line|ellipse|polyline)\b[^>]*/>")
_NO_SHAPE: Final = 'd="M0 0h24v24H0z"'


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes | None
    mimetype: str


class Assets:
    """All assets by name: `css/theme.css`, `vendor/…`, and `<page>/<file>` of each page's `static` folder."""

    def __init__(self, pages: Path) -> None:
        files = _files_in(FOLDER)
        for folder in sorted(pages.glob("*/static")):
            files |= {f"{folder.parent.name}/{name}": file for name, file in _files_in(folder).items()}
        self._assets = {name: _read(file) for name, file in files.items()}
        digest = hashlib.sha256()
        for name in sorted(self._assets):
            digest.update(f"{name} {len(self._assets[name].content)} ".encode() + self._assets[name].content)
        self.build = digest.hexdigest()[:16]
        self._icons = {
            name.removeprefix(f"{ICONS}/").removesuffix(".svg"): _shapes(asset.content)
            for name, asset in self._assets.items()
            if name.startswith(f"{ICONS}/") and name.endswith(".svg")
        }

    def url(self, name: str) -> str:
        """The address of one asset. Raises KeyError for one that is not there: a page must not ask for it."""
        if name not in self._assets:
            raise KeyError(f"no asset {name!r}")
        return f"/static/{self.build}/{name}"

    def icon(self, name: str) -> Markup:
        """One of Tabler's outline icons, inline. It is decoration: the words beside it say the same."""
        shapes = self._icons[name]
        return Markup(  # noqa: S704  # shapes of vendored files, whose digests a test holds
            '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">'
            f"{shapes}</svg>"
        )

    def serve(self, build: str, name: str) -> Response:
        asset = self._assets.get(name) if build == self.build else None
        if asset is None:
            abort(404)
        packed = asset.packed if "gzip" in request.headers.get("Accept-Encoding", "") else None
        response = Response(packed or asset.content, mimetype=asset.mimetype)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _files_in(folder: Path) -> dict[str, Path]:
    return {
        file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.is_symlink() and not file.name.startswith(".")
    }


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    mimetype = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(content, gzip.compress(content, 9, mtime=0) if file.suffix in _TEXT else None, mimetype)


def _shapes(svg: bytes) -> str:
    return "".join(shape for shape in _SHAPES.findall(svg.decode()) if _NO_SHAPE not in shape)
