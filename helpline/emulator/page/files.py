"""The page's own files, read once, served with a policy under which it can ask nobody but this carrier."""

from __future__ import annotations

from importlib.resources import files

from werkzeug.wrappers import Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
INDEX = "index.html"


class PageFiles:
    """`/` and `/assets/<name>`."""

    def __init__(self) -> None:
        folder = files("helpline.emulator.page").joinpath("static")
        self._files = {
            file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in TYPES
        }

    def get(self, path: str) -> Response | None:
        """The file of a path; None when there is none."""
        name = INDEX if path == "/" else path.removeprefix("/assets/")
        if name not in self._files or path not in ("/", f"/assets/{name}"):
            return None
        kind = TYPES[name.rpartition(".")[2]]
        return Response(self._files[name], headers=HEADERS, content_type=kind)
