"""The topics there must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAlreadyExistsError,
    UnsupportedVersionError,
    for_code,
)

from pipeline.engines.kafka.failure import TopicNotMade
from pipeline.engines.kafka.names import Names
from pipeline.settlement import DEAD, EVENTS
from pipeline.stage import PUBLIC_STREAM

_DAY_MS = 24 * 3600 * 1000
_WEEK_MS = 7 * _DAY_MS
# The last message under a key is kept, and a tombstone soon removes that too: what was purged is gone.
_COMPACT = {"cleanup.policy": "compact", "max.compaction.lag.ms": str(_DAY_MS)}


def topics_of(names: Names, stages: Iterable[str], replay_seconds: float) -> dict[str, Mapping[str, str]]:
    """Every topic, with what it is configured to. Streams are kept for a week: whoever is away for longer has lost
    what waited there."""
    streams = {names.stream(stage): {"retention.ms": str(_WEEK_MS)} for stage in stages}
    return {
        **streams,
        # Whoever was first is told by the broker's clock, not by a producer's.
        names.stream(PUBLIC_STREAM): {
            "retention.ms": str(int(replay_seconds * 1000)),
            "message.timestamp.type": "LogAppendTime",
        },
        names.stream(EVENTS): {"retention.ms": str(_WEEK_MS)},
        names.stream(DEAD): _COMPACT,
        names.unfinished: {"cleanup.policy": "compact,delete", "retention.ms": str(_DAY_MS)},
        names.once: {"cleanup.policy": "compact,delete", "retention.ms": str(_WEEK_MS)},
        **{names.accounts(stage): _COMPACT for stage in stages},
    }


async def make_topics(
    admin: AIOKafkaAdminClient, topics: Mapping[str, Mapping[str, str]], partitions: int, replication: int
) -> None:
    """Make those that are not there yet. A broker that makes topics by itself, and lets nobody ask for them, is left
    to it. Raises TopicNotMade, and what aiokafka raises."""
    missing = set(topics) - set(await admin.list_topics())
    wanted = [
        NewTopic(name, partitions, replication, topic_configs=dict(topics[name])) for name in sorted(missing)
    ]
    if not wanted:
        return
    try:
        answer = await admin.create_topics(wanted)
    except (IncompatibleBrokerVersion, UnsupportedVersionError) as error:
        structlog.get_logger().warning(
            "Kafka makes its topics by itself, as it is configured", error=str(error)
        )
        await admin.describe_topics([each.name for each in wanted])
        return
    for name, code, *why in answer.topic_errors:
        refusal: type[KafkaError] = for_code(code)
        if code and not issubclass(refusal, TopicAlreadyExistsError):
            raise TopicNotMade(name, (why[0] if why else None) or refusal.__name__)
