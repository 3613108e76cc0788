"""What gunicorn serves: `dashboard.wsgi:app`, one service a worker process."""

from __future__ import annotations

from dashboard.app import create_app
from helpline.bootstrap_tools import served

app = served(create_app)
