"""How Kafka is reached, and which of its errors pass by themselves."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiokafka import errors

from pipeline.engines.kafka.failure import NotAKafkaUrl

KAFKA_AWAY: tuple[type[Exception], ...] = (
    errors.KafkaConnectionError,
    errors.KafkaTimeoutError,
    errors.KafkaUnavailableError,
    errors.NoBrokersAvailable,
    errors.NodeNotReadyError,
    errors.RequestTimedOutError,
    errors.BrokerNotAvailableError,
    errors.LeaderNotAvailableError,
    errors.NotLeaderForPartitionError,
    errors.ReplicaNotAvailableError,
    errors.NotEnoughReplicasError,
    errors.NotEnoughReplicasAfterAppendError,
    errors.UnknownTopicOrPartitionError,
    errors.GroupCoordinatorNotAvailableError,
    errors.GroupLoadInProgressError,
    errors.NotCoordinatorForGroupError,
    OSError,
)
"""What passes by itself: a broker is away, starting, or no longer the leader."""

FETCH_WAIT_MS = 250
"""How long a broker may hold an empty fetch back. It answers at once when something comes."""

_DEFAULT_PORT = 9092
_MECHANISM = "PLAIN"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Kafka is, and who we are there."""

    servers: tuple[str, ...]
    tls: bool = False
    username: str = ""
    password: str = ""
    mechanism: str = _MECHANISM

    @classmethod
    def of(cls, url: str) -> Broker:
        """Reads KAFKA_URL; `?mechanism=` names SCRAM-SHA-256 or SCRAM-SHA-512 instead of PLAIN. Raises NotAKafkaUrl.

        >>> Broker.of("kafka://one,two:9093").servers
        ('one:9092', 'two:9093')
        """
        parts = urlsplit(url)
        who, _, hosts = parts.netloc.rpartition("@")
        if parts.scheme not in ("kafka", "kafkas") or not all(hosts.split(",")):
            raise NotAKafkaUrl
        username, _, password = who.partition(":")
        return cls(
            servers=tuple(_with_port(host) for host in hosts.split(",")),
            tls=parts.scheme == "kafkas",
            username=unquote(username),
            password=unquote(password),
            mechanism=parse_qs(parts.query).get("mechanism", [_MECHANISM])[0],
        )

    def client_options(self) -> dict[str, Any]:
        """What aiokafka's clients are made with."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": ("SASL_" if self.username else "") + ("SSL" if self.tls else "PLAINTEXT"),
        }
        if self.tls:
            options["ssl_context"] = ssl.create_default_context()
        if self.username:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"], options["sasl_plain_password"] = self.username, self.password
        return options

    def faust_options(self) -> dict[str, Any]:
        """What Faust's apps are made with."""
        import faust

        context = ssl.create_default_context() if self.tls else None
        options: dict[str, Any] = {"broker": ";".join(f"kafka://{server}" for server in self.servers)}
        if self.username:
            options["broker_credentials"] = faust.SASLCredentials(
                username=self.username, password=self.password, mechanism=self.mechanism, ssl_context=context
            )
        elif context:
            options["broker_credentials"] = faust.SSLCredentials(context)
        return options


def _with_port(host: str) -> str:
    return host if ":" in host else f"{host}:{_DEFAULT_PORT}"
