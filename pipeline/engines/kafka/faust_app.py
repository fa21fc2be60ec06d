"""Faust, as a part of our processes."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import Any

import faust
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from mode.utils.queues import FlowControlEvent

from pipeline.engines.kafka import connection
from pipeline.engines.kafka.connection import Broker
from pipeline.engines.kafka.names import Names
from pipeline.settings import RuntimeSettings

_HEARTBEATS = 3  # in a lease, as everywhere
_REQUEST_SECONDS = 90.0
_COMMIT_SECONDS = 0.25


class _PromptTables(TableManager):
    """Begins at once. Faust's own waits a second for tables that are made late."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class _PatientThread(driver.AIOKafkaConsumerThread):
    """Has the broker hold empty fetches back for as long as our other clients do. Faust's 1.5 s are not configurable,
    and its consumer answers nobody while it waits."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = connection.FETCH_WAIT_MS
        return consumer


class _PatientConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> _PatientThread:
        return _PatientThread(self, loop=self.loop, beacon=self.beacon)


class _PatientTransport(driver.Transport):
    Consumer = _PatientConsumer


class _Flow(FlowControlEvent):
    """Resumed while it runs it stays as it is. Faust resumes it again when its tables are restored, and its own would
    throw away what streams were given since the first time: read, and missing until the next restart."""

    def resume(self) -> None:
        if not self.is_active():
            super().resume()


class _App(faust.App):
    @cached_property
    def flow_control(self) -> FlowControlEvent:
        return _Flow(loop=self.loop)

    def _create_directories(self) -> None:
        """None: tables lie in memory. Faust's own would make a folder in the working directory, which is the user's."""


def new_app(settings: RuntimeSettings, name: str, **given: Any) -> faust.App:
    """A Faust app that is the consumer group `name`, to be started within a process of ours: it serves no web pages,
    makes no topics and no folders, and says that it is alive three times in LEASE_SECONDS, after which others get its
    partitions. `given` are Faust's own settings, and go before these."""
    options: dict[str, Any] = {
        **Broker.of(settings.kafka_url).faust_options(),
        "autodiscover": False,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "store": "memory://",
        "stream_wait_empty": False,
        "broker_session_timeout": settings.lease_seconds,
        "broker_heartbeat_interval": settings.lease_seconds / _HEARTBEATS,
        "broker_request_timeout": max(_REQUEST_SECONDS, settings.lease_seconds),
        "broker_commit_interval": _COMMIT_SECONDS,
        "consumer_auto_offset_reset": "earliest",
        "TableManager": _PromptTables,
        **given,
    }
    app = _App(Names(settings.key_prefix).group(name), **options)
    app.transport = _PatientTransport(app.conf.broker_consumer, app)
    return app


def look_after_group(app: faust.App) -> bool:
    """Have aiokafka go on where it waits for somebody to hear of an error that it met in its group: Faust, which asks
    for no messages while it is given partitions, would not hear of it, and stand still for ever. Returns False where
    going on is no use, since aiokafka has given up. Raises what a person must mend, such as missing rights."""
    thread: Any = getattr(app.consumer, "_thread", None)
    coordinator = getattr(getattr(thread, "_consumer", None), "_coordinator", None)
    if coordinator is None or not hasattr(coordinator, "_coordination_task"):
        return True
    error = coordinator._pending_exception
    # So aiokafka says that an answer was unexpected; it then joins the group anew.
    if type(error) is KafkaError:
        thread.thread_loop.call_soon_threadsafe(_hear, coordinator)
    elif error is not None:
        raise error
    return not coordinator._coordination_task.done()


def _hear(coordinator: Any) -> None:
    with suppress(KafkaError):
        coordinator.check_errors()
