"""Faust, as a part of our processes."""

from __future__ import annotations

from typing import Any

import faust
import structlog
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver

from pipeline.engines.kafka import connection
from pipeline.engines.kafka.connection import Broker
from pipeline.engines.kafka.names import Names
from pipeline.settings import RuntimeSettings

_HEARTBEATS = 3  # in a lease, as everywhere
_REQUEST_SECONDS = 90.0
_COMMIT_SECONDS = 0.25
_LOOK_SECONDS = 0.5


class _PromptTables(TableManager):
    """Begins at once. Faust's own waits a second for tables that are made late."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class _PatientThread(driver.AIOKafkaConsumerThread):
    """Has the broker hold empty fetches back for as long as our other clients do. Faust's 1.5 s are not configurable,
    and its consumer answers nobody while it waits.

    Joins its group again where that failed: the client below waits until somebody asks for the error, and Faust, which
    asks for messages, never does while it is assigned none."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = connection.FETCH_WAIT_MS
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        self.add_future(self._join_again())

    async def _join_again(self) -> None:
        while not self.should_stop:
            await self.sleep(_LOOK_SECONDS)
            try:
                self._ensure_consumer()._coordinator.check_errors()
            except KafkaError as error:
                structlog.get_logger().warning("joins its group again", error=str(error))


class _PatientConsumer(driver.Consumer):
    def _new_consumer_thread(self) -> _PatientThread:
        return _PatientThread(self, loop=self.loop, beacon=self.beacon)


class _PatientTransport(driver.Transport):
    Consumer = _PatientConsumer


def new_app(settings: RuntimeSettings, name: str, **given: Any) -> faust.App:
    """A Faust app that is the consumer group `name`, to be started within a process of ours: it serves no web pages,
    makes no topics, and says that it is alive three times in LEASE_SECONDS, after which others get its partitions.
    `given` are Faust's own settings, and go before these."""
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
    app = faust.App(Names(settings.key_prefix).group(name), **options)
    app.transport = _PatientTransport(app.conf.broker_consumer, app)
    return app
