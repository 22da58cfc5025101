"""The wire between a client and a server, which can be cut at the worst moment."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import Literal

from tests.postgres import Server

Moment = Literal["before", "after"]


class Wire:
    """Listens on a port of its own and passes everything on to a server.

    `cut`: the next COMMIT is lost before it gets to the server, or the server's answer to it on the way back. `down`:
    from then on nobody gets through.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cut: Moment | None = None
        self.down = False
        self.stays_down = False  # after the cut
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        Thread(target=self._listen, daemon=True).start()

    def url(self, **more: str) -> str:
        """The server's address, by this wire."""
        return self.server.tcp(**more).replace(f":{self.server.port}/", f":{self.port}/")

    def close(self) -> None:
        self.down = True
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.server.port))
            for one, other in ((client, server), (server, client)):
                Thread(target=self._pass_on, args=(one, other, one is client), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, to_server: bool) -> None:
        try:
            while received := one.recv(1 << 16):
                if to_server and self.cut and b"COMMIT\0" in received:
                    moment, self.cut, self.down = self.cut, None, self.stays_down
                    if moment == "after":
                        one.shutdown(socket.SHUT_WR)  # the client hears nothing more
                        other.sendall(received)
                        while not self._committed(other):
                            pass
                    break
                other.sendall(received)
        except OSError:
            pass
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _committed(self, server: socket.socket) -> bool:
        """Whether the server has nothing left to do for this client."""
        own = server.getsockname()[1]
        query = f"SELECT 1 FROM pg_stat_activity WHERE client_port = {own} AND state = 'active'"
        return not self.server.sql(query)
