"""A stage is only started where somebody reads what it emits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from stages.running import NobodyReads, open_agents
from stages.settings import ShopSettings
from stages.wiring import STAGES


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
