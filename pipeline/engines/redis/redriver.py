"""Sends dead letters back to the stages they came from."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import ClusterCrossSlotError, ResponseError

from pipeline.dead_letter import RAW, DeadLetter, NoSuchDeadLetter
from pipeline.engines.redis.dead_letters import Listed
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.redrive_one import NotRedrivable, Redriven, require_redrivable
from pipeline.settlement import DEAD
from pipeline.stage import PUBLIC_STREAM

_HOLDER = "redrive"  # the consumer that an entry belongs to until a stage takes it
_MOST_FIELDS = 3000  # Lua's stack holds 8,000 values
_ENTRY_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


class Redriver:
    """Sends a dead letter back to its stage and takes it out of the dead letters, in one step, with no failures on
    its account; `clock` gives epoch seconds.

    An entry of the public stream, where settled entries stay, is itself delivered again: so a comment that is known
    by its entry's id remains that comment, in its old place. No field says so, which any other pusher could write.
    Any other letter is appended to its stream as it was: identity, seq and hops travel in its envelope.
    """

    def __init__(self, redis: Redis, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._redis, self._keys, self._clock = redis, keys, clock
        self._move, self._give_again = Script(redis, "redrive"), Script(redis, "give_again")

    async def redrive(self, listed: Listed) -> Redriven:
        """Send one back. Raises NoSuchDeadLetter where somebody else was faster, NotRedrivable, and what redis-py
        raises: then nothing was written, or (the connection broke) all of it may have been."""
        letter = listed.letter
        require_redrivable(listed)
        try:
            if letter.stream == PUBLIC_STREAM:
                return await self._redrive_public(listed)
            return await self._append(listed)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            raise NotRedrivable(
                f"The stage {letter.stage} has no consumer group in {letter.stream}: start it, then redrive."
            ) from error

    async def _redrive_public(self, listed: Listed) -> Redriven:
        try:
            return await self._deliver_again(listed) or await self._append(listed)
        except ClusterCrossSlotError:
            return await self._redrive_in_steps(listed)

    async def _deliver_again(self, listed: Listed) -> Redriven | None:
        """None where the entry no longer stands in the public stream."""
        letter = listed.letter
        if not _ENTRY_ID.fullmatch(letter.entry_id):
            return None
        keys = [self._dead_key(listed), *self._public_keys(letter)]
        given = await self._give_again(
            keys, listed.entry_id, letter.stage, _HOLDER, letter.entry_id, self._now_ms()
        )
        if given is None:
            raise _too_late(listed)
        return Redriven(letter.entry_id, anew=False) if given else None

    async def _append(self, listed: Listed) -> Redriven:
        letter = listed.letter
        if len(letter.raw) > _MOST_FIELDS:
            raise NotRedrivable(
                f"The dead letter {listed.id} has {len(letter.raw):,} fields, more than a script can append: no stage "
                "reads such an entry anyway."
            )
        keys = [self._dead_key(listed), self._keys.stream(letter.stream, letter.partition)]
        entry_id = await self._move(keys, listed.entry_id, RAW)
        if entry_id is None:
            raise _too_late(listed)
        return Redriven(entry_id.decode(), anew=letter.stream == PUBLIC_STREAM)

    async def _redrive_in_steps(self, listed: Listed) -> Redriven:
        """On a cluster the public stream has a slot of its own, and no script reaches both: first the entry is given
        again, then the letter taken away. Whoever breaks off in between, or does it beside another, has the same
        entry given again, which is the same comment. Only where the entry was gone, and no platform's message id
        tells that two new ones are the same, may a comment be doubled."""
        letter = listed.letter
        stream, retries, attempts = self._public_keys(letter)
        if await self._claim(stream, letter):
            await self._redis.execute_command("HDEL", attempts, letter.entry_id)
            await self._redis.execute_command("ZADD", retries, self._now_ms(), letter.entry_id)
            redriven = Redriven(letter.entry_id, anew=False)
        else:
            parts = (part for pair in letter.raw.items() for part in pair)
            entry_id: bytes = await self._redis.execute_command("XADD", stream, "*", *parts)
            redriven = Redriven(entry_id.decode(), anew=True)
        await self._redis.execute_command("XDEL", self._dead_key(listed), listed.entry_id)
        return redriven

    async def _claim(self, stream: str, letter: DeadLetter) -> bool:
        """Whether the entry still stood in the stream, and is pending now."""
        if not _ENTRY_ID.fullmatch(letter.entry_id):
            return False
        claimed = await self._redis.execute_command(
            "XCLAIM", stream, letter.stage, _HOLDER, 0, letter.entry_id,
            "RETRYCOUNT", 0, "FORCE", "JUSTID", parse_justid=True,
        )  # fmt: skip
        return bool(claimed)

    def _dead_key(self, listed: Listed) -> str:
        return self._keys.stream(DEAD, listed.partition)

    def _public_keys(self, letter: DeadLetter) -> tuple[str, str, str]:
        stage = letter.stage
        return self._keys.comments, self._keys.retry(stage, None), self._keys.attempts(stage, None)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _too_late(listed: Listed) -> NoSuchDeadLetter:
    return NoSuchDeadLetter(f"The dead letter {listed.id} was already redriven or purged.")
