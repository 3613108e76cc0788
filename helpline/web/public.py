"""What anybody may fetch: the public page and the sounds of the wait."""

from __future__ import annotations

import re
from importlib import resources

from flask import Blueprint, Response

from helpline.domain.paths import SOUND_PREFIX

bp = Blueprint("public", __name__)

_NAME = re.compile(r"[a-z_]{1,40}\Z")

PAGE = """<!doctype html>
<html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Entraide médecins et internes</title>
<h1>Entraide médecins et internes</h1>
<p>Écoute confidentielle et anonyme, jour et nuit : <strong>0 800 288 038</strong> (appel gratuit).</p>
<p>Danger immédiat : faites le <strong>15</strong>. Si vous ne pouvez pas parler : <strong>114</strong>.
Idées suicidaires : <strong>3114</strong>, jour et nuit.</p>
</html>
"""


@bp.get("/")
def page() -> Response:
    return Response(PAGE, mimetype="text/html")


@bp.get(f"{SOUND_PREFIX}<name>")
def sound(name: str) -> Response:
    """One of our sounds by its name without suffix; the carrier may keep it for a day."""
    if not _NAME.match(name):
        return Response(status=404)
    file = resources.files("helpline") / "data" / "sounds" / f"{name}.wav"
    if not file.is_file():
        return Response(status=404)
    answer = Response(file.read_bytes(), mimetype="audio/wav")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
