"""A stage as a Faust agent."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from pipeline.cancellation import cancel
from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.commits import Commits
from pipeline.engines.kafka.faust_app import look_after_group, new_app
from pipeline.engines.kafka.inbox import Unread
from pipeline.engines.kafka.lane import Lane
from pipeline.engines.kafka.message import entry_id, from_message
from pipeline.engines.kafka.pressure import Pressure
from pipeline.engines.kafka.producer import Producer
from pipeline.metrics import GROUPS_RECREATED
from pipeline.preparation import prepare
from pipeline.settings import RuntimeSettings
from pipeline.stage import Stage

_ROOM = 2000  # entries that wait in a lane's inbox beyond what it may hold, before the process reads no more
_REVOKE_SECONDS = 2.0  # for what is in hand when others are to get the partition; the rest is released
_LOOK_SECONDS = 0.1


class StageAgent:
    """This process' share of `stage`: a Faust app that is in the stage's consumer group, with an agent that hands each
    entry to the lane of its partition. Kafka says which partitions are this process', each of them no other's."""

    def __init__(
        self,
        stage: Stage[Any],
        settings: RuntimeSettings,
        clients: Clients,
        producer: Producer,
        lag: Callable[[str], Awaitable[int]],
    ) -> None:
        self.name = stage.name
        self._stage, self._settings, self._clients, self._producer = stage, settings, clients, producer
        self._pressure = Pressure(stage.emits, settings.high_water, lag)
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}
        self._stopping, self._releasing = asyncio.Event(), asyncio.Event()
        self._broken: asyncio.Future[None] | None = None
        self._app: Any = None
        self._commits: Commits | None = None
        self._is_handing_over, self._is_lost = False, asyncio.Event()
        self._topic = producer.names.stream(stage.stream)
        self._log = structlog.get_logger(stage=stage.name)

    @property
    def partitions(self) -> list[int]:
        """Those that are this process' now."""
        return sorted(self._lanes)

    @property
    def in_hand(self) -> int:
        """How many entries are."""
        return sum(lane.in_hand for lane, _ in self._lanes.values())

    @property
    def is_pressed(self) -> bool:
        """Whether it takes nothing, since the next stage can't keep up."""
        return self._pressure.is_on()

    def stop(self) -> None:
        """Take nothing new."""
        self._stopping.set()
        for lane, _ in self._lanes.values():
            lane.stop()

    def release(self) -> None:
        """Finish nothing more: give back at once what is in hand."""
        self.stop()
        self._releasing.set()
        for lane, _ in self._lanes.values():
            lane.release()

    async def commit(self) -> bool:
        """Commit how far it is now, which happens by itself ten times a second. Returns whether everything is finished
        that has an outcome."""
        settled = all(lane.is_settled for lane, _ in self._lanes.values())
        if self._commits:
            await self._commits.commit([lane for lane, _ in self._lanes.values()])
        return settled

    async def run(self) -> None:
        """Work until stopped and drained, or released. Raises what a lane, or Faust, failed with."""
        await prepare(self._stage, self._stopping, random.random)
        while not self._stopping.is_set():
            await self._work()

    async def _work(self) -> None:
        """Be in the group until stopped, or until the group is lost."""
        self._broken = asyncio.get_running_loop().create_future()
        self._is_handing_over, self._is_lost = False, asyncio.Event()
        self._app = app = self._new_app()
        self._commits = Commits(app.consumer, self._topic)
        keeping = asyncio.create_task(self._keep())
        keeping.add_done_callback(self._has_ended)
        try:
            await app.start()
            await self._until_stopped()
            for lane, task in list(self._lanes.values()):
                lane.stop()
                await asyncio.wait([task])
                task.result()
            await self.commit()
        finally:
            await cancel([keeping, *(task for _, task in self._lanes.values())])
            self._lanes.clear()
            await _to_the_end(app.stop())

    def _new_app(self) -> Any:
        app = new_app(self._settings, self._stage.name)
        topic = app.topic(
            self._topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        app.agent(topic, name=f"{app.conf.id}.agent")(self._take_in)
        app.on_partitions_assigned.connect(self._assigned, weak=False)  # type: ignore[arg-type]  # a method
        app.on_partitions_revoked.connect(self._revoked, weak=False)  # type: ignore[arg-type]
        return app

    async def _take_in(self, stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            if message.partition not in self._lanes and not self._begin(message.partition):
                continue
            lane, _ = self._lanes[message.partition]
            lane.inbox.put(
                Unread(
                    entry_id(round(message.timestamp * 1000), message.offset, message.partition),
                    message.offset,
                    from_message(self._stage.stream, message.value, _headers(message.headers)),
                )
            )
            # Not by pausing the partition: Faust throws away what it has fetched of one, and commits past it.
            await lane.inbox.until_below(lane.capacity + _ROOM)

    async def _assigned(self, _app: Any, assigned: Any, **_: Any) -> None:
        self._is_handing_over = False
        for partition in sorted(each.partition for each in assigned if each.topic == self._topic):
            if partition not in self._lanes:
                self._begin(partition)

    async def _revoked(self, _app: Any, revoked: Any, **_: Any) -> None:
        """Finish what is in hand, or give it back, before others are given the partitions."""
        self._is_handing_over = True
        gone = [each.partition for each in revoked if each.topic == self._topic]
        lanes = [self._lanes.pop(partition) for partition in gone if partition in self._lanes]
        if not lanes:
            return
        for lane, _task in lanes:
            lane.inbox.close()
            lane.stop()
        late = (await asyncio.wait([task for _, task in lanes], timeout=_REVOKE_SECONDS))[1]
        for lane, task in lanes:
            if task in late:
                lane.release()
        if late:
            await asyncio.wait(late)
        assert self._commits is not None  # noqa: S101 - made by run
        await self._commits.commit([lane for lane, _ in lanes])

    def _begin(self, partition: int) -> bool:
        """Open the partition's lane. Says no where nothing new is begun: then the entry is left to whoever is next."""
        if self._stopping.is_set() or self._is_handing_over:
            return False
        lane = Lane(
            self._stage,
            partition,
            partitions=self._settings.partitions,
            clients=self._clients,
            producer=self._producer,
            is_pressed=self._pressure.is_on,
            clock=time.time,
            random=random.random,
        )
        task = asyncio.create_task(lane.run(), name=f"{self.name}:{partition}")
        task.add_done_callback(self._has_ended)
        self._lanes[partition] = (lane, task)
        return True

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) and self._broken and not self._broken.done():
            self._broken.set_exception(error)

    async def _keep(self) -> None:
        """Commit, look after the pressure of the next stage, and see whether the group is lost."""
        while not self._is_lost.is_set():
            if not self._is_handing_over:
                await self.commit()
            await self._pressure.look()
            if not look_after_group(self._app):
                self._is_lost.set()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _until_stopped(self) -> None:
        assert self._broken is not None  # noqa: S101 - made by run
        stopping = asyncio.create_task(self._stopping.wait())
        crashed = asyncio.create_task(self._app.wait_until_stopped())
        lost = asyncio.create_task(self._is_lost.wait())
        try:
            await asyncio.wait([stopping, crashed, lost, self._broken], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel([stopping, crashed, lost])
        if self._broken.done():
            self._broken.result()
        if self._is_lost.is_set():
            GROUPS_RECREATED.labels(self._stage.name).inc()
            self._log.error("the consumer group would not have this process; joining it anew")
            return
        if not self._stopping.is_set():
            raise self._app.crash_reason or RuntimeError(f"Faust stopped the stage {self.name} unasked.")


def _headers(headers: Any) -> list[tuple[str, bytes | None]]:
    return list(headers.items() if isinstance(headers, dict) else headers or ())


async def _to_the_end(ending: Awaitable[None]) -> None:
    """Await it even where we are cancelled meanwhile: half-stopped threads would outlive the agent."""
    task = asyncio.ensure_future(ending)
    interrupted: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            interrupted = error
    if interrupted:
        raise interrupted
    task.result()
