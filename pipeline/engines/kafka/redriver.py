"""Sends dead letters back to the stages they came from."""

from __future__ import annotations

import time
from collections.abc import Callable

from pipeline.dead_letter import DeadLetter, NoSuchDeadLetter
from pipeline.engines.kafka.accounts import Account
from pipeline.engines.kafka.dead_letters import DeadLetters, Listed
from pipeline.engines.kafka.message import partition_of_id
from pipeline.engines.kafka.offsets import Offsets
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.envelope import SEQ
from pipeline.redrive_one import Redriven, require_redrivable


class Redriver:
    """Sends a dead letter back to its stage, with no failures on its account, and takes it out of the dead letters;
    `clock` gives epoch seconds.

    It becomes an account of the stage that is due at once, under its entry's own id: so a comment remains the comment
    it was, however long ago the public topic dropped it. First it is sent and then taken away: where we break off in
    between, it lies there still; of two who send the same letter at the same moment both may, and its stage is given
    it once, or twice one after the other.
    """

    def __init__(
        self,
        producer: Producer,
        letters: DeadLetters,
        offsets: Offsets,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._producer, self._letters, self._offsets, self._clock = producer, letters, offsets, clock

    async def redrive(self, listed: Listed) -> Redriven:
        """Send one back. Raises NoSuchDeadLetter where somebody else was faster, NotRedrivable, and what aiokafka
        raises: then it lies there still."""
        letter = listed.letter
        require_redrivable(listed)
        if not await self._letters.lies_there(listed):
            raise NoSuchDeadLetter(f"The dead letter {listed.id} was already redriven or purged.")
        account = Account(letter.raw, due_ms=int(self._clock() * 1000))
        topic = self._producer.names.accounts(letter.stage)
        partition = await self._partition(topic, letter)
        await self._producer.send(Message(topic, partition, letter.entry_id.encode(), account.packed()))
        await self._letters.take_away(listed)
        return Redriven(letter.entry_id, anew=False)

    async def _partition(self, topic: str, letter: DeadLetter) -> int:
        """Where the entry lay, which its id says: the letter says where its successors lie. An id that Kafka did not
        give, such as a replayed comment's, says nothing."""
        if SEQ.fullmatch(letter.entry_id):
            told = partition_of_id(letter.entry_id)
            if told in (each.partition for each in await self._offsets.partitions(topic)):
                return told
        return letter.partition
