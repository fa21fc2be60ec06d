"""What one stage of a process wrote, and the next one reads."""

from __future__ import annotations

from msgspec.structs import replace

from pipeline.decision import Decider
from pipeline.engines.redis.handed_on import HandedOn
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.packing import PACKED, Rows, unpacked
from pipeline.envelope import read_envelope
from pipeline.reading import Reading
from pipeline.settlement import Delivery, Onward
from pipeline.stage import Emit
from schemas.codec import encode
from schemas.records import Record
from tests.contract.scene import Item, done, envelope, stage

SEVEN = Item(number=7)
WHOLE = envelope(7)
HANDED = replace(WHOLE, record=SEVEN)
READING = Reading(stage("second", done), 0, 1, lambda: 1.0)


class Other(Record):
    """A record of another kind, which looks the same."""

    number: int


def test_what_was_put_is_taken_once_by_its_bytes() -> None:
    handed_on = HandedOn()
    handed_on.put({b"a line": HANDED})
    assert handed_on.take([b"another line", bytes(bytearray(b"a line"))]) == [None, HANDED]
    assert handed_on.take([b"a line"]) == [None]


def test_what_nobody_takes_is_forgotten() -> None:
    handed_on = HandedOn(most=4)
    lines = [b"%d" % number for number in range(7)]
    for line in lines:
        handed_on.put({line: HANDED})
    assert handed_on.take(lines) == [None, None, None, None, HANDED, HANDED, HANDED]


def test_what_the_next_stage_has_yet_to_take_is_kept_while_more_comes() -> None:
    handed_on = HandedOn(most=4)
    for number in range(7):
        handed_on.put({b"%d" % number: HANDED, b"%d more" % number: HANDED})
        assert handed_on.take([b"%d" % number]) == [HANDED]
        assert number == 0 or handed_on.take([b"%d more" % (number - 1)]) == [HANDED]


def test_the_next_stage_gets_the_very_record_and_what_it_would_have_read() -> None:
    handed_on = HandedOn()
    first = Decider(stage("first", done, emits="second"), lambda: 1.0, lambda: 0.5)
    settled = first.decide(READING.work(Delivery("1-0", WHOLE.values())), Emit(SEVEN))
    assert isinstance(settled, Onward)
    _, _, [line], _, _ = Rows(Keys(), handed_on).of([settled])
    [handed] = handed_on.take([line])
    assert handed
    assert handed.record is SEVEN
    assert replace(handed, record=None) == read_envelope(unpacked([PACKED, line]))
    assert READING.work(Delivery("2-0", handed)).record is SEVEN


def test_a_record_of_another_kind_is_read_from_its_bytes() -> None:
    work = READING.work(Delivery("2-0", replace(WHOLE, record=Other(number=7))))
    assert type(work.record) is Item
    assert encode(work.record) == WHOLE.data


def test_the_fields_of_what_was_handed_on_are_those_of_its_entry() -> None:
    assert Delivery("2-0", HANDED).fields == Delivery("2-0", WHOLE.values()).fields
    assert Delivery("2-0", HANDED).fields[b"seq"] == b"8-0"
