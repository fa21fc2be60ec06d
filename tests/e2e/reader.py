"""Somebody who follows the documentation, in a checkout of their own beside the house of these tests."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Streamer
from stages.scale_plan.plan import PROMISES
from stages.scale_plan.rates import StageRate, save
from tests.e2e.claims import KENJI, failed_claim, unsure
from tests.e2e.reader_shell import ReaderShell, shell_in
from tests.e2e.shop import JACKET_AT, MAYA, Shop, identity
from tests.shell import Said, typist
from tests.shown import shown
from tests.typist import FUNCTION
from tests.unexecuted import UNEXECUTED

# What a page takes for granted if it doesn't say so itself; and the pictures go on a shelf of the reader's own.
SETTLED = ". .demo/environment\n. .venv/bin/activate\nexport CATALOG_URL=file://$PWD/shelf"
OWN_DATABASE, OWN_NAME = "shop_of_a_reader", "reader.closet"
BUY = "OMG I love this jacket! I want to buy it now!"

# Doctor may find that the keys that a page makes up are no good, and may warn of what these tests set besides.
STATUSES = {
    ("docs/bring-your-own.md", "tiktoksales doctor"): {0, 1, 3},
    ("docs/quickstart.md", "tiktoksales doctor"): {0, 3},
}

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Types the commands of a document. `values` says for a document what stands for the names that it makes up: each
    time the next one, the last one from then on."""

    shop: Shop
    folder: Path
    notes: Path
    values: Mapping[str, Values]

    async def follow(self, document: str) -> dict[str, Said]:
        """Type every command that is executed; what each said. Raises AssertionError where one fails."""
        left = {name: list(each) for name, each in self.values.get(document, {}).items()}
        said: dict[str, Said] = {}
        async with AsyncExitStack() as stack:
            shell = await stack.enter_async_context(shell_in(self.folder, self.notes, TYPIST=typist()))
            commands = [each.text for each in shown(document) if each.text not in UNEXECUTED]
            if not any("activate" in command for command in commands):
                await self._type(shell, SETTLED)
            await self._type(shell, FUNCTION)
            for command in commands:
                fine = STATUSES.get((document, command), {0})
                said[command] = await self._type(shell, filled(command, left), fine)
        return said

    async def _type(self, shell: ReaderShell, command: str, fine: Collection[int] = (0,)) -> Said:
        said = await shell.run(command)
        assert said.status in fine, f"{command}\n{said.out}\n{said.err}"
        return said


def filled(command: str, left: dict[str, list[str]]) -> str:
    """The command with what a reader has in place of what a document makes up."""
    for name, values in left.items():
        if name in command:
            command = command.replace(name, values.pop(0) if len(values) > 1 else values[0])
    return command


def furnish(folder: Path, shop: Shop) -> None:
    """A checkout as far as the documents look into it, and the files that their readers have."""
    folder.mkdir()
    for name, target in (
        ("deploy", Path("deploy")),
        (".venv", Path(sys.prefix)),
        (".demo", shop.house.folder),
    ):
        (folder / name).symlink_to(target.resolve())
    (folder / "shelf").mkdir()
    (folder / "pictures").mkdir()
    shutil.copy("deploy/demo/catalog/denim_jacket.jpg", folder / "pictures")
    (folder / "products.csv").write_text(
        "sku,name,price,stock,images\nJKT-01,Blue Denim Jacket,79.99,3,denim_jacket.jpg\n"
    )
    lines = ({"at": at, "streamer": MAYA, "client": "carol", "message": "so cute"} for at in (0.0, 0.1))
    (folder / "show.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    rates = [StageRate(stage, 100, 0.01, 0.005, slots=1, batch=1) for stage in PROMISES]
    save(rates, folder / "rates.json")


async def made_up(shop: Shop) -> Mapping[str, Values]:
    """What stands for the numbers and names that the documents make up, by document."""
    await shop.wiring.catalog.put_streamer(Streamer(OWN_NAME, "A reader", "USD"))
    reviews = [str(await unsure(shop)) for _ in range(2)]
    order = {"ORD-20261122-00078": [await _order(shop)]}
    return {
        "docs/quickstart.md": {**order, "COMMENT_ID": reviews},
        "docs/shop.md": {**order, "COMMENT_ID": reviews, MAYA: [OWN_NAME]},
        "docs/doors.md": {"revoke ID": [f"revoke {await _key(shop)}"]},
        "docs/running.md": {
            "1795388705057-0": [await _dead_letter(shop)],
            "--older-than 30d": ["--older-than 30d --yes"],  # nobody is there to be asked
            "http://127.0.0.1:9101/metrics": [_metrics(shop)],
        },
        "docs/bring-your-own.md": {
            "redis://127.0.0.1:6379/0": [shop.house.valkey.url],
            "postgresql://shop:secret@127.0.0.1:5432/shop": [await _database(shop)],
        },
    }


async def _order(shop: Shop) -> str:
    fields = shop.fields(BUY, at=JACKET_AT)
    await shop.post(fields)
    await shop.end_of(identity(fields))
    row = await shop.row("select order_number from orders where comment_id = $1", identity(fields))
    return str(row["order_number"])


async def _dead_letter(shop: Shop) -> str:
    failed = await failed_claim(shop, KENJI, "the till was stuck")
    [letter] = [each.id for each in await shop.dead() if each.letter.comment_id == str(failed)]
    return letter


async def _key(shop: Shop) -> str:
    keys = ApiKeys(shop.wiring.database)
    text = await keys.create("to be revoked", ["metrics"], None, "gateway", datetime.now(UTC))
    [key] = [each.rights.id for each in await keys.all() if each.rights.id in text]
    return key


def _metrics(shop: Shop) -> str:
    groups = json.loads(shop.house.targets_file.read_text())
    [address] = [each["targets"][0] for each in groups if each["labels"]["process"] == "intent"]
    return f"http://{address}/metrics"


async def _database(shop: Shop) -> str:
    connection = await asyncpg.connect(shop.house.postgres.url)
    try:
        await connection.execute(f"create database {OWN_DATABASE}")
    finally:
        await connection.close()
    return shop.house.postgres.database_url(OWN_DATABASE)
