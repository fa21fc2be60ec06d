"""What a user can mend."""

from __future__ import annotations


class KafkaFailed(Exception):
    """Kafka can't be used; the message says why, and what to do."""


class NotAKafkaUrl(KafkaFailed):
    """KAFKA_URL is none."""

    def __init__(self) -> None:
        super().__init__(
            "KAFKA_URL is no address of a Kafka: write kafka://host:port[,host:port], or "
            "kafkas://user:password@host:port where it speaks TLS."
        )


class KafkaUnavailable(KafkaFailed, ConnectionError):
    """Nothing answers there."""

    def __init__(self, servers: tuple[str, ...], error: Exception) -> None:
        super().__init__(
            f"Kafka can't be reached at {', '.join(servers)} ({error}): start it, or correct KAFKA_URL."
        )


class TopicNotMade(KafkaFailed):
    """A topic is missing, and Kafka refuses to make it."""

    def __init__(self, topic: str, why: str) -> None:
        super().__init__(f"Kafka does not make the topic {topic} ({why}): make it yourself, or permit it.")
