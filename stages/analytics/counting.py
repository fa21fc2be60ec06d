"""Counts shows from their end states: a Faust app with a table of panes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import structlog
from faust import Table

from pipeline.cancellation import cancel
from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.connection import Broker
from pipeline.engines.kafka.faust_app import look_after_group, new_app
from pipeline.engines.kafka.names import Names
from pipeline.engines.kafka.topics import make_topics
from pipeline.events import EndState
from pipeline.settings import RuntimeSettings
from pipeline.settlement import EVENTS
from schemas.codec import UnreadableRecord, decode
from stages.analytics.facts import Facts, facts_of
from stages.analytics.panes import Pane, panes_of
from stages.analytics.shows import Place, Shows
from stages.analytics.windows import WINDOWS_SECONDS, Window

GROUP = "analytics"
TABLE = "panes"
_BATCH, _WITHIN_SECONDS = 500, 0.25
_PUT_UP_SECONDS = 1.0
_CHANGELOG = {"cleanup.policy": "compact,delete", "retention.ms": str(2 * max(WINDOWS_SECONDS) * 1000)}


def changelog_of(names: Names) -> str:
    """The topic that the table of panes is restored from, as Faust calls it."""
    return f"{names.group(GROUP)}-{TABLE}-changelog"


class PlacedTable(Table[str, dict[str, Any]]):
    """A table whose keys say in which partition they lie: what is changed for many events at once has no event of its
    own, by whose partition Faust would know."""

    def partition_for_key(self, key: str) -> int:
        """The partition of the show."""
        return Place.of(key).partition


class Wall(Protocol):
    """Where shows are put up; see Board.put_up."""

    async def put_up(self, partition: int, shows: Mapping[str, tuple[Window, ...]]) -> None: ...


class Counting:
    """An agent that keeps the panes of the partitions that Kafka gives to this process, and puts up what they come to.

    An end state is acknowledged once the table's changelog holds what it told. `clock` gives epoch seconds; `away` is
    what says that the board is away for now.
    """

    name = GROUP

    def __init__(
        self,
        settings: RuntimeSettings,
        board: Wall,
        clock: Callable[[], float],
        away: tuple[type[Exception], ...],
    ) -> None:
        self._settings, self._board, self._clock, self._away = settings, board, clock, away
        self._names = Names(settings.key_prefix)
        self._topic = self._names.stream(EVENTS)
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger(agent=self.name)

    def stop(self) -> None:
        """Take nothing new."""
        self._stopping.set()

    def release(self) -> None:
        """What was not acknowledged is told again, to whoever comes next."""
        self.stop()

    async def run(self) -> None:
        """Count until stopped. Raises what Faust failed with."""
        await self._make_changelog()
        app, shows = self._new_app()
        tasks = [asyncio.create_task(app.wait_until_stopped()), asyncio.create_task(self._put_up(app, shows))]
        tasks.append(asyncio.create_task(self._stopping.wait()))
        try:
            await app.start()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await cancel(tasks)
            await app.stop()
        if not self._stopping.is_set():
            raise app.crash_reason or RuntimeError("Faust stopped counting unasked.")

    async def _make_changelog(self) -> None:
        """The topic that the table is restored from: it forgets what no window reaches any more."""
        admin = Clients(Broker.of(self._settings.kafka_url)).admin()
        await admin.start()
        try:
            await make_topics(
                admin,
                {changelog_of(self._names): _CHANGELOG},
                self._settings.partitions,
                self._settings.kafka_replication,
            )
        finally:
            await admin.close()

    def _new_app(self) -> tuple[Any, Shows]:
        app = new_app(self._settings, GROUP, Table=PlacedTable, table_standby_replicas=0)
        table = app.Table(TABLE, key_type=str, partitions=self._settings.partitions)
        shows = Shows(table)
        topic = app.topic(
            self._topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )

        async def count(stream: Any) -> None:
            async for events in stream.take_events(_BATCH, within=_WITHIN_SECONDS):
                shows.learn(self._told(events), int(self._clock() * 1000))
                await app.producer.flush()

        app.agent(topic, name=f"{app.conf.id}.agent")(count)
        return app, shows

    def _told(self, events: Iterable[Any]) -> dict[Place, Pane]:
        """What a batch tells, by place: each place of the table is written once."""
        told: dict[Place, Pane] = {}
        for event in events:
            if (facts := self._facts(event.message)) is None:
                continue
            for start, pane in panes_of(facts):
                place = Place(event.message.partition, start, facts.streamer)
                told[place] = told[place].merged(pane) if place in told else pane
        return told

    def _facts(self, message: Any) -> Facts | None:
        try:
            return facts_of(decode(EndState, message.value or b""))
        except UnreadableRecord as error:
            self._log.warning("an end state is not readable and is not counted", error=str(error))
            return None

    async def _put_up(self, app: Any, shows: Shows) -> None:
        """Put up the shows until the app has left its group for good."""
        while True:
            await asyncio.sleep(_PUT_UP_SECONDS)
            if not look_after_group(app):
                return
            if app.rebalancing or not app.tables.recovery.completed.is_set():
                continue  # what is known is not complete
            now_ms = int(self._clock() * 1000)
            shows.forget(now_ms)
            try:
                for partition in self._own(app):
                    await self._board.put_up(partition, shows.windows(partition, now_ms))
            except self._away as error:
                self._log.warning(
                    "what was counted can't be put up", error=str(error) or type(error).__name__
                )

    def _own(self, app: Any) -> list[int]:
        return sorted(each.partition for each in app.consumer.assignment() if each.topic == self._topic)
