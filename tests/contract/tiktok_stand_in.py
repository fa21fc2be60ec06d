"""Plays TikTok and the sign server: a recorded LIVE on the protocol of the push service.

The numbers are those of the fields in the public definitions of that protocol.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, web

from tests.contract.web_server import listening
from tests.contract.wire import Value, message

HISTORY = 6  # comments that each connection begins with
STREAM_ENDED = 3


@dataclass
class TikTokStandIn:
    """The room's messages, sent to whoever is connected; `stops` says after how many of them in all each connection
    falls silent, or with a minus sign is cut. The last one goes on to the end of the show."""

    recording: Mapping[str, Any]
    stops: Sequence[int] = ()
    live: bool = True
    sign_status: int = 200
    sign_again_in: float = 0.0
    gap_seconds: float = 0.002
    connections: int = 0
    sent: int = 0
    signed_with: list[str | None] = field(default_factory=list)
    url: str = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/@{name}/live", self._page),
            web.get("/api-live/user/room/", self._user),
            web.get("/webcast/room/check_alive/", self._alive),
            web.get("/webcast/fetch", self._sign),
            web.get("/push", self._push),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        if request.match_info["name"] != self.recording["unique_id"]:
            return web.Response(text="<html></html>", content_type="text/html")
        user = {
            "roomId": str(self.recording["room_id"]),
            "uniqueId": self.recording["unique_id"],
            "status": 2,
        }
        state = {"LiveRoom": {"liveRoomUserInfo": {"user": user | ({} if self.live else {"status": 4})}}}
        tag = f'<script id="SIGI_STATE" type="application/json">{json.dumps(state)}</script>'
        return web.Response(text=f"<html>{tag}</html>", content_type="text/html")

    async def _user(self, _: web.Request) -> web.Response:
        return web.json_response({"message": "user_not_found"})

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"data": [{"alive": self.live, "room_id": self.recording["room_id"]}]})

    async def _sign(self, request: web.Request) -> web.Response:
        self.signed_with.append(request.headers.get("X-Api-Key"))
        if self.sign_status != 200:
            reset = {
                "RateLimit-Reset": str(int(time.time() + self.sign_again_in)),
                "RateLimit-Remaining": "0",
            }
            return web.json_response({"message": "Not now."}, status=self.sign_status, headers=reset)
        first: dict[int, Value] = {
            2: "cursor-1",
            5: "internal",
            7: [{1: "imprp", 2: "abc"}],
            10: f"{self.url.replace('http', 'ws', 1)}/push",
            11: 1,
        }
        return web.Response(body=message(first), headers={"X-Set-TT-Cookie": "ttwid=abc; Path=/"})

    async def _push(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("echo-protocol",))
        await socket.prepare(request)
        stop = self.stops[self.connections] if self.connections < len(self.stops) else None
        self.connections += 1
        messages = self.recording["messages"]
        said = [each for each in messages[: self.sent] if "user" in each]
        await self._send(socket, *said[-HISTORY:])
        for each in messages[self.sent : abs(stop) if stop is not None else None]:
            self.sent += 1
            await self._send(socket, each)
            if self.gap_seconds:
                await asyncio.sleep(self.gap_seconds)
        if stop is None:
            ended = {"method": "WebcastControlMessage", "msg_id": 1, "create_time": 1, "action": STREAM_ENDED}
            await self._send(socket, ended)
        elif stop < 0:
            await socket.close(code=WSCloseCode.INTERNAL_ERROR)
        async for _ in socket:
            pass  # heartbeats and acknowledgements, until the other side goes
        return socket

    async def _send(self, socket: web.WebSocketResponse, *messages: Mapping[str, Any]) -> None:
        result: dict[int, Value] = {
            1: [{1: each["method"], 2: self._payload(each), 3: each["msg_id"]} for each in messages],
            5: "internal",
            9: 1,
        }
        frame: dict[int, Value] = {
            2: 77,
            5: [{1: "compress_type", 2: "gzip"}],
            6: "pb",
            7: "msg",
            8: gzip.compress(message(result)),
        }
        if not socket.closed:
            await socket.send_bytes(message(frame))

    def _payload(self, said: Mapping[str, Any]) -> bytes:
        if said.get("broken"):
            return b"\xff\xff\xff"
        common: dict[int, Value] = {
            1: said["method"],
            2: said["msg_id"],
            3: self.recording["room_id"],
            4: said["create_time"],
        }
        return message({1: common, **_body(said)})


def _body(said: Mapping[str, Any]) -> Mapping[int, Value]:
    match said["method"]:
        case "WebcastChatMessage":
            user = said["user"]
            return {2: {1: user["id"], 3: user["nickname"], 38: user["display_id"]}, 3: said["content"]}
        case "WebcastOecLiveShoppingMessage":
            return {2: 1, 4: {1: said["title"], 6: said["product_id"]}}
        case "WebcastImDeleteMessage":
            return {2: said["delete_msg_ids"]}
        case "WebcastControlMessage":
            return {2: said["action"]}
        case _:
            return {}


@asynccontextmanager
async def served(stand_in: TikTokStandIn) -> AsyncIterator[TikTokStandIn]:
    """The stand-in, at an address of its own."""
    app = web.Application()
    app.add_routes(stand_in.routes())
    async with listening(app, shutdown_seconds=0.1) as stand_in.url:
        yield stand_in
