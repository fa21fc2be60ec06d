"""The bare echo: FastAPI with nothing behind it, on the server and with the settings of the gateway's.

`python -m benchmarks.gateway.echo --port N`. It reads and checks a comment's fields, as any FastAPI route would, and
answers them; over its WebSocket it gives each frame back.
"""

from __future__ import annotations

import argparse

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()


class Posted(BaseModel):
    """The fields that a comment may have."""

    streamer: str
    client: str
    message: str
    timestamp: str | None = None
    platform: str = "tiktok"
    message_id: str | None = None
    client_id: str | None = None


@app.post("/comments")
async def echo(posted: Posted) -> Posted:
    """What was posted."""
    return posted


@app.websocket("/ws/comments")
async def echo_frames(socket: WebSocket) -> None:
    """Each frame."""
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        return


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    """Whether it is there."""
    return {"ok": True}


def main() -> None:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=parser.parse_args().port,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )


if __name__ == "__main__":
    main()
