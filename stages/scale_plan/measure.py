"""Measures every stage on this machine: its real handler, with real models, database and providers' sandbox."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pipeline.cli import run_async
from pipeline.embedded import ServerFailed
from stages.adapters.database.trail import Trail
from stages.demo.house import House
from stages.demo.progress import Observer
from stages.demo.script import ShowError
from stages.demo.seeding import lay_frames, seed_shop
from stages.demo.show import Show, ShowComment, load_show
from stages.mendable import Mendable
from stages.scale_plan.rates import StageRate, rates_between
from stages.scale_plan.reading import addresses_in, read_all
from stages.wiring import Wiring

_SOURCE = "gateway"
_SETTINGS = {
    "rate_limit_per_viewer": "",
    "repeat_window_seconds": 0.0,
    "buyer_unpaid_limit": 1000,
}
_LOOK_SECONDS = 0.2
_END_SECONDS, _SHOW_SECONDS_AGO = 180.0, 60.0


class NotMeasured(Mendable):
    """The stages could not be measured; the message says why."""


def measure(folder: Path, seconds: float) -> list[StageRate]:
    """Play the show in `folder` again and again for so long, as fast as it goes, on embedded servers with one process a
    stage, all of which share this machine. The first time doesn't count: it fills the caches. Raises NotMeasured."""
    try:
        show = load_show(folder)
        with tempfile.TemporaryDirectory(prefix="tiktoksales-") as room:
            house = House(Path(room) / "house", folder, settings=_SETTINGS)
            try:
                house.start_servers()
                run_async(_seed(show, house))
                house.start_shop()
                return run_async(play(show, house, seconds))
            finally:
                house.remove()
    except (ServerFailed, ShowError, TimeoutError) as error:
        raise NotMeasured(f"The stages could not be measured: {error or 'it took too long'}") from error


async def _seed(show: Show, house: House) -> None:
    async with Wiring.open(house.settings()) as wiring:
        await seed_shop(show, wiring)


async def play(show: Show, house: House, seconds: float) -> list[StageRate]:
    """The rates of a house whose shop is in place. Raises TimeoutError."""
    start = datetime.now(UTC) - timedelta(seconds=_SHOW_SECONDS_AGO)
    async with Wiring.open(house.settings()) as wiring:
        await lay_frames(show, wiring.settings.frames_url, start)
        audience = _Audience(show, start, wiring, house)
        await audience.play()
        addresses = addresses_in(house.targets_file)
        before = await asyncio.to_thread(read_all, addresses)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await audience.play()
        return rates_between(before, await asyncio.to_thread(read_all, addresses))


class _Audience:
    """Says everything that is said in the show, each time anew."""

    def __init__(self, show: Show, start: datetime, wiring: Wiring, house: House) -> None:
        self._show, self._start, self._wiring, self._house = show, start, wiring, house
        self._observer = Observer(
            wiring.redis, wiring.keys, Trail(wiring.database), wiring.settings.match_threshold
        )

    async def play(self) -> None:
        """Append it all, and wait until all has come to its end. Raises TimeoutError."""
        ended = (await self._observer.look()).totals.ended
        said = [self._wiring.sources.stamp(fields, _SOURCE) for fields in self._lines()]
        async with self._wiring.redis.pipeline(transaction=False) as calls:
            for fields in said:
                parts = [part for pair in fields.items() for part in pair]
                calls.execute_command("XADD", self._wiring.keys.comments, "*", *parts)
            await calls.execute()
        async with asyncio.timeout(_END_SECONDS):
            while True:
                progress = await self._observer.look()
                if progress.idle and progress.totals.ended >= ended + len(said):
                    return
                self._house.check()
                await asyncio.sleep(_LOOK_SECONDS)

    def _lines(self) -> Iterator[dict[str, str]]:
        for line in self._show.lines:
            if isinstance(line, ShowComment):
                told = line.model_dump(include={"platform", "streamer", "client", "client_id", "message"})
                at = (self._start + timedelta(seconds=line.at)).isoformat()
                yield {**told, "message_id": uuid4().hex, "timestamp": at}
