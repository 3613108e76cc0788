"""Real mode put together: core, REST, control and server."""

from __future__ import annotations

import gc
import threading
import time

from helpline.emulator.control import Control
from helpline.emulator.control_http import control_app
from helpline.emulator.page.options import Options
from helpline.emulator.page.origins import Origins
from helpline.emulator.realtime import Realtime
from helpline.emulator.realtime_events import Events
from helpline.emulator.rest.app import RestApp
from helpline.emulator.server import Combined, Server, guarded
from helpline.emulator.settings import CarrierSettings


class Service:
    """A running carrier on a loopback port. `port` 0 lets the system choose one; the real one is `self.port`."""

    def __init__(self, settings: CarrierSettings, port: int, options: Options = Options()) -> None:  # noqa: B008 -- frozen
        self.live = Realtime(settings)
        self.carrier = self.live.carrier
        self.control = Control(self.carrier, stepped=False, lateness=self.live.lateness)
        rest = RestApp(self.carrier, wait=lambda ms: time.sleep(ms / 1000), guard=self.live.entered)
        control = guarded(control_app(self.carrier, self.control, options), self.live.entered)
        events = Events(self.carrier, options, self.live.watched)
        fronts = (Origins(front, options.allow_origins) for front in (control, events))
        self._server = Server(port, Combined(rest, *fronts))
        self.port = self._server.server_port
        self._serving = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.05), name="carrier-http", daemon=True
        )

    def start(self) -> None:
        """Serve, and let time pass."""
        rare_collections()
        self.live.start()
        self._serving.start()

    def stop(self) -> None:
        """Stop serving; open requests are dropped."""
        self._server.shutdown()
        self._server.server_close()
        self.live.stop()


def rare_collections() -> None:
    """Evidence is kept for as long as the carrier lives, and a full collection walks through all of it while every
    call waits: half a second in a long load. What is there now is never walked through again, the rest seldom.
    """
    gc.freeze()
    gc.set_threshold(10_000, 5, 1_000)
