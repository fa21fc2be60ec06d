"""Whose trace is shown, by the names that a person may have of a comment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from pipeline.events import EndState
from schemas.records import Comment, Viewer
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.trail import Chain, Trail
from stages.trace import NotTraced, as_table, find_chain

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def comment(seq: str, message_id: str | None = None, **changed: Any) -> Comment:
    given = {
        "comment_id": uuid4(),
        "seq": seq,
        "streamer": "ana",
        "viewer": Viewer(platform="tiktok", client="emma"),
        "message": "mine",
        "message_id": message_id,
        "timestamp": NOON,
    }
    return Comment(**{**given, **changed})


async def traced(database: Database, name: str) -> UUID:
    chain = await find_chain(Trail(database), name)
    assert chain.comment
    found: UUID = chain.comment["id"]
    return found


async def test_a_comment_is_found_by_its_id_its_entry_and_the_platforms_message_id(
    database: Database,
) -> None:
    meant = comment("1795388705057-3", "7561234567890123456")
    await Comments(database).store([meant, comment("1795388705057-4", "7561234567890123457")])
    for name in (str(meant.comment_id), "1795388705057-3", "7561234567890123456"):
        assert await traced(database, name) == meant.comment_id


async def test_a_message_id_that_looks_like_another_name_is_found_too(database: Database) -> None:
    names = (uuid4().hex, "1795388705058-9", "ORD-of-the-platform")
    comments = [comment(f"1795388705060-{number}", name) for number, name in enumerate(names)]
    await Comments(database).store(comments)
    assert [await traced(database, name) for name in names] == [each.comment_id for each in comments]


async def test_an_entry_that_was_refused_at_the_door_is_found_by_its_id(database: Database) -> None:
    refused = uuid4()
    end = EndState(
        comment_id=refused, seq="1795388705070-0", stage="ingest", outcome="rejected", reason="no message",
        hops=[], ended_ms=1_795_388_705_071,
    )  # fmt: skip
    await EndStates(database).record([end])
    chain = await find_chain(Trail(database), "1795388705070-0")
    assert [each["reason"] for each in chain.ends] == ["no message"]


async def test_after_a_redrive_each_hop_is_shown_once_and_the_redrive_as_such(database: Database) -> None:
    sent_back = comment("1795388705090-0")
    await Comments(database).store([sent_back])
    way = [["ingest", 1000, 1002, {}], ["intent", 1005, 1009, {"intent": "buy"}]]
    for at, stage, outcome, reason, hops in (
        (1400, "vision", "rejected", "away too long", [["vision", 1100, 1300, {}]]),
        (2400, "vision", "rejected", "away again", [["vision", 2100, 2300, {}]]),
        (3400, "notify", "done", "", [["vision", 3100, 3300, {"sku": "J"}], ["notify", 3350, 3360, {}]]),
    ):
        end = EndState(
            comment_id=sent_back.comment_id, seq=sent_back.seq, stage=stage, outcome=outcome, reason=reason,
            hops=[*way, *hops], ended_ms=at,
        )  # fmt: skip
        await EndStates(database).record([end])
    lines = shown(await find_chain(Trail(database), str(sent_back.comment_id)))
    assert [line[1:] for line in lines if line[1].startswith(("hop", "redrive", "end"))] == [
        ("hop ingest", "2 ms"),
        ("hop intent", "4 ms intent buy"),
        ("hop vision", "200 ms rejected away too long"),
        ("redrive", "sent back to vision"),
        ("hop vision", "200 ms rejected away again"),
        ("redrive", "sent back to vision"),
        ("hop vision", "200 ms sku J"),
        ("hop notify", "10 ms"),
        ("end", "done at notify"),
    ]
    assert [line[0] for line in lines if line[1] == "redrive"] == [
        "1970-01-01 00:00:02.100",
        "1970-01-01 00:00:03.100",
    ]


async def test_a_later_end_of_an_order_is_no_redrive(database: Database) -> None:
    bought = comment("1795388705091-0")
    await Comments(database).store([bought])
    for at, hops in (
        (1400, [["payment", 1000, 1002, {}], ["notify", 1005, 1009, {}]]),
        (2400, [["notify", 2005, 2009, {}]]),
    ):
        end = EndState(
            comment_id=bought.comment_id,
            seq=bought.seq,
            stage="notify",
            outcome="done",
            hops=hops,
            ended_ms=at,
        )
        await EndStates(database).record([end])
    lines = shown(await find_chain(Trail(database), str(bought.comment_id)))
    assert [line[1] for line in lines][-4:] == ["hop payment", "hop notify", "hop notify", "end"]


def shown(chain: Chain) -> list[tuple[str, ...]]:
    """The table's lines."""
    columns = [[str(cell).strip() for cell in column.cells] for column in as_table(chain).columns]
    return list(zip(*columns, strict=True))


async def test_where_several_are_meant_they_are_listed(database: Database) -> None:
    twice = [
        comment("1795388705080-0", "55", streamer="bo"),
        comment("1795388705080-1", "55", streamer="cy", kind="retract"),
    ]
    await Comments(database).store(twice)
    with pytest.raises(NotTraced) as told:
        await find_chain(Trail(database), "55")
    said = str(told.value)
    assert "name the one that is meant by its id" in said
    for each in twice:
        assert f"{each.comment_id}  {each.kind}  2026-01-01 12:00:00.000  '{each.streamer} on tiktok'" in said


@pytest.mark.parametrize("name", ["xyz", "1-0", "ORD-20260101-00001", str(UUID(int=7))])
async def test_what_nobody_knows_is_said_with_what_may_be_given(database: Database, name: str) -> None:
    with pytest.raises(NotTraced, match="or the platform's message_id"):
        await find_chain(Trail(database), name)
