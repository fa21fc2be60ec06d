"""An application on a port of this machine, served as the doors are."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from stages.doors.http_protocol import HttpProtocol
from stages.doors.socket_protocol import FRAME_LIMIT, SocketProtocol
from tests.e2e.shop import until


@asynccontextmanager
async def served(app: FastAPI, *, ping_seconds: float = 20.0) -> AsyncIterator[str]:
    """Its host and port. Peers are pinged after `ping_seconds`, and have as long to answer."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="critical",
        lifespan="off",
        http=HttpProtocol,
        ws=SocketProtocol,
        ws_max_size=FRAME_LIMIT,
        ws_ping_interval=ping_seconds,
        ws_ping_timeout=ping_seconds,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[listener]))

        async def started() -> bool:
            return server.started

        await until(started, "the server has started")
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
