"""A stage is only started where somebody reads what it emits, and the tutorial's table says who that is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from pipeline.stage import Stage
from stages.running import NobodyReads, open_agents
from stages.settings import ShopSettings
from stages.wiring import STAGES
from tests.contract.past_shop import past_shop, shop_settings
from tests.fixtures_sandbox import Sandbox

TUTORIAL = Path(__file__).parents[2] / "docs" / "adding-a-stage.md"


@pytest.fixture
def settings(redis_url: str, database_url: str) -> ShopSettings:
    key = SecretStr(Fernet.generate_key().decode())
    return ShopSettings(redis_url=redis_url, database_url=database_url, data_keys=(key,))


@pytest.mark.parametrize("wrong", ["tallly", "projector", "comments_stream"])
async def test_a_stage_that_emits_to_where_nobody_reads_is_refused(
    settings: ShopSettings, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    made = STAGES["projector"]
    monkeypatch.setitem(STAGES, "projector", lambda wiring: replace(made(wiring), emits=wrong))
    with pytest.raises(NobodyReads) as refused:
        async with open_agents(settings, ["projector"]):
            pass
    assert str(refused.value) == (
        f"projector emits to {wrong!r}, which no stage reads; "
        "there are intent, vision, order, payment, notify."
    )


async def test_a_stage_that_emits_to_another_is_started(
    settings: ShopSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = STAGES["projector"]
    monkeypatch.setitem(STAGES, "projector", lambda wiring: replace(made(wiring), emits="intent"))
    async with open_agents(settings, ["projector"]) as agents:
        assert len(agents) == settings.partitions


def row(stage: Stage[Any]) -> tuple[str, set[str], str | None]:
    """What the table has to say of a stage: its name, the records it consumes, who comes next."""
    kinds = get_args(stage.consumes) or (stage.consumes,)
    return stage.name, {kind.__name__ for kind in kinds}, stage.emits


async def test_the_tutorials_table_has_every_stage_with_what_it_consumes_and_emits(
    redis_url: str, database_url: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = re.findall(
        r"^\| `(\w+)` \| (.+?) \| (.+?) \|", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE
    )
    said = [
        (name, set(re.findall(r"`([A-Z]\w+)`", consumes)), emits.strip("`") if "`" in emits else None)
        for name, consumes, emits in lines
    ]
    settings = shop_settings(tmp_path, redis_url, database_url, sandbox)
    async with past_shop(monkeypatch, settings, sandbox) as shop:
        assert said == [row(make(shop.wiring)) for make in STAGES.values()]
