"""The JSON of each resource, key for key as the carrier's clients expect it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from helpline.emulator import forbidden
from helpline.emulator.envelope import API_VERSION
from helpline.emulator.queues import Member, average_wait_s
from helpline.emulator.rooms import Participant, Room
from helpline.emulator.settings import national
from helpline.emulator.state import Alert, Direction, Leg, NumberConfig, Queue
from helpline.emulator.world import World, rfc2822


def base(world: World) -> str:
    """Path of the account's resources."""
    return f"/{API_VERSION}/Accounts/{world.settings.account_sid}"


def _date(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc2822(at_ms)


def call(world: World, leg: Leg) -> dict[str, Any]:
    """A call: durations and queue time are text, dates RFC 2822; all dates are null until the leg has left."""
    stem = f"{base(world)}/Calls/{leg.sid}"
    left = leg.dialled_ms is not None
    over = leg.ended_ms is not None
    number = leg.number
    return {
        "sid": leg.sid,
        "date_created": _date(leg.created_ms) if left else None,
        "date_updated": _date(leg.updated_ms) if left else None,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "account_sid": world.settings.account_sid,
        "to": leg.to,
        "to_formatted": national(leg.to),
        "from": leg.from_,
        "from_formatted": national(leg.from_),
        "phone_number_sid": number.sid if number else None,
        "status": leg.status.value,
        "start_time": _date(leg.dialled_ms),
        "end_time": _date(leg.ended_ms) if left else None,
        "duration": str(-(-leg.talk_ms(world.now_ms) // 1000)) if over and left else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction.value,
        "answered_by": None,
        "annotation": None,
        "api_version": API_VERSION,
        "forwarded_from": leg.forwarded_from or None,
        "group_sid": None,
        "caller_name": "" if leg.direction is Direction.INBOUND else None,
        "queue_time": str(leg.queue_time_ms),
        "trunk_sid": None,
        "uri": f"{stem}.json",
        "subresource_uris": {
            "notifications": f"{stem}/Notifications.json",
            "events": f"{stem}/Events.json",
            "payments": f"{stem}/Payments.json",
            "user_defined_messages": f"{stem}/UserDefinedMessages.json",
            "user_defined_message_subscriptions": f"{stem}/UserDefinedMessageSubscriptions.json",
            **forbidden.call_subresources(stem),
        },
    }


def queue(world: World, queue: Queue) -> dict[str, Any]:
    """A queue."""
    stem = f"{base(world)}/Queues/{queue.sid}"
    return {
        "sid": queue.sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": average_wait_s(queue, world.now_ms),
        "date_created": _date(queue.created_ms),
        "date_updated": _date(queue.updated_ms),
        "account_sid": world.settings.account_sid,
        "uri": f"{stem}.json",
        "subresource_uris": {"members": f"{stem}/Members.json"},
    }


def member(world: World, member: Member) -> dict[str, Any]:
    """Somebody waiting in a queue; position 0 once dequeued."""
    return {
        "call_sid": member.leg.sid,
        "queue_sid": member.queue.sid,
        "date_enqueued": _date(member.since_ms),
        "position": member.position() if member.left_ms is None else 0,
        "wait_time": member.waited_s(),
        "uri": f"{base(world)}/Queues/{member.queue.sid}/Members/{member.leg.sid}.json",
    }


def room_status(room: Room) -> str:
    """In progress as soon as somebody is in it, talk or no talk."""
    return "completed" if room.ended_reason else "in-progress"


def room(world: World, room: Room) -> dict[str, Any]:
    """A conference."""
    stem = f"{base(world)}/Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "friendly_name": room.name,
        "status": room_status(room),
        "region": room.region,
        "reason_conference_ended": room.ended_reason or None,
        "call_sid_ending_conference": room.ended_by.sid if room.ended_by else None,
        "date_created": _date(room.created_ms),
        "date_updated": _date(room.updated_ms),
        "account_sid": world.settings.account_sid,
        "api_version": API_VERSION,
        "uri": f"{stem}.json",
        "subresource_uris": {"participants": f"{stem}/Participants.json"},
    }


def participant(world: World, participant: Participant) -> dict[str, Any]:
    """A leg in a conference."""
    stem = f"{base(world)}/Conferences/{participant.room.sid}/Participants"
    return {
        "account_sid": world.settings.account_sid,
        "call_sid": participant.leg.sid,
        "label": participant.options.label or None,
        "conference_sid": participant.room.sid,
        "date_created": _date(participant.joined_ms),
        "date_updated": _date(participant.joined_ms),
        "end_conference_on_exit": participant.options.end_on_exit,
        "start_conference_on_enter": participant.options.start_on_enter,
        **forbidden.participant_fields(),
        "hold": participant.held,
        "status": "connected",
        "queue_time": str(participant.leg.queue_time_ms),
        "uri": f"{stem}/{participant.leg.sid}.json",
    }


def number(world: World, config: NumberConfig) -> dict[str, Any]:
    """A number of the account and the URLs set on it."""
    urls = config.urls
    return {
        "sid": config.sid,
        "account_sid": world.settings.account_sid,
        "friendly_name": config.friendly_name,
        "phone_number": config.own.e164,
        "voice_url": urls.get("voice_url", ""),
        "voice_method": urls.get("voice_method", "POST"),
        "voice_fallback_url": urls.get("voice_fallback_url", ""),
        "voice_fallback_method": urls.get("voice_fallback_method", "POST"),
        "voice_caller_id_lookup": False,
        "status_callback": urls.get("status_callback", ""),
        "status_callback_method": urls.get("status_callback_method", "POST"),
        "voice_application_sid": None,
        "trunk_sid": None,
        "sms_url": "", "sms_method": "POST", "sms_fallback_url": "", "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "address_requirements": "none", "address_sid": None, "bundle_sid": None, "identity_sid": None,
        "emergency_status": "Inactive", "emergency_address_sid": None, "emergency_address_status": "unregistered",
        "beta": False, "origin": "twilio", "status": "in-use", "type": "national",
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "date_created": _date(config.created_ms),
        "date_updated": _date(config.updated_ms),
        "api_version": API_VERSION,
        "uri": f"{base(world)}/IncomingPhoneNumbers/{config.sid}.json",
    }  # fmt: skip


def notification(world: World, alert: Alert, full: bool = False) -> dict[str, Any]:
    """A line of the debugger. full: with the variables of the request, as a fetch gives them."""
    fields: dict[str, Any] = {
        "sid": alert.sid,
        "account_sid": world.settings.account_sid,
        "call_sid": alert.leg_sid or None,
        "api_version": API_VERSION,
        "error_code": str(alert.code),
        "log": "0" if alert.level == "error" else "1",
        "message_date": _date(alert.at_ms),
        "message_text": alert.message,
        "more_info": f"https://www.twilio.com/docs/errors/{alert.code}",
        "request_method": "POST",
        "request_url": alert.url,
        "date_created": _date(alert.at_ms),
        "date_updated": _date(alert.at_ms),
        "uri": f"{base(world)}/Notifications/{alert.sid}.json",
    }
    if full:
        fields |= {
            "request_variables": urlencode(alert.variables),
            "response_headers": "",
            "response_body": "",
        }
    return fields
