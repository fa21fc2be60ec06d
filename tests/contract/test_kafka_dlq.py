"""`dlq list|show|redrive|purge` where ENGINE is kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.dead_letter import DeadLetter, NoSuchDeadLetter
from pipeline.dlq import dead_letter_commands
from pipeline.engines.kafka.engine import KafkaEngine, open_kafka
from pipeline.engines.kafka.failure import KafkaUnavailable
from pipeline.settings import RuntimeSettings
from pipeline.settlement import DEAD, Append
from tests.contract.kafka_rig import settings_on
from tests.contract.letters import letter
from tests.kafka_broker import KafkaBroker

Dlq = Callable[..., Result]


@pytest.fixture
def settings(kafka_broker: KafkaBroker) -> RuntimeSettings:
    return settings_on(kafka_broker, partitions=2)


@pytest.fixture
def dlq(settings: RuntimeSettings) -> Dlq:
    """Runs a command; where it fails the test does."""
    app = dead_letter_commands(lambda: settings, lambda: ("first", "order"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return run


def on_kafka(settings: RuntimeSettings, work: Callable[[KafkaEngine], Coroutine[Any, Any, Any]]) -> Any:
    async def opened() -> Any:
        async with open_kafka(settings) as kafka:
            return await work(kafka)

    return asyncio.run(opened())


def lay(settings: RuntimeSettings, *letters: DeadLetter) -> list[str]:
    async def laid(kafka: KafkaEngine) -> list[str]:
        return [
            await kafka.producer.append(Append(DEAD, number % 2, each.fields()))
            for number, each in enumerate(letters)
        ]

    ids: list[str] = on_kafka(settings, laid)
    return ids


def listed(dlq: Dlq, *options: str) -> list[str]:
    return [each["id"] for each in orjson.loads(dlq("list", "--json", *options).output)["letters"]]


def test_the_letters_of_all_partitions_are_listed_and_one_is_shown(
    settings: RuntimeSettings, dlq: Dlq
) -> None:
    ids = lay(settings, letter(1), letter(2, stage="order", error="KeyError"), letter(3))
    assert sorted(listed(dlq)) == sorted(ids)
    assert listed(dlq, "--stage", "order") == [ids[1]]
    shown = orjson.loads(dlq("show", ids[1], "--json").output)
    assert (shown["stage"], shown["error"]) == ("order", "KeyError")


def test_what_is_buried_twice_lies_there_once(settings: RuntimeSettings, dlq: Dlq) -> None:
    _, again = lay(settings, letter(1), letter(2))[0], lay(settings, letter(1))[0]
    assert len(listed(dlq)) == 2
    assert again in listed(dlq)


def test_a_letter_that_was_sent_back_is_gone_and_its_stage_is_given_the_entry(
    settings: RuntimeSettings, dlq: Dlq
) -> None:
    first, second = lay(settings, letter(1), letter(2))
    assert "1 dead letter sent back." in dlq("redrive", first).output
    assert listed(dlq) == [second]
    with pytest.raises(NoSuchDeadLetter):
        dlq("redrive", first)
    load = on_kafka(settings, lambda kafka: kafka.load("first", "first", 1))
    assert (load.retries, load.due, load.length) == (1, 1, 1)
    assert "1 dead letter sent back." in dlq("redrive", "--all").output
    assert listed(dlq) == []


def test_old_letters_are_purged(settings: RuntimeSettings, dlq: Dlq) -> None:
    lay(settings, letter(1), letter(2))
    assert "0 dead letters deleted." in dlq("purge", "--older-than", "1h", "--yes").output
    assert "2 dead letters deleted." in dlq("purge", "--older-than", "0h", "--yes").output
    assert listed(dlq) == []


def test_the_letters_are_counted_for_prometheus(settings: RuntimeSettings, dlq: Dlq) -> None:
    lay(settings, letter(1), letter(2), letter(3, error="KeyError"))

    async def counted(kafka: KafkaEngine) -> tuple[Any, Any]:
        page = await kafka.dead_letter_count(0, "")
        return page, await kafka.dead_letter_count(0, page.last)

    page, further = on_kafka(settings, counted)
    assert {(each.stage, each.error, each.count) for each in page.counts} == {
        ("first", "ZeroDivisionError", 1),
        ("first", "KeyError", 1),
    }
    assert (page.length, further.length, further.last) == (2, 2, "")


def test_a_kafka_that_is_not_there_is_said_in_one_sentence() -> None:
    nowhere = RuntimeSettings(engine="kafka", kafka_url="kafka://127.0.0.1:1")
    app = dead_letter_commands(lambda: nowhere, tuple)
    with pytest.raises(KafkaUnavailable, match=r"Kafka can't be reached at 127\.0\.0\.1:1"):
        CliRunner().invoke(app, ["list"], catch_exceptions=False)
