"""What only the server's own connections can do: fall silent, or break."""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "sandbox.transport"


class BreakableConnection(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which lends each request its transport so that a fault can break it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: {"transport": self.transport}}


async def fall_silent(request: Request, seconds: float) -> Response:
    """Answers nothing until the caller hangs up; after `seconds` the connection is broken."""
    try:
        async with asyncio.timeout(seconds):
            await _hung_up(request)
    except TimeoutError:
        return await break_off(request)
    return Response(status_code=499)


async def break_off(request: Request) -> Response:
    """Resets the TCP connection (RST), as a dying load balancer does."""
    transport: asyncio.Transport = request.scope["extensions"][_TRANSPORT]["transport"]
    connection = transport.get_extra_info("socket")
    # Linger 0: the close below sends RST instead of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _hung_up(request)
    return Response(status_code=499)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
