"""The engines that the contract suite is run against."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from pipeline.embedded import Valkey
from tests.contract.engine_rig import EngineRig
from tests.contract.memory_rig import MemoryRig
from tests.contract.rig import rig_on
from tests.fixtures_servers import emptied
from tests.redis_servers import SERVERS_HERE


@pytest.fixture(params=[None, *SERVERS_HERE], ids=lambda kind: kind.name if kind else "memory")
async def engine(
    request: pytest.FixtureRequest, redis_server: Callable[[type[Valkey]], Valkey]
) -> AsyncIterator[EngineRig]:
    """Each engine in turn, with nothing in it."""
    if request.param is None:
        memory = MemoryRig()
        yield memory
        await memory.kill()
    else:
        async with rig_on(emptied(redis_server(request.param).url)) as rig:
            yield rig
