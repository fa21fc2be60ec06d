"""What changes by itself as time passes: messages move on, Checkout sessions expire, refunds are settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from stages.sandbox.clock import SandboxClock
from stages.sandbox.messages.progress import move_due_messages
from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.checkout import expired
from stages.sandbox.payments.refunds import change_later
from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Document, Store


class Timetable:
    """Carries out each change when it is due; what fell due while the sandbox was down comes at once."""

    def __init__(
        self, settings: SandboxSettings, store: Store, clock: SandboxClock, changed: Callable[[], None]
    ) -> None:
        """`changed` is called when there may be something to deliver."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._changed = changed
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Something was scheduled, or time has moved."""
        self._news.set()

    async def run(self) -> None:
        """Keeps the timetable until cancelled."""
        while True:
            self._news.clear()
            due_at = self._next()
            if due_at is not None and due_at <= self._clock.now():
                if self.catch_up():
                    self._changed()
                due_at = self._next()
            await self._clock.rest_until(due_at, self._news)

    def _next(self) -> float | None:
        row = self._store.one("next_change", {})
        return row[0] if row else None

    def catch_up(self) -> int:
        """Carries out all that is due now and returns how much that was."""
        now = self._clock.now()
        with self._store.transaction():
            moved = move_due_messages(self._store, self._settings, now)
            due = self._store.many("select_due_objects", {"now": now})
            for row in due:
                _change(self._call(now), orjson.loads(row["body"]))
        return moved + len(due)

    def _call(self, now: float) -> StripeCall:
        return StripeCall(
            store=self._store,
            settings=self._settings,
            now=int(now),
            parameters={},
            path={},
            site="",
            request_id="",
            key=None,
        )


def _change(call: StripeCall, document: Document) -> None:
    if document["object"] == "refund":
        change_later(call, document)
    else:
        expired(call, document)
