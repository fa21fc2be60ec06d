"""Many dead letters on their way back, one after another at a rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from redis.exceptions import OutOfMemoryError

from pipeline.dead_letter import NoSuchDeadLetter
from pipeline.dead_letter_office import AnyRedriver
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.pace import Pace
from pipeline.ports import Lying
from pipeline.redrive_one import NotRedrivable, traced_as

NAMED = 10  # of those sent back


@dataclass(frozen=True, slots=True)
class Sendings:
    """How many dead letters were sent back (`anew` of them as new entries of the public stream), were no longer
    there, are tombstones, and could not be sent back for another reason, the last of which is `refusal`. `traced` has
    what the first NAMED of those sent are found under."""

    sent: int = 0
    anew: int = 0
    gone: int = 0
    tombstones: int = 0
    refused: int = 0
    refusal: str = ""
    traced: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        """How many were tried."""
        return self.sent + self.gone + self.tombstones + self.refused


class RedriveStopped(Exception):
    """The store could not take a dead letter back; the message says how many it took before, and what to do."""

    def __init__(self, error: Exception, sent: int, store: str = "Redis") -> None:
        before = f"{sent} dead letters were sent back before; the others lie where they were."
        if isinstance(error, OutOfMemoryError):
            super().__init__(
                f"Redis is full and takes nothing back: {before} Raise its maxmemory, or let the stages drain what "
                "is there, then redrive again."
            )
        else:
            super().__init__(
                f"{store} can't be used ({error}): {before} The last one may have gone too. Redrive again once {store} "
                "is there: none is sent back twice."
            )


async def redrive_each(
    redriver: AnyRedriver,
    letters: AsyncIterator[Lying],
    pace: Pace,
    *,
    limit: int | None = None,
    away: tuple[type[Exception], ...] = REDIS_AWAY,
    store: str = "Redis",
    told: Callable[[Sendings], None] = lambda sendings: None,
) -> Sendings:
    """Send the letters back, at most `limit`, at the given pace; `told` hears after each how it stands. What can't be
    sent back, and what others took meanwhile, is counted. Raises RedriveStopped."""
    sendings = Sendings()
    try:
        async for listed in letters:
            if sendings.sent == limit:
                break
            if not listed.letter.is_tombstone:
                await pace.wait()
            sendings = await _after(sendings, redriver, listed)
            told(sendings)
    except away as error:
        raise RedriveStopped(error, sendings.sent, store) from error
    return sendings


async def _after(sendings: Sendings, redriver: AnyRedriver, listed: Lying) -> Sendings:
    if listed.letter.is_tombstone:
        return replace(sendings, tombstones=sendings.tombstones + 1)
    try:
        redriven = await redriver.redrive(listed)
    except NoSuchDeadLetter:
        return replace(sendings, gone=sendings.gone + 1)
    except NotRedrivable as error:
        return replace(sendings, refused=sendings.refused + 1, refusal=str(error))
    traced = (*sendings.traced, traced_as(listed, redriven))[:NAMED]
    return replace(sendings, sent=sendings.sent + 1, anew=sendings.anew + redriven.anew, traced=traced)
