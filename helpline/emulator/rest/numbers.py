"""Numbers of the account, and the debugger's lines."""

from __future__ import annotations

from functools import partial

from helpline.emulator.carrier import Carrier
from helpline.emulator.rest import fields, resources
from helpline.emulator.rest.errors import bad, not_found
from helpline.emulator.rest.pages import Row, page
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.settings import e164
from helpline.emulator.state import NumberConfig

URLS = {
    "VoiceUrl": "voice_url",
    "VoiceFallbackUrl": "voice_fallback_url",
    "StatusCallback": "status_callback",
}
METHODS = {
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
}


def list_(carrier: Carrier, request: RestRequest) -> Reply:
    """Numbers, by part of the number (PhoneNumber) or by name (FriendlyName)."""
    world, wanted = carrier.world, dict(request.query)
    part, name = e164(wanted.get("PhoneNumber", "")), wanted.get("FriendlyName")
    rows = [
        Row(world.ordinals[config.sid], config.sid, partial(resources.number, world, config))
        for config in world.numbers.values()
        if part in config.own.e164 and name in (None, config.friendly_name)
    ]
    return 200, page("incoming_phone_numbers", rows, request.path, request.query)


def find(carrier: Carrier, request: RestRequest, sid: str) -> NumberConfig:
    """A number by sid."""
    config = carrier.world.numbers.get(sid)
    if config is None:
        raise not_found(request.path)
    return config


def fetch(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One number."""
    return 200, resources.number(carrier.world, find(carrier, request, sid))


def update(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Set URLs and methods; an empty URL unsets it. A fallback needs a primary URL (21405)."""
    config = find(carrier, request, sid)
    changed = dict(config.urls)
    for name, key in URLS.items():
        if name in request.form:
            url = request.form[name]
            changed[key] = url and fields.url(url, 21609 if name == "StatusCallback" else 21402, name)
    for name, key in METHODS.items():
        if name in request.form:
            changed[key] = fields.method(request, name, code=21403)
    if changed.get("voice_fallback_url") and not changed.get("voice_url"):
        raise bad(21405, "a fallback URL needs a URL")
    config.urls = changed
    config.friendly_name = request.form.get("FriendlyName", config.friendly_name)
    config.updated_ms = carrier.now_ms
    return 200, resources.number(carrier.world, config)


def notifications(carrier: Carrier, request: RestRequest, sid: str = "") -> Reply:
    """Lines of the debugger, of one call when `sid` is given."""
    world = carrier.world
    rows = [
        Row(alert.ordinal, alert.sid, partial(resources.notification, world, alert))
        for alert in world.alerts
        if sid in ("", alert.leg_sid)
    ]
    return 200, page("notifications", rows, request.path, request.query)


def notification(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One line, with the request's variables: what was sent to the service stands there, numbers included."""
    alert = next((alert for alert in carrier.world.alerts if alert.sid == sid), None)
    if alert is None:
        raise not_found(request.path)
    return 200, resources.notification(carrier.world, alert, full=True)
