"""How much of a Redis the data takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from pipeline.cancellation import cancel
from pipeline.engines.redis.keys import Keys

_LOOK_SECONDS = 0.05


class Gauge:
    """Bytes of all keys (MEMORY USAGE of each, nothing estimated) beyond those at `zero`; `peak` is the most that was
    seen while `watching`. `used_memory` would not do: the server's buffers for its clients move it by more than a
    thousand comments do."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys
        self._zero = self.peak = 0

    async def zero(self) -> None:
        """From here on it counts."""
        self._zero = await self._bytes()
        self.peak = 0

    async def read(self) -> int:
        """Bytes more than at zero."""
        return await self._bytes() - self._zero

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await cancel([task])

    async def let_pass(self) -> None:
        """What is remembered for seconds is gone, as it would be by itself a little later."""
        keys = self._keys
        names = [*keys.sayings, *keys.offered, *keys.spoken, keys.came("key")]
        await self._redis.execute_command("UNLINK", *names)
        await asyncio.sleep(0.2)  # it is freed in the background

    async def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, await self.read())
            await asyncio.sleep(_LOOK_SECONDS)

    async def _bytes(self) -> int:
        names = await self._redis.keys("*")
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.memory_usage(name, samples=0)
        return sum(size or 0 for size in await pipe.execute())
