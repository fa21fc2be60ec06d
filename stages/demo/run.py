"""`tiktoksales demo`: a recorded show on real, embedded servers."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from rich.live import Live

from pipeline.cancellation import cancel
from pipeline.cli import run_async
from pipeline.embedded import ServerFailed
from stages.adapters.database.trail import Trail
from stages.demo.failure import DemoFailed
from stages.demo.house import House
from stages.demo.player import NotTaken, Player
from stages.demo.progress import Observer, Progress, as_report, as_summary
from stages.demo.screen import Screen
from stages.demo.script import ShowError
from stages.demo.seeding import lay_frames, seed_shop
from stages.demo.show import Show, load_show
from stages.demo.unfinished import why_unfinished
from stages.wiring import Wiring

KEPT = Path(".demo")
_READY_SECONDS, _END_SECONDS = 120.0, 180.0
_LOOK_SECONDS = 0.5


def run_demo(folder: Path, *, as_json: bool, keep: bool, speed: float, workers: int = 1) -> None:
    """Play the show in `folder` on embedded servers, and print what happened.

    Raises DemoFailed where it can't be played, or where not every comment reached an end state.
    """
    # What people read goes to standard error with --json, so that the object stands alone.
    console = Console(stderr=as_json)
    try:
        show = load_show(folder)
        with _house(show, keep, console, workers) as house:
            console.print(f"watch it live: {house.console_url}", highlight=False)
            progress = run_async(_play(show, house, console, speed))
            # Before the house is taken down, with its logs.
            why = why_unfinished(progress, KEPT if keep else None, house.log_tail)
            if keep:
                _print_urls(house, console)
    except (ServerFailed, ShowError, NotTaken) as error:
        raise DemoFailed(str(error)) from error
    console.print(as_report(progress))
    if as_json:
        sys.stdout.write(orjson.dumps(as_summary(progress)).decode() + "\n")
    if not progress.finished:
        raise DemoFailed(why)


def stop_demo() -> None:
    """End what `--keep` left up, and delete its data."""
    console = Console()
    if not KEPT.exists():
        console.print("Nothing was left up here.")
        return
    House(KEPT.resolve(), KEPT, kept=True).remove()
    console.print("Ended, and its data deleted.")


@contextmanager
def _house(show: Show, keep: bool, console: Console, workers: int) -> Iterator[House]:
    """A house that runs; ended and removed afterwards, or with `keep` left as it is unless something goes wrong."""
    if keep:
        house = House(KEPT.resolve(), show.folder, kept=True, workers=workers)
    else:
        house = House(Path(tempfile.mkdtemp(prefix="tiktoksales-")), show.folder, workers=workers)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where whoever started us ignores them
        signal.signal(number, signal.default_int_handler)
    try:
        console.print("starting Valkey, Postgres and the sandbox of Stripe and Twilio ...", style="dim")
        house.start_servers()
        run_async(_seed(show, house))
        console.print("starting the doors and the stages, which load their models ...", style="dim")
        house.start_shop()
        yield house
    except BaseException:
        _end(house.stop if keep else house.remove, console)
        raise
    if not keep:
        _end(house.remove, console)


def _end(end: Callable[[], None], console: Console) -> None:
    console.print("stopping ...", style="dim")
    # A second Ctrl-C would leave half of it behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


async def _seed(show: Show, house: House) -> None:
    async with Wiring.open(house.settings()) as wiring:
        await seed_shop(show, wiring)


async def _play(show: Show, house: House, console: Console, speed: float) -> Progress:
    async with Wiring.open(house.settings()) as wiring:
        observer = Observer(
            wiring.redis, wiring.keys, Trail(wiring.database), wiring.settings.match_threshold
        )
        if not (await _until(observer, house, "ready", _READY_SECONDS, None)).ready:
            raise DemoFailed(
                f"Not every stage was ready within {_READY_SECONDS:g} s; see {house.folder / 'logs'}."
            )
        start = datetime.now(UTC)
        await lay_frames(show, wiring.settings.frames_url, start)
        async with httpx.AsyncClient(base_url=house.gateway_url, timeout=10) as http:
            player = Player(show, start, http, wiring.appender, speed=speed, random=random.random)
            with Live(console=console, auto_refresh=False, transient=True) as live:
                streamers = [streamer.handle for streamer in show.script.streamers]
                screen = Screen(live, wiring.database, streamers)
                await _play_and_show(player, observer, screen)
                return await _until(observer, house, "finished", _END_SECONDS, screen)


async def _play_and_show(player: Player, observer: Observer, screen: Screen) -> None:
    playing = asyncio.create_task(player.play())
    try:
        while not playing.done():
            await screen.show(await observer.look())
            await asyncio.wait([playing], timeout=_LOOK_SECONDS)
        playing.result()
    finally:
        await cancel([playing])


async def _until(
    observer: Observer, house: House, state: str, seconds: float, screen: Screen | None
) -> Progress:
    """The progress once it is `ready` or `finished`, or when the time is up."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        progress = await observer.look()
        if screen:
            await screen.show(progress)
        if getattr(progress, state) or loop.time() > deadline:
            return progress
        house.check()
        await asyncio.sleep(_LOOK_SECONDS / 2)


def _print_urls(house: House, console: Console) -> None:
    console.print("Left up; `tiktoksales demo --stop` ends it and deletes its data.")
    for name, url in house.urls().items():
        console.print(f"  {name}: {url}", highlight=False, soft_wrap=True)
