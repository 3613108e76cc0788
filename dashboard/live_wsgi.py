"""What gunicorn serves as `live`: the event streams and nothing else (`dashboard.live_wsgi:app`, gthread 1×640)."""

from __future__ import annotations

from dashboard.streams_only import streams_only
from dashboard.wsgi import app as pages

app = streams_only(pages)
