"""What one stage of a process wrote, and the next one reads."""

from __future__ import annotations

from pipeline.decision import Decider
from pipeline.handed_on import HandedOn
from pipeline.reading import Reading
from pipeline.settlement import Delivery, Settled
from pipeline.stage import Emit
from schemas.codec import encode
from schemas.records import Record
from tests.contract.scene import Item, done, envelope, stage


class Other(Record):
    """A record of another kind, which looks the same."""

    number: int


SEVEN = Item(number=7)
DATA = encode(SEVEN)


def test_a_record_is_taken_once_by_the_bytes_that_say_it() -> None:
    handed_on = HandedOn()
    handed_on.put(DATA, SEVEN)
    assert handed_on.take(Item, encode(Item(number=8))) is None
    assert handed_on.take(Item, bytes(bytearray(DATA))) is SEVEN
    assert handed_on.take(Item, DATA) is None


def test_a_record_of_another_kind_is_not_given() -> None:
    handed_on = HandedOn()
    handed_on.put(DATA, SEVEN)
    assert handed_on.take(Other, DATA) is None


def test_one_of_several_kinds_is_given() -> None:
    handed_on = HandedOn()
    handed_on.put(DATA, SEVEN)
    assert handed_on.take(Item | Other, DATA) is SEVEN


def test_what_nobody_takes_is_forgotten() -> None:
    handed_on = HandedOn(most=3)
    for number in range(4):
        handed_on.put(encode(Item(number=number)), Item(number=number))
    assert [handed_on.take(Item, encode(Item(number=number))) for number in range(4)] == [
        None,
        None,
        None,
        Item(number=3),
    ]


def test_the_next_stage_gets_the_very_record_and_again_one_that_is_read_anew() -> None:
    handed_on = HandedOn()
    reading = Reading(stage("second", done), 0, 1, lambda: 1.0, handed_on)
    first = Decider(stage("first", done, emits="second"), lambda: 1.0, lambda: 0.5, handed_on)
    settled = first.decide(reading.work(Delivery("1-0", _fields())), Emit(SEVEN))
    assert isinstance(settled, Settled)
    [append] = settled.appends
    fields = [part.encode() if isinstance(part, str) else part for part in append.fields]
    second = Delivery("2-0", dict(zip(fields[::2], fields[1::2], strict=True)))
    assert reading.work(second).record is SEVEN
    again = reading.work(second).record
    assert again is not SEVEN
    assert again == SEVEN


def _fields() -> dict[bytes, bytes]:
    parts = [part.encode() if isinstance(part, str) else part for part in envelope(1).fields()]
    return dict(zip(parts[::2], parts[1::2], strict=True))
