"""What gunicorn serves: `helpline.web.wsgi:app`, one service a worker process."""

from __future__ import annotations

from helpline.bootstrap_tools import served
from helpline.web.app import create_app

app = served(create_app)
