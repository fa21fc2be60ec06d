"""The parts of the Kafka engine that need no Kafka."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines.kafka.accounts import Account, read_account
from pipeline.engines.kafka.commits import Commits
from pipeline.engines.kafka.connection import Broker
from pipeline.engines.kafka.failure import NotAKafkaUrl
from pipeline.engines.kafka.inbox import Inbox, Unread
from pipeline.engines.kafka.message import entry_id, from_message, partition_of_id, to_message, to_public
from pipeline.engines.kafka.table import Line
from pipeline.engines.kafka.watermark import Places, rank
from pipeline.envelope import SEQ
from pipeline.settlement import DEAD, Delivery, Postponed
from pipeline.stage import PUBLIC_STREAM


def inbox(count: int) -> Inbox:
    made = Inbox(lambda: None)
    for offset in range(count):
        made.put(Unread(f"{offset}-0", offset, {}))
    return made


@given(st.permutations(range(6)))
def test_an_offset_counts_as_finished_once_all_before_it_are(order: list[int]) -> None:
    made = inbox(6)
    finished: set[int] = set()
    for offset in order:
        made.finish(offset)
        finished.add(offset)
        expected = next((each for each in range(6) if each not in finished), 6)
        assert made.finished_below == (expected or None)


@pytest.mark.parametrize("is_finished", [True, False])
def test_an_entry_that_is_read_again_is_not_given_out_again(is_finished: bool) -> None:
    made = inbox(2)
    if is_finished:
        made.finish(0)
    made.put(Unread("0-0", 0, {}))
    assert [made.take(), made.take(), made.take()][2] is None


class Consumer:
    """A group's consumer, as `Commits` sees it."""

    def __init__(self, assigned: set[TP]) -> None:
        self.assigned, self.is_refusing, self.told = assigned, False, list[dict[TP, int]]()

    def assignment(self) -> set[TP]:
        return self.assigned

    async def _commit(self, offsets: dict[TP, int]) -> bool:
        self.told.append(offsets)
        return not self.is_refusing


async def test_what_was_refused_while_partitions_changed_hands_is_committed_again() -> None:
    ours, others = TP("orders", 0), TP("orders", 1)
    consumer = Consumer({ours})
    lanes: Any = [SimpleNamespace(partition=each.partition, inbox=inbox(2)) for each in (ours, others)]
    for lane in lanes:
        lane.inbox.finish(0)
    commits = Commits(consumer, "orders")
    consumer.is_refusing = True
    await commits.commit(lanes)
    consumer.is_refusing = False
    await commits.commit(lanes)
    await commits.commit(lanes)
    assert consumer.told == [{ours: 1}, {ours: 1}]
    consumer.assigned = {ours, others}
    await commits.commit(lanes)
    assert consumer.told[2:] == [{others: 1}]


@given(st.integers(1, 9_999_999_999_999), st.integers(0, 2**40), st.integers(0, 1023), st.integers(0, 1023))
def test_an_id_is_a_seq_tells_its_partition_and_is_no_other_partitions(
    at_ms: int, offset: int, partition: int, other: int
) -> None:
    made = entry_id(at_ms, offset, partition)
    assert SEQ.fullmatch(made)
    assert partition_of_id(made) == partition
    assert (made == entry_id(at_ms, offset, other)) == (partition == other)
    assert rank(made) > rank(entry_id(at_ms - 1, offset + 1, other))


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name != "d"), st.binary()), st.binary())
def test_an_entry_is_the_same_after_its_way_through_a_message(fields: dict[str, bytes], data: bytes) -> None:
    parts = [part for name, value in fields.items() for part in (name, value)]
    value, headers = to_message("intent", (*parts, "d", data))
    assert value == data
    whole = {name.encode(): content for name, content in fields.items()} | {b"d": data}
    assert from_message("intent", value, headers) == whole


def test_an_entry_without_a_record_has_none_afterwards() -> None:
    assert from_message("intent", *to_message("intent", ("what", "ever"))) == {b"what": b"ever"}


def test_the_entry_itself_is_the_value_of_a_dead_letter_which_would_else_be_a_tombstone() -> None:
    value, headers = to_message(DEAD, ("stage", "order", "raw", b"bytes"))
    assert (value, headers) == (b"bytes", [("stage", b"order")])


@pytest.mark.parametrize("value", [b"no JSON", b"[1]", b'{"message": 7}', b"\xff", None])
def test_what_is_no_object_of_texts_comes_in_as_it_is(value: bytes | None) -> None:
    assert from_message(PUBLIC_STREAM, value, []) == {b"d": value or b""}


def test_a_comment_comes_in_as_its_fields() -> None:
    assert from_message(PUBLIC_STREAM, to_public({"streamer": "anna", "message": "ich nehme's ❤"}), []) == {
        b"streamer": b"anna",
        b"message": "ich nehme's ❤".encode(),
    }


def test_an_account_says_what_the_next_delivery_is_told() -> None:
    fields = {b"d": b"\x00\xff", b"id": b"x"}
    waiting = Account.postponed(fields, Postponed("5-0", due_ms=9, attempts=2, first_failed_ms=7))
    read = read_account(waiting.packed())
    assert read == waiting
    first = read.delivery("5-0")
    assert first == Delivery("5-0", fields, attempts=2, first_failed_ms=7, deliveries=1)
    assert read_account(Account.begun(first).packed()).delivery("5-0").deliveries == 2


def test_places_are_counted_in_order_and_forgotten_when_they_are_old() -> None:
    places = Places()
    for number, seq in enumerate(("1000-10", "1000-7", "2000-0", "2000-0")):
        places.hear(Line(0, number, 0, seq.encode(), b"1"))
    assert places.before(rank("1000-10"), 0) == 1
    assert places.before(rank("3000-0"), 0) == 3
    places.hear(Line(0, 4, 0, b"1000-7", None))
    places.hear(Line(0, 5, 0, b"1000-7", None))
    assert places.before(rank("3000-0"), 0) == 2
    assert places.before(rank("3000-0"), 1500) == 1


def test_a_url_says_where_kafka_is_and_who_we_are() -> None:
    broker = Broker.of("kafkas://ann%40shop:s%3Acret@one:9093,two?mechanism=SCRAM-SHA-512")
    assert broker == Broker(("one:9093", "two:9092"), True, "ann@shop", "s:cret", "SCRAM-SHA-512")
    options = broker.client_options()
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert Broker.of("kafka://one").client_options()["security_protocol"] == "PLAINTEXT"


@pytest.mark.parametrize("url", ["", "redis://one", "kafka://", "kafka://one,,two"])
def test_what_is_no_kafka_url_is_refused(url: str) -> None:
    with pytest.raises(NotAKafkaUrl, match="KAFKA_URL is no address"):
        Broker.of(url)
