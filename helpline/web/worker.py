"""gunicorn's threaded worker, for whom a connection that says nothing costs no thread (attack 26).

The worker it is made of gives every new connection to a thread, which waits there for up to
five seconds: as many silent connections as threads, and the carrier waits behind them. Here a
new connection waits in the poller, where thousands cost nothing, and gets a thread when its
first byte is there. A request that is begun and not gone on with loses its thread after
`HEAD_S`: the carrier sends a whole request at once.
"""

from __future__ import annotations

import selectors
import socket
import struct
from functools import partial
from typing import Final

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_S: Final = 2
_RECEIVE_TIMEOUT: Final = struct.pack("ll", HEAD_S, 0)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn publishes no types
    """`--worker-class helpline.web.worker.PatientWorker`"""

    def accept(self, listener: socket.socket) -> None:
        """A new connection, put where connections wait for their first byte."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        # The kernel's own limit: it holds for every read, whatever mode the socket is put in later.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.set_timeout()  # closed if nothing comes for as long as a kept connection may be idle
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, readable)
