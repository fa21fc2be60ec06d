"""Frames of videos that are encoded here, read from files and from a local server, into real frame stores."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image
from prometheus_client import REGISTRY

from pipeline.embedded.credentials import free_port
from stages.adapters.frames import FrameStore
from stages.frames.failure import UnreadableFootage
from stages.frames.footage import _READ_SECONDS
from stages.frames.sampler import Sampler
from stages.frames.sampling import Sampling
from stages.frames.writer import MOST_WAITING, FrameWriter
from tests.contract.air import Air, Playlist, on_air
from tests.contract.film import as_stream, encode, every_tenth, stored
from tests.shell import tiktoksales

ANA = "ana.style"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sampler_of(source: str, folder: Path, **wanted: float) -> tuple[Sampler, FrameWriter]:
    writer = FrameWriter(FrameStore(folder.as_uri()), ANA, time.time)
    return Sampler(Sampling(ANA, source, **wanted), writer, now=time.time, random=lambda: 0.1), writer


async def seen(look: Callable[[], bool], *, within: float = 30.0) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + within
    while not look():
        assert time.monotonic() < deadline, "it never became so"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def watching(source: str, folder: Path, **wanted: float) -> AsyncIterator[FrameWriter]:
    """A sampler at work, until the block ends."""
    sampler, writer = sampler_of(source, folder, **wanted)
    running = asyncio.create_task(sampler.run())
    try:
        yield writer
    finally:
        sampler.stop()
        await asyncio.wait_for(running, 20)


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(f"tiktoksales_frames_{name}", {"streamer": ANA}) or 0.0


@pytest.mark.parametrize(("form", "name"), [("mp4", "show.mp4"), ("mpegts", "odd name: http show.ts")])
async def test_a_recorded_video_becomes_frames_at_its_own_times(tmp_path: Path, form: str, name: str) -> None:
    encode(str(tmp_path / "video"), every_tenth(0, 4), form)
    (tmp_path / "video").rename(tmp_path / name)
    sampler, writer = sampler_of(str(tmp_path / name), tmp_path / "frames", starts_at=NOON.timestamp())
    await sampler.run()
    noon = int(NOON.timestamp() * 1000)
    assert stored(tmp_path / "frames") == [(noon + 1000 * second, second) for second in range(4)]
    assert writer.stored == 4
    found = await FrameStore((tmp_path / "frames").as_uri()).window(ANA, NOON, NOON + timedelta(seconds=9), 9)
    assert [key.at for key in found] == [NOON + timedelta(seconds=second) for second in range(4)]


async def test_fps_is_of_the_videos_time(tmp_path: Path) -> None:
    encode(str(tmp_path / "show.mp4"), every_tenth(0, 2), "mp4")
    sampler, _ = sampler_of(
        str(tmp_path / "show.mp4"), tmp_path / "frames", fps=5.0, starts_at=NOON.timestamp()
    )
    await sampler.run()
    times = [at for at, _ in stored(tmp_path / "frames")]
    assert [later - earlier for earlier, later in pairwise(times)] == [200] * 9


async def test_a_recorded_video_without_a_time_is_played_as_if_it_were_live(tmp_path: Path) -> None:
    encode(str(tmp_path / "show.mp4"), every_tenth(0, 1), "mp4")
    sampler, _ = sampler_of(str(tmp_path / "show.mp4"), tmp_path / "frames", fps=2.0)
    before = time.time()
    await sampler.run()
    first, second = (at / 1000 for at, _ in stored(tmp_path / "frames"))
    assert before - 0.001 <= first
    assert second - first == pytest.approx(0.5, abs=0.002)
    assert second - 0.001 <= time.time()


async def test_large_pictures_are_made_smaller_and_turned_ones_upright(tmp_path: Path) -> None:
    file = tmp_path / "turned.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.set_display_rotation(90)
        picture = np.zeros((1080, 1920, 3), dtype=np.uint8)
        picture[:, 960:] = (230, 20, 20)  # red on the right: turned to the left by 90 degrees, on top
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    sampler, _ = sampler_of(str(file), tmp_path / "frames", starts_at=NOON.timestamp())
    await sampler.run()
    [frame] = (tmp_path / "frames").rglob("*.jpg")
    with Image.open(frame) as upright:
        assert upright.size == (720, 1280)
        red, green, _ = upright.convert("RGB").getpixel((360, 100))  # type: ignore[misc]
        assert red > 200
        assert green < 60
        assert max(upright.convert("RGB").getpixel((360, 1200))) < 40  # type: ignore[arg-type]


async def test_a_live_stream_is_joined_again_and_told_by_the_clock(tmp_path: Path) -> None:
    air = Air([as_stream(every_tenth(0, 1.3)), as_stream(every_tenth(1.4, 2.6))])
    reconnects = metric("reconnects_total")
    with on_air(air.answer) as address:
        async with watching(f"{address}/live", tmp_path / "frames", fps=5.0) as writer:
            await seen(lambda: air.connections > 2)
            assert metric("connected") == 0
    frames = stored(tmp_path / "frames")
    assert writer.stored == len(frames) == 13
    assert [second for _, second in frames] == sorted(second for _, second in frames)
    assert air.began
    for place, (at, _) in enumerate(frames):
        assert at / 1000 - air.began == pytest.approx(place / 5, abs=0.5)
    assert metric("reconnects_total") >= reconnects + 2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("OPEN", "READ"):
        monkeypatch.setattr(f"stages.frames.footage._{what}_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
async def test_a_stream_that_falls_silent_is_joined_again(tmp_path: Path) -> None:
    air = Air([as_stream(every_tenth(0, 1.1)), as_stream(every_tenth(0, 1.1))], silent=True)
    with on_air(air.answer) as address:
        async with watching(f"{address}/live", tmp_path / "frames"):
            await seen(lambda: air.connections > 2)
            air.over.set()


async def test_hls_comes_in_bursts_and_is_told_by_the_clock_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    folder.mkdir()
    encode(str(folder / "index.m3u8"), every_tenth(0, 5), "hls", hls_time=1, hls_list_size=0)
    playlist = Playlist(folder)
    with on_air(playlist.answer) as address:
        async with watching(f"{address}/index.m3u8", tmp_path / "frames", latency_seconds=1.0) as writer:
            await seen(lambda: writer.stored == 5)
    frames = stored(tmp_path / "frames")
    assert [second for _, second in frames] == [0, 1, 2, 3, 4]
    for (earlier, _), (later, _) in pairwise(frames):
        assert later - earlier == pytest.approx(1000, abs=400)
    # The first two segments stand there at once, so second 2 begins when the playlist does; minus the latency.
    assert playlist.began
    assert frames[2][0] / 1000 == pytest.approx(playlist.began - 1.0, abs=1.0)


async def test_a_live_stream_goes_on_while_the_store_is_away(tmp_path: Path) -> None:
    lost = metric("lost_total")
    air = Air([as_stream(every_tenth(0, 1.5))])
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "ana%2Estyle").write_text("a file where a folder must be")
    with on_air(air.answer) as address:
        async with watching(f"{address}/live", tmp_path / "frames", fps=2.0) as writer:
            await seen(lambda: air.connections > 1)
    assert writer.stored == 0
    assert metric("lost_total") == lost + 3


async def test_what_comes_at_once_is_stored_up_to_a_bound(tmp_path: Path) -> None:
    lost = metric("lost_total")
    writer = FrameWriter(FrameStore((tmp_path / "frames").as_uri()), ANA, time.time)
    for number in range(MOST_WAITING + 5):
        writer.offer(NOON.timestamp() + number, b"frame")
    await writer.drain()
    assert writer.stored == len(list((tmp_path / "frames").rglob("*.jpg"))) == MOST_WAITING
    assert metric("lost_total") == lost + 5


async def test_a_recorded_video_waits_for_the_store(tmp_path: Path) -> None:
    encode(str(tmp_path / "show.mp4"), every_tenth(0, 2), "mp4")
    (tmp_path / "frames").mkdir()
    obstacle = tmp_path / "frames" / "ana%2Estyle"
    obstacle.write_text("a file where a folder must be")
    sampler, writer = sampler_of(str(tmp_path / "show.mp4"), tmp_path / "frames", starts_at=NOON.timestamp())
    running = asyncio.create_task(sampler.run())
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(running), 0.5)
    assert not running.done()
    obstacle.unlink()
    await asyncio.wait_for(running, 30)
    assert writer.stored == 2


@pytest.mark.parametrize("what", ["gone.mp4", "words.mp4", "foo://host/stream"])
async def test_what_is_no_video_is_said(tmp_path: Path, what: str) -> None:
    (tmp_path / "words.mp4").write_text("no video at all")
    source = what if "://" in what else str(tmp_path / what)
    sampler, _ = sampler_of(source, tmp_path / "frames", starts_at=0.0)
    with pytest.raises(UnreadableFootage, match="can't be read as a video"):
        await sampler.run()


@pytest.mark.usefixtures("impatient")
async def test_a_playlist_from_elsewhere_reads_no_file_of_ours(tmp_path: Path) -> None:
    encode(str(tmp_path / "ours.ts"), every_tenth(0, 2), "mpegts")
    (tmp_path / "index.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{tmp_path / 'ours.ts'}\n"
    )
    playlist = Playlist(tmp_path)
    with on_air(playlist.answer) as address:
        async with watching(f"{address}/index.m3u8", tmp_path / "frames") as writer:
            reconnects = metric("reconnects_total")
            await seen(lambda: metric("reconnects_total") > reconnects + 1)
    assert writer.stored == 0


async def test_the_command_takes_frames_and_deletes_old_ones(tmp_path: Path) -> None:
    encode(str(tmp_path / "show.mp4"), every_tenth(0, 3), "mp4")
    store = FrameStore((tmp_path / "frames").as_uri())
    await store.put(ANA, datetime.now(UTC) - timedelta(minutes=20), b"old")
    young = await store.put(ANA, datetime.now(UTC) - timedelta(minutes=10), b"young")
    said = await tiktoksales(
        "frames", ANA, str(tmp_path / "show.mp4"), "--starts-at", "5m", "--keep", "15m", "--fps", "2",
        frames_url=(tmp_path / "frames").as_uri(),
    )  # fmt: skip
    assert (said.status, said.out) == (0, "6 frames stored.\n"), said.err
    left = sorted((tmp_path / "frames").rglob("*.jpg"))
    assert len(left) == 7
    assert left[0] == tmp_path / "frames" / young.path


async def test_the_command_says_what_it_lacks(tmp_path: Path) -> None:
    said = await tiktoksales("frames", ANA, str(tmp_path / "gone.mp4"), frames_url="")
    assert said.status == 1
    assert "FRAMES_URL" in said.err
    said = await tiktoksales("frames", ANA, str(tmp_path / "gone.mp4"), "--to", tmp_path.as_uri())
    assert said.status == 1
    assert "gone.mp4 can't be read as a video: No such file" in said.err
    assert "Traceback" not in said.err


async def test_the_command_ends_at_once_when_told_to_though_the_stream_is_silent(tmp_path: Path) -> None:
    air, port = Air([as_stream(every_tenth(0, 2.5))], silent=True), free_port()
    folder = tmp_path / "frames"
    with on_air(air.answer) as address:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "stages", "frames", ANA, f"{address}/live", "--to", folder.as_uri(),
            env={**os.environ, "METRICS_PORT": str(port)},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await seen(lambda: len(list(folder.rglob("*.jpg"))) == 3)
        async with httpx.AsyncClient(trust_env=False) as http:
            metrics = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
        told = time.monotonic()
        process.terminate()
        out, _ = await asyncio.wait_for(process.communicate(), 10)
        assert time.monotonic() - told < _READ_SECONDS / 2
        air.over.set()
    assert process.returncode == 0
    assert out.decode().endswith("3 frames stored.\n")
    assert f'tiktoksales_frames_connected{{streamer="{ANA}"}} 1.0' in metrics
    assert f'tiktoksales_frames_stored_total{{streamer="{ANA}"}} 3.0' in metrics
