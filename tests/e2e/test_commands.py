"""Every command that README and documentation show, typed in a shell, in front of a shop that runs.

`tests/unexecuted.py` lists the few that no test types, with the reason.
"""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.e2e.reader import Reader, furnish, made_up
from tests.e2e.shop import MAYA, Shop, ready, until
from tests.shown import DOCUMENTS, blocks, shown
from tests.unexecuted import UNEXECUTED

MISSING = [name for name in ("bash", "curl", "redis-cli") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"the documentation's reader lacks {', '.join(MISSING)}"),
    pytest.mark.timeout(300),  # the house may have to be started first
]

QUICKSTART, DOORS = "docs/quickstart.md", "docs/doors.md"
OTHERS = [
    document
    for document in DOCUMENTS
    if document not in (QUICKSTART, DOORS) and any(each.text not in UNEXECUTED for each in shown(document))
]


@pytest.fixture(scope="module")
async def reader(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    folder, notes = tmp_path_factory.mktemp("reader"), tmp_path_factory.mktemp("notes")
    furnish(folder / "checkout", shop)
    await ready(shop.wiring)
    return Reader(shop, folder / "checkout", notes, await made_up(shop))


async def paid(shop: Shop) -> int:
    row = await shop.row("select count(*) as n from orders where streamer = $1 and status = 'paid'", MAYA)
    return int(row["n"])


async def test_the_quickstart_sells_a_jacket(shop: Shop, reader: Reader) -> None:
    before = await paid(shop)
    said = await reader.follow(QUICKSTART)
    [answer] = [json.loads(each.out) for command, each in said.items() if command.startswith("curl ")]
    [shown_answer] = [json.loads(block.text) for block in blocks(QUICKSTART) if block.language == "json"]
    assert answer == {**shown_answer, "timestamp": answer["timestamp"]}
    [trace] = [each.out for command, each in said.items() if "trace" in command]
    assert "Blue Denim Jacket" in trace

    async def sold() -> bool:
        return await paid(shop) > before

    await until(sold, "the jacket of the quickstart is paid")


async def test_a_comment_is_pushed_past_the_gateway(shop: Shop, reader: Reader) -> None:
    said = await reader.follow(DOORS)
    [pushed] = [each.out for command, each in said.items() if command.startswith("redis-cli ")]
    assert re.fullmatch(r"\d+-\d+\n", pushed)


@pytest.mark.parametrize("document", OTHERS)
async def test_each_shown_command_works(reader: Reader, document: str) -> None:
    assert await reader.follow(document)
