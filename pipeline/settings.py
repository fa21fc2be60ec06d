"""The runtime's settings: read once from the environment, validated, frozen."""

from __future__ import annotations

import socket
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_PASSWORDS = "in a password, write such signs as / # ? @ by percent and two digits (%2F)"


def readable_hosts(url: str) -> str:
    """A URL whose hosts, one or several with commas between, have ports that are numbers. Raises ValueError."""
    for place in urlsplit(url).netloc.rpartition("@")[2].split(","):
        try:
            urlsplit(f"//{place}").port  # noqa: B018 - reading it is the check
        except ValueError as error:
            raise ValueError(f"it names no host:port ({place}); {_PASSWORDS}") from error
    return url


Url = Annotated[str, AfterValidator(readable_hosts)]
"""A server's address."""

Engine = Literal["redis", "kafka"]


class RuntimeSettings(BaseSettings):
    """Each field is an environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    engine: Annotated[
        Engine,
        Field(description="What the stages run on: redis, or kafka. `run --engine` says it for one process"),
    ] = "redis"
    redis_url: Annotated[
        Url,
        Field(
            pattern=r"^(rediss?(\+cluster)?://.*)?$",
            description="Redis 7+ or Valkey that holds the streams: redis:// or rediss://; a cluster: "
            "redis+cluster:// (or rediss+cluster://) and some of its nodes, host:port,host:port",
        ),
    ] = ""
    kafka_url: Annotated[
        Url,
        Field(
            pattern=r"^(kafkas?://.+)?$",
            description="Kafka, where ENGINE is kafka: kafka://host:port[,host:port], or "
            "kafkas://user:password@host:port with TLS; ?mechanism=SCRAM-SHA-512 instead of PLAIN",
        ),
    ] = ""
    kafka_replication: Annotated[
        int, Field(ge=1, le=32_767, description="Replicas of each Kafka topic that is made")
    ] = 1
    key_prefix: Annotated[
        str, Field(description="Put before every key in Redis, and every topic and group in Kafka")
    ] = ""
    partitions: Annotated[
        int, Field(ge=1, le=1024, description="Partitions of the stage streams; a streamer stays in one")
    ] = 1
    consumer_name: Annotated[
        str,
        Field(
            min_length=1,
            description="Name of this process in the consumer groups. Must be stable over restarts, so that it "
            "finds its own unfinished entries, and its own among the processes of a stage",
        ),
    ] = f"{socket.gethostname()}-0"
    lease_seconds: Annotated[
        float,
        Field(
            gt=0,
            description="An entry whose owner has not renewed it for so long is taken over; owners renew at a third "
            "of it",
        ),
    ] = 30.0
    drain_seconds: Annotated[
        float,
        Field(ge=0, description="On SIGTERM: time for what is in hand; the rest is released for others"),
    ] = 10.0
    high_water: Annotated[
        int,
        Field(ge=1, description="A stage reads no more while the next one's stream has so many entries"),
    ] = 10_000
    replay_seconds: Annotated[
        float, Field(gt=0, description="How long comments_stream keeps what came in, for replay")
    ] = 7 * 24 * 3600.0
    metrics_port: Annotated[
        int,
        Field(ge=0, le=65535, description="`run` serves /metrics for Prometheus on this port; 0: it doesn't"),
    ] = 0
    metrics_host: Annotated[str, Field(min_length=1, description="Address that /metrics is served on")] = (
        "127.0.0.1"
    )
    traces_url: Annotated[
        str,
        Field(
            pattern=r"^(https?://.*)?$",
            description="Where `run` sends traces by OTLP over HTTP: http://127.0.0.1:4318/v1/traces. Default: nowhere",
        ),
    ] = ""
    traces_share: Annotated[
        float, Field(ge=0, le=1, description="So many of all comments are traced: 0.1 is every tenth")
    ] = 1.0
