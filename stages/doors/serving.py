"""Puts a door on an address, by uvicorn."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from pipeline.collector import patient_collector
from stages.doors.http_protocol import HttpProtocol
from stages.doors.loopback import is_loopback
from stages.doors.socket_protocol import FRAME_LIMIT, SocketProtocol
from stages.mendable import Mendable
from stages.settings import ShopSettings


class UnopenedDoor(Mendable):
    """The door can't be opened so, or must not be; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a door listens; with `tls_cert` and `tls_key` (PEM files) over TLS alone."""

    host: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


# Longer than clients keep an idle connection (5 to 15 s): whoever wrote into one that closes couldn't know whether the
# request had arrived.
_KEEP_ALIVE_SECONDS = 25


def check_safe(settings: ShopSettings, listening: Listening) -> None:
    """Raises UnopenedDoor where a door that asks for no key would be reached from elsewhere, and where TLS lacks one of
    its files."""
    if settings.open_doors and not is_loopback(listening.host):
        raise UnopenedDoor(
            f"OPEN_DOORS asks nobody for a key, and {listening.host} can be reached from other machines: listen on "
            "127.0.0.1, or unset OPEN_DOORS and make keys with `tiktoksales keys create`."
        )
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise UnopenedDoor("TLS needs both, TLS_CERT (--tls-cert) and TLS_KEY (--tls-key).")
    for file in (listening.tls_cert, listening.tls_key):
        if file is not None and not file.is_file():
            raise UnopenedDoor(f"There is no file {file}: see TLS_CERT and TLS_KEY.")


def check_free(listening: Listening) -> None:
    """Raises UnopenedDoor where nobody can listen there, or the TLS files can't be used."""
    place = f"{listening.host}:{listening.port}"
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            listening.host, listening.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
                probe.bind(address)
    except OSError as error:
        raise UnopenedDoor(
            f"No door can be opened at {place} ({error.strerror}): stop what listens there, or choose another address "
            "(--host, --port)."
        ) from error
    if listening.tls_cert and listening.tls_key:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.tls_cert, listening.tls_key)
        except (ssl.SSLError, OSError) as error:
            raise UnopenedDoor(
                f"{listening.tls_cert} and {listening.tls_key} are no certificate and its key, both in PEM "
                f"({error.strerror or error}): see TLS_CERT and TLS_KEY."
            ) from error


class _Server(uvicorn.Server):
    """Ends with status 0, and lets its caller close connections, where it is told to end: uvicorn's own would raise
    the signal again first."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """SIGTERM and SIGINT end it; the second one at once."""
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def serve_door(app: FastAPI, settings: ShopSettings, listening: Listening) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished. Raises UnopenedDoor."""
    check_safe(settings, listening)
    check_free(listening)
    config = uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
        access_log=False,
        log_level="warning",
        server_header=False,
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=FRAME_LIMIT,
        ws_per_message_deflate=False,  # its memory for each connection saves little on short texts
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(settings.drain_seconds),
    )
    with patient_collector():
        await _Server(config).serve()
