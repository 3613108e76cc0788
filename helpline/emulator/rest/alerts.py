"""The debugger's lines as the monitoring API shows them: dates of ISO 8601, absolute URLs, a page that describes itself."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from helpline.emulator.carrier import Carrier
from helpline.emulator.envelope import API_VERSION
from helpline.emulator.rest.errors import not_found
from helpline.emulator.rest.pages import Row, page
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.state import Alert
from helpline.emulator.world import World


def list_(carrier: Carrier, request: RestRequest) -> Reply:
    """All lines, newest first."""
    world = carrier.world
    rows = [
        Row(alert.ordinal, alert.sid, partial(_fields, world, alert, request.origin))
        for alert in world.alerts
    ]
    made = page("alerts", rows, request.path, request.query)
    meta = {"key": "alerts", "page": made["page"], "page_size": made["page_size"]}
    for which in ("first", "previous", "next"):
        uri = made[f"{which}_page_uri"]
        meta[f"{which}_page_url"] = uri and request.origin + uri
    return 200, {"alerts": made["alerts"], "meta": meta | {"url": request.origin + made["uri"]}}


def fetch(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One line, with the request's variables: what was sent to the service stands there, numbers included."""
    alert = next((alert for alert in carrier.world.alerts if alert.sid == sid), None)
    if alert is None:
        raise not_found(request.path)
    variables = {"request_variables": urlencode(alert.variables), "request_headers": None}
    response = {"response_headers": None, "response_body": None}
    return 200, _fields(carrier.world, alert, request.origin) | variables | response


def _fields(world: World, alert: Alert, origin: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(alert.at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "sid": alert.sid,
        "account_sid": world.settings.account_sid,
        "resource_sid": alert.leg_sid or None,
        "service_sid": None,
        "api_version": API_VERSION,
        "error_code": str(alert.code),
        "log_level": alert.level,
        "alert_text": alert.message,
        "more_info": f"https://www.twilio.com/docs/errors/{alert.code}",
        "request_method": "POST",
        "request_url": alert.url,
        "date_created": at,
        "date_generated": at,
        "date_updated": at,
        "url": f"{origin}/v1/Alerts/{alert.sid}",
    }
