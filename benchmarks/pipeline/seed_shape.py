"""The seed's shape at work on a backlog (see benchmarks/baseline)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import psycopg
from redis import Redis

from benchmarks.baseline.worker import FINISHED, push
from benchmarks.pipeline.crowd import WRITTEN_A_SECOND, Crowd, Viewer
from benchmarks.pipeline.processes import ROOT
from benchmarks.pipeline.shop import PLENTY, Broadcast
from pipeline.embedded.credentials import free_port
from stages.adapters.payments import SavedCard
from stages.demo.house import House
from stages.demo.show import Show
from stages.eyes import vision_folder

_DATABASE = "seed_shape"
_SCHEMA = ROOT / "benchmarks" / "baseline" / "schema.sql"
_SERVICES = ("intent", "vision", "order")
_LOOK_SECONDS, _READY_SECONDS, _PATIENCE_SECONDS = 0.1, 120.0, 600.0


@dataclass(frozen=True, slots=True)
class Variant:
    """How many workers pop, and whether the vision service looks at each frame once only."""

    name: str
    workers: int
    caches_frames: bool


PLAIN, GENEROUS = Variant("plain", 1, False), Variant("generous", 4, True)
"""As it is written first; and with what a team would add next without changing the shape."""


class SeedShape:
    """Its database and catalog, made once; its processes run within `running`."""

    def __init__(
        self, house: House, show: Show, known: tuple[Viewer, ...], cards: Mapping[str, SavedCard]
    ) -> None:
        self._house, self._show = house, show
        self._redis_url = house.valkey.url.rpartition("/")[0] + "/1"
        self._redis = Redis.from_url(self._redis_url)
        self._url = house.postgres.database_url(_DATABASE)
        with psycopg.connect(house.postgres.url, autocommit=True) as owner:
            owner.execute(f"create database {_DATABASE}")
        with psycopg.connect(self._url) as database:
            database.execute(_SCHEMA.read_text())
            self._fill(database, known, cards)
        self._catalog = house.folder / "seed_catalog.json"
        self._catalog.write_text(json.dumps(self._listed()))

    @contextmanager
    def running(self, variant: Variant) -> Iterator[None]:
        """Its services and workers. Raises ServerFailed."""
        names = []
        ports = {name: free_port() for name in _SERVICES}
        extra = {
            "intent": (),
            "vision": (
                "--models", str(vision_folder(self._house.settings())),
                "--catalog", str(self._catalog),
                "--frames", self._house.settings().frames_url,
                *(("--cache",) if variant.caches_frames else ()),
            ),
            "order": ("--database", self._url),
        }  # fmt: skip
        try:
            for name in _SERVICES:
                self._launch(f"seed-{name}", f"{name}_service", "--port", str(ports[name]), *extra[name])
                names.append(f"seed-{name}")
            self._wait_for(ports)
            urls = [part for name in _SERVICES for part in (f"--{name}", f"http://127.0.0.1:{ports[name]}")]
            for number in range(variant.workers):
                own = ("--redis", self._redis_url, "--database", self._url, *urls)
                self._launch(f"seed-worker-{number}", "worker", *own)
                names.append(f"seed-worker-{number}")
            yield
        finally:
            for name in names:
                self._house.dismiss_process(name)

    async def drain(self, broadcast: Broadcast, crowd: Crowd, count: int) -> float:
        """Comments a second: from the first push until the last one is done."""
        start = await broadcast.play_earlier(count / WRITTEN_A_SECOND)
        lines = crowd.lines([number / WRITTEN_A_SECOND for number in range(count)])
        comments = [line.fields(start) for line in lines]
        self._redis.set(FINISHED, 0)
        began = time.perf_counter()
        push(self._redis, comments)
        while int(self._redis.get(FINISHED) or 0) < count:
            self._house.check()
            if time.perf_counter() - began > _PATIENCE_SECONDS:
                raise TimeoutError(f"The seed's shape did not finish {count} comments.")
            time.sleep(_LOOK_SECONDS)  # noqa: ASYNC251 - nothing else runs here
        return count / (time.perf_counter() - began)

    def _launch(self, name: str, module: str, *arguments: str) -> None:
        self._house.start_program(
            name, "-m", f"benchmarks.baseline.{module}", *arguments, pythonpath=str(ROOT)
        )

    def _wait_for(self, ports: Mapping[str, int]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        for port in ports.values():
            while not _answers(f"http://127.0.0.1:{port}/healthz"):
                self._house.check()
                if time.monotonic() > deadline:
                    raise TimeoutError("A service of the seed's shape does not answer.")
                time.sleep(_LOOK_SECONDS)

    def _fill(
        self, database: psycopg.Connection[Any], known: tuple[Viewer, ...], cards: Mapping[str, SavedCard]
    ) -> None:
        told = {
            streamer.handle: (streamer.phone, streamer.notify_by) for streamer in self._show.script.streamers
        }
        with database.cursor() as cursor:
            cursor.executemany(
                "insert into products values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (p.sku, p.streamer, p.name, p.price_minor, p.currency, PLENTY, *told[p.streamer])
                    for p in self._show.script.products
                ],
            )
            cursor.executemany(
                "insert into buyers values (%s, %s, %s, %s, %s)",
                [
                    (
                        viewer.client_id,
                        viewer.phone,
                        viewer.channel,
                        *((card.customer, card.payment_method) if card else (None, None)),
                    )
                    for viewer in known
                    for card in (cards.get(viewer.client_id),)
                ],
            )

    def _listed(self) -> dict[str, Any]:
        products: dict[str, dict[str, list[str]]] = {}
        for product in self._show.script.products:
            products.setdefault(product.streamer, {})[product.sku] = [str(image) for image in product.images]
        delays = {streamer.handle: streamer.view_delay_seconds for streamer in self._show.script.streamers}
        return {"folder": str(self._show.folder.resolve()), "products": products, "delays": delays}


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # nosec B310 # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False
