"""Outcome -> settlement: the pure part of the runtime."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha1
from typing import Any, assert_never
from uuid import NAMESPACE_URL, UUID

from msgspec import Struct, structs

from pipeline.backoff import delay_seconds
from pipeline.dead_letter import DeadLetter
from pipeline.envelope import SEQ, UUID_TEXT, Envelope, hop, traceparent, with_hop
from pipeline.events import End, encoded_end
from pipeline.settlement import (
    DEAD,
    EVENTS,
    Append,
    Counted,
    Delivery,
    Failure,
    Finished,
    Onward,
    Postponed,
    Settled,
    Settlement,
    What,
)
from pipeline.stage import NO_FACTS, Drop, Emit, Note, Outcome, Reject, Retry, Stage
from schemas.codec import encode
from schemas.records import Record

_OUTAGE_ATTEMPT = 5  # what waits without counting waits as long as after so many failures
_LONGEST_SECONDS = 7 * 24 * 3600.0  # whatever a handler, or a provider's Retry-After, asks for
_NAMESPACE = NAMESPACE_URL.bytes + b"tiktoksales:"
_VARIANTS = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}  # RFC 9562 keeps two bits of this digit
NEWER_VERSION_SECONDS = 30.0  # how long an entry of a newer release waits before it is offered again


class Work(Struct, frozen=True, gc=False):
    """A delivery that was understood: its envelope, its record and the partition its successors go to."""

    delivery: Delivery
    envelope: Envelope
    record: Record
    partition: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Decider:
    """Turns outcomes into settlements for one stage; `clock` gives epoch seconds, `random` numbers in [0, 1)."""

    stage: Stage[Any]
    clock: Callable[[], float]
    random: Callable[[], float]

    def decide(self, work: Work, outcome: Outcome, done_ms: int | None = None) -> Settlement:
        """What becomes of an entry whose handler answered `outcome`, at `done_ms` (epoch; now)."""
        done_ms = done_ms or self.now_ms()
        match outcome:
            case Emit():
                target = outcome.to or self.stage.emits
                if target is None:
                    return self._end(work, "done", "", outcome.note, done_ms)
                return self._forward(work, target, outcome, done_ms)
            case Drop(reason=reason, is_end=False):
                return Settled(work.delivery.entry_id, (), counted=_counted(work, "dropped", reason))
            case Drop(reason=reason, note=note, aside=aside):
                return self._end(work, "dropped", reason, note, done_ms, aside)
            case Retry(reason=reason, after=after, error=error, counts=False):
                return _told(self._wait(work.delivery, after), work, "put off", error, reason)
            case Retry(reason=reason, after=after, error=error, detail=detail):
                if work.delivery.attempts + 1 >= self.stage.limits.max_attempts:
                    reason = (
                        f"{reason.removesuffix('.')} (given up after {work.delivery.attempts + 1} attempts)"
                    )
                    return self._bury(work, Reject(reason, error, detail))
                return _told(self._postpone(work.delivery, after), work, "retried", error, reason)
            case Reject():
                return self._bury(work, outcome)
            case _:
                assert_never(outcome)

    def refuse(self, delivery: Delivery, partition: int, reject: Reject) -> Settled:
        """What becomes of an entry that could not be read at all. Its identity, where that is unreadable too, derives
        from where it lay."""
        # At the door the fields are a pusher's, who may claim any identity.
        given = {} if self.stage.door else delivery.fields
        known = given.get(b"id", b"").decode(errors="replace")
        comment_id = (
            known
            if UUID_TEXT.fullmatch(known)
            else str(derived_id(f"{self.stage.stream}/{delivery.entry_id}"))
        )
        seq = given.get(b"seq", b"").decode(errors="replace")
        seq = seq if SEQ.fullmatch(seq) else delivery.entry_id
        envelope = Envelope(
            id=comment_id, seq=seq, at="", trace=traceparent(comment_id), hops=b"[]", data=b""
        )
        work = Work(delivery, envelope, Record(), partition, self.now_ms())
        return self._bury(work, reject)

    def leave_for_newer_reader(self, delivery: Delivery) -> Postponed:
        """An entry of a newer release: offered again later, and not counted as a failure."""
        return self._wait(delivery, NEWER_VERSION_SECONDS)

    def release(self, delivery: Delivery) -> Postponed:
        """An entry that this process won't finish: due at once, for whoever is there."""
        return self._wait(delivery, 0.0)

    def _forward(self, work: Work, target: str, emit: Emit, done_ms: int) -> Onward:
        stage, came, record, received_ms = self.stage, work.envelope, emit.record, work.received_ms
        # What was passed on as it came needs not be written anew.
        data = came.data if record is work.record and came.data else encode(record)
        hops = with_hop(came.hops, hop(stage.name, received_ms, done_ms, emit.note))
        # A comment is unfinished from the door until the exclusive stage has settled it.
        begins = True if stage.door else False if stage.exclusive else None
        onward = Envelope(came.id, came.seq, came.at, came.trace, hops, data, record, came.head)
        return Onward(
            work.delivery.entry_id, target, work.partition, onward, received_ms, begins, "emitted", target
        )

    def _end(
        self, work: Work, end: End, reason: str, note: Note, done_ms: int, aside: Note = NO_FACTS
    ) -> Finished:
        what: What = "done" if end == "done" else "dropped"
        if not self.stage.records_ends:
            return Settled(work.delivery.entry_id, (), counted=_counted(work, what, reason))
        begins = None if self.stage.door else False
        event = self._event(work, end, reason, note, done_ms, aside)
        return Onward(
            work.delivery.entry_id, EVENTS, work.partition, event, work.received_ms, begins, what, reason
        )

    def _bury(self, work: Work, reject: Reject) -> Settled:
        delivery, now_ms = work.delivery, self.now_ms()
        letter = DeadLetter(
            stage=self.stage.name,
            stream=self.stage.stream,
            partition=work.partition,
            comment_id=work.envelope.id,
            entry_id=delivery.entry_id,
            reason=reject.reason,
            error=reject.error,
            detail=reject.detail,
            attempts=delivery.attempts + 1,
            first_failed_ms=delivery.first_failed_ms or now_ms,
            last_failed_ms=now_ms,
            raw=delivery.fields,
        )
        dead = Append(DEAD, work.partition, letter.fields())
        end = self._end(work, "rejected", reject.reason, NO_FACTS, now_ms)
        failure = Failure(work.envelope.id, reject.reason, delivery.attempts + 1)
        counted = structs.replace(_counted(work, "dead-lettered", reject.error), failure=failure)
        return Settled(delivery.entry_id, (dead, *end.appends), end.step, counted)

    def _wait(self, delivery: Delivery, after: float | None) -> Postponed:
        wait = self._backoff_seconds(_OUTAGE_ATTEMPT) if after is None else min(after, _LONGEST_SECONDS)
        due_ms = self.now_ms() + int(wait * 1000)
        return Postponed(delivery.entry_id, due_ms, delivery.attempts, delivery.first_failed_ms)

    def _postpone(self, delivery: Delivery, after: float | None) -> Postponed:
        now_ms, attempt = self.now_ms(), delivery.attempts + 1
        wait = self._backoff_seconds(attempt) if after is None else min(after, _LONGEST_SECONDS)
        return Postponed(
            delivery.entry_id, now_ms + int(wait * 1000), attempt, delivery.first_failed_ms or now_ms
        )

    def _backoff_seconds(self, attempt: int) -> float:
        limits = self.stage.limits
        return delay_seconds(
            attempt,
            base_seconds=limits.backoff_seconds,
            cap_seconds=limits.backoff_cap_seconds,
            random=self.random,
        )

    def _event(self, work: Work, end: End, reason: str, note: Note, done_ms: int, aside: Note) -> Envelope:
        envelope, stage = work.envelope, self.stage.name
        data = encoded_end(
            comment_id=envelope.id,
            seq=envelope.seq,
            stage=stage,
            outcome=end,
            reason=reason,
            hops=with_hop(envelope.hops, hop(stage, work.received_ms, done_ms, note)),
            ended_ms=done_ms,
            streamer=getattr(work.record, "streamer", ""),
            aside=dict(aside),
        )
        return envelope.onward(b"[]", data)

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)


def _told(waits: Postponed, work: Work, what: What, error: str, reason: str) -> Postponed:
    """With what metrics and log tell of it. What waits its turn has no error, and is no failure."""
    waits_its_turn = what == "put off" and not error
    failure = None if waits_its_turn else Failure(work.envelope.id, reason, waits.attempts, waits.due_ms)
    return replace(waits, counted=structs.replace(_counted(work, what, error), failure=failure))


def _counted(work: Work, what: What, label: str) -> Counted:
    return Counted(what, label, work.envelope.seq, work.received_ms, work.envelope.trace)


def partition_of(key: str, partitions: int) -> int:
    """A stable hash: the same key goes to the same partition in every process and release."""
    return zlib.crc32(key.encode()) % partitions


def derived_id(name: str) -> UUID:
    """The one id for `name`, the same wherever and whenever it is derived (RFC 9562, version 5)."""
    return UUID(derived_text(name))


def derived_text(name: str) -> str:
    """The same as text."""
    # What uuid5 does, in a third of the time: each comment has one.
    digits = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
