"""Whether a Kafka can be used."""

from __future__ import annotations

from aiokafka.errors import KafkaError

from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.connection import KAFKA_AWAY, Broker
from pipeline.engines.kafka.failure import KafkaFailed, KafkaUnavailable
from pipeline.finding import Finding


async def examine_kafka(url: str) -> list[Finding]:
    """Whether somebody answers there who lets us in."""
    subject = "Kafka"
    try:
        broker = Broker.of(url)
        admin = Clients(broker).admin()
        try:
            await admin.start()
        except KAFKA_AWAY as error:
            raise KafkaUnavailable(broker.servers, error) from error
        finally:
            await admin.close()
    except KafkaFailed as error:
        return [Finding("error", subject, str(error))]
    except KafkaError as error:
        return [Finding("error", subject, f"It refuses us: {error} See user and password in KAFKA_URL.")]
    return [Finding("ok", subject, f"It answers at {', '.join(broker.servers)}.")]
