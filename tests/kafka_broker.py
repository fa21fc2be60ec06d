"""A Kafka of the tests' own: librdkafka's built-in mock broker, in a process of its own.

`python -m tests.kafka_broker` prints where it listens and serves until its standard input is closed; each line
`TOPIC PARTITIONS` there makes a topic. It keeps everything in memory, about 5 MiB of each partition, compacts nothing,
makes other topics, of four partitions, when they are first asked for, and takes no administrator's requests. A group's
first member waits for nobody; later ones wait until all have come or a second less than the session time is over.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

_ERROR_BYTES = 512


class KafkaBroker:
    """The broker as a process, within `with`."""

    name: ClassVar[str] = "kafka"

    def __init__(self) -> None:
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kafka_broker"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout
        self.url = f"kafka://{self._process.stdout.readline().strip()}"
        return self

    def make(self, topics: Iterable[str], partitions: int) -> None:
        """Make topics."""
        assert self._process.stdin
        assert self._process.stdout
        for topic in topics:
            self._process.stdin.write(f"{topic} {partitions}\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline().strip() == topic

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    """Serve."""
    library = _librdkafka()
    configuration = library.rd_kafka_conf_new()
    client = library.rd_kafka_new(0, configuration, ctypes.create_string_buffer(_ERROR_BYTES), _ERROR_BYTES)
    cluster = library.rd_kafka_mock_cluster_new(client, 1)
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
    library.rd_kafka_mock_set_controller_id(cluster, 1)
    print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
    for line in sys.stdin:
        topic, partitions = line.split()
        library.rd_kafka_mock_topic_create(cluster, topic.encode(), int(partitions), 1)
        print(topic, flush=True)


def _librdkafka() -> Any:
    import confluent_kafka

    libraries = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(libraries.glob("librdkafka*"))))
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    library.rd_kafka_conf_new.restype = pointer
    library.rd_kafka_new.argtypes, library.rd_kafka_new.restype = (
        [ctypes.c_int, pointer, text, ctypes.c_size_t],
        pointer,
    )
    library.rd_kafka_mock_cluster_new.argtypes = [pointer, ctypes.c_int]
    library.rd_kafka_mock_cluster_new.restype = pointer
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
    library.rd_kafka_mock_cluster_bootstraps.restype = text
    library.rd_kafka_mock_group_initial_rebalance_delay_ms.argtypes = [pointer, ctypes.c_int32]
    library.rd_kafka_mock_set_controller_id.argtypes = [pointer, ctypes.c_int32]
    library.rd_kafka_mock_topic_create.argtypes = [pointer, text, ctypes.c_int, ctypes.c_int]
    return library


if __name__ == "__main__":
    main()
