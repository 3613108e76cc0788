"""The offline carrier: a double of a programmable voice service, as it is and not as one would wish.

A program of its own: it imports nothing else of `helpline`, and the service never imports it. See docs/emulator.md.
"""

from helpline.emulator.carrier import Carrier
from helpline.emulator.control import Control, ControlError
from helpline.emulator.control_http import control_app
from helpline.emulator.rest.app import LostReply, rest_app
from helpline.emulator.settings import CarrierSettings, OwnNumber
from helpline.emulator.web import WsgiTransport

__all__ = [
    "Carrier",
    "CarrierSettings",
    "Control",
    "ControlError",
    "LostReply",
    "OwnNumber",
    "WsgiTransport",
    "control_app",
    "rest_app",
]
