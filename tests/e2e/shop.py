"""A running house with the recorded show's shop in it, and what the end-to-end tests ask of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx
from redis.asyncio import Redis

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM
from stages.adapters.database.trail import Trail
from stages.demo.house import House
from stages.demo.progress import Observer
from stages.demo.seeding import lay_frames, seed_shop
from stages.demo.show import Show
from stages.ingest import comment_id
from stages.wiring import Wiring

PATIENCE_SECONDS = 120.0  # only a failing test ever waits so long
_LOOK_SECONDS = 0.02
_SHOW_ENDED_SECONDS = 60.0  # the show began so long ago: all its frames lie in the past

MAYA = "maya.closet"
JACKET_AT, BAG_AT = 8.0, 30.0  # seconds of the show at which viewers of maya.closet see them
Row = Mapping[str, Any]
Entry = tuple[bytes, dict[bytes, bytes]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who writes, as the show's shop knows them."""

    client: str
    client_id: str | None = None
    platform: str = "tiktok"


EMMA = Viewer("emma_r", "6937909301590894449")  # a good saved card, and wants WhatsApp messages
EMMA_PHONE = "+15550101000"


@dataclass(frozen=True, slots=True)
class Shop:
    """A house that runs, seen from outside: its doors, its databases, its providers' ledger."""

    house: House
    show: Show
    start: datetime
    wiring: Wiring
    http: httpx.AsyncClient
    redis: Redis  # of the test's own: a look shares no trip with a write that the server holds up

    def fields(
        self,
        message: str,
        viewer: Viewer = EMMA,
        *,
        streamer: str = MAYA,
        at: float = JACKET_AT,
        message_id: str | None = None,
    ) -> dict[str, str]:
        """A comment as it is posted, or put into the stream; without a `message_id` one of its own."""
        fields = {
            "streamer": streamer,
            "client": viewer.client,
            "message": message,
            "timestamp": self.moment(at),
            "platform": viewer.platform,
            "message_id": message_id or uuid4().hex,
        }
        return fields | ({"client_id": viewer.client_id} if viewer.client_id else {})

    def moment(self, at: float) -> str:
        """The show's second `at`, in ISO 8601."""
        return (self.start + timedelta(seconds=at)).isoformat()

    async def post(self, fields: Mapping[str, Any]) -> httpx.Response:
        """Through the front door."""
        return await self.http.post(f"{self.house.gateway_url}/comments", json=dict(fields))

    async def xadd(self, fields: Mapping[str, str]) -> str:
        """Straight into the public stream; returns the entry's id."""
        return await self.wiring.appender.comment(fields)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """What the database answers."""
        async with self.wiring.database.transaction() as connection:
            return await connection.fetch(query, *values)

    async def row(self, query: str, *values: object) -> Row:
        """The one row that the database answers."""
        [row] = await self.rows(query, *values)
        return dict(row)

    async def end_of(self, comment: UUID) -> Row:
        """The end state of a comment that came once, as soon as there is one."""
        [end] = await self.ends_of(comment, 1)
        return end

    async def ends_of(self, comment: UUID, count: int) -> list[Row]:
        """The end states of a comment that came `count` times, in the order in which it came."""
        query = "select seq, stage, outcome, reason from end_states where comment_id = $1 order by seq"

        async def enough() -> list[Row]:
            rows = await self.rows(query, comment)
            return [dict(row) for row in rows] if len(rows) >= count else []

        return await until(enough, f"comment {comment} has {count} end states")

    async def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What really happened at the providers."""
        answer = await self.http.get(f"{self.house.sandbox_url}/ledger")
        ledger: dict[str, list[dict[str, Any]]] = answer.raise_for_status().json()
        return ledger

    async def charges(self, order_number: str) -> list[dict[str, Any]]:
        """The charges for an order that moved money."""
        return [each for each in (await self.ledger())["charges"] if each["order"] == order_number]

    async def messages(self, order_number: str) -> list[dict[str, Any]]:
        """The messages about an order, oldest first."""
        return [each for each in (await self.ledger())["messages"] if order_number in each["body"]]

    async def arm(self, provider: str, fault: str, **details: object) -> None:
        """Makes the next call of a provider go wrong."""
        line = {"provider": provider, "fault": fault, **details}
        (await self.http.post(f"{self.house.sandbox_url}/faults", json=line)).raise_for_status()

    async def pay(self, url: str) -> None:
        """What a buyer's browser does on the pay link's page."""
        assert "Pay " in (await self.http.get(url)).raise_for_status().text
        paid = await self.http.post(url, data={"card": "4242424242424242", "email": "buyer@example.com"})
        assert paid.status_code == 303
        assert paid.headers["location"].startswith(self.house.gateway_url)

    async def entries(self, stream: str, first: str = "-", last: str = "+") -> list[Entry]:
        """Entries of a stream, oldest first."""
        key = self.wiring.keys.stream(stream, 0)
        entries: list[Entry] = await self.redis.execute_command("XRANGE", key, first, last)
        return entries

    async def in_hand(self, stage: str) -> int:
        """Entries that a stage was given and has not settled."""
        key = self.wiring.keys.stream(stream_of(stage), 0)
        # A stage that still prepares itself has made neither its stream nor its group.
        groups = await self.redis.xinfo_groups(key) if await self.redis.exists(key) else []
        if not groups:
            return 0
        [group] = groups
        place = None if stream_of(stage) == PUBLIC_STREAM else 0
        retrying = await self.redis.zcard(self.wiring.keys.retry(stage, place))
        return int(group["pending"]) - int(retrying)

    async def dead(self) -> list[Listed]:
        """The dead letters."""
        return [listed async for listed in DeadLetters(self.redis, self.wiring.keys, 1).all()]


def stream_of(stage: str) -> str:
    """The name of the stream that a stage reads."""
    return {"ingest": PUBLIC_STREAM, "projector": EVENTS}.get(stage, stage)


def identity(fields: Mapping[str, str]) -> UUID:
    """The identity of a comment with a message id."""
    found = comment_id("0-0", fields.get("platform", "tiktok"), fields)
    assert isinstance(found, UUID)
    return found


@asynccontextmanager
async def opened(house: House, show: Show) -> AsyncIterator[Shop]:
    """The shop in a house that runs, with the show's frames laid so that all of them are of the past."""
    start = datetime.now(UTC) - timedelta(seconds=_SHOW_ENDED_SECONDS)
    async with (
        Wiring.open(house.settings()) as wiring,
        aclosing(connect(house.settings().redis_url)) as redis,
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
    ):
        await seed_shop(show, wiring)
        await lay_frames(show, wiring.settings.frames_url, start)
        yield Shop(house, show, start, wiring, http, redis)


async def ready(wiring: Wiring) -> None:
    """Return once every stage reads, so that nobody waits for a model."""
    observer = Observer(wiring.redis, wiring.keys, Trail(wiring.database), wiring.settings.match_threshold)

    async def reading() -> bool:
        return (await observer.look()).ready

    await until(reading, "every stage reads")


async def until(look: Callable[[], Awaitable[T]], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """The first answer of `look` that is true. Raises AssertionError, with `what`, when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := await look()):
        assert time.monotonic() < deadline, f"after {seconds:g} s it is still not so that {what}"
        await asyncio.sleep(_LOOK_SECONDS)
    return answer
