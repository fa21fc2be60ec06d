"""The answer to a posted comment names the stage that will read it, whichever the wiring puts first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stages.backbone import DOOR
from stages.wiring import STAGES
from tests.contract.kept_shop import kept_shop

GIVEN = {"client": "emma", "message": "mine"}


@pytest.mark.parametrize("first", ["intent", "greet"])
async def test_the_stage_behind_the_door_is_named(
    first: str, redis_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = STAGES[DOOR]
    monkeypatch.setitem(STAGES, DOOR, lambda wiring: replace(made(wiring), emits=first))
    async with kept_shop(redis_url, database_url, tmp_path, open_doors=True) as shop:
        answer = await shop.http.post("/comments", json={**GIVEN, "streamer": shop.streamer})
    assert answer.json()["queued_to"] == f"{first}:{{0}}"
