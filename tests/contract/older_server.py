"""A Valkey that says it is an older one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from pipeline.embedded.credentials import LOOPBACK

_TOLD = b"valkey_version:9.1.2"
_OLDER = b"valkey_version:7.0.2"
_CHUNK = 1 << 16


@contextmanager
def older_server(port: int) -> Iterator[int]:
    """The port of a door to the server at `port` of this machine, by which its version is another one."""
    with closing(socket.create_server((LOOPBACK, 0))) as door:
        threading.Thread(target=_serve, args=(door, port), daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)


def _serve(door: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = door.accept()
            server = socket.create_connection((LOOPBACK, port))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with closing(target), suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data.replace(_TOLD, _OLDER))
