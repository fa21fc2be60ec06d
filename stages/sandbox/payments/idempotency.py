"""Idempotency keys: the first answer is kept for a day and given again, for the same call only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from stages.sandbox.payments.errors import key_in_use, other_endpoint, other_parameters
from stages.sandbox.store import Document, Store, Value

KEPT_SECONDS = 24 * 60 * 60
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and body as they went out, and the request they went out to."""

    status: int
    body: bytes
    request_id: str


class IdempotencyKeys:
    """The answers by key, and the keys whose first call is still in progress."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_use: set[str] = set()

    def begin(self, key: str, endpoint: str, parameters: Document, now: float) -> Answer | None:
        """The kept answer, or None when this is the first call: then `end` must follow.

        Raises StripeRefusal for a key that is in use, or was used for another call.
        """
        row = self._store.one("select_answer", {"key": key})
        if row is not None and now - row["created"] < KEPT_SECONDS:
            if row["endpoint"] != endpoint:
                raise other_endpoint(key, row["endpoint"], endpoint)
            if row["fingerprint"] != fingerprint(parameters):
                raise other_parameters(key)
            return Answer(row["status"], bytes(row["body"]), row["request_id"])
        if key in self._in_use:
            raise key_in_use(key)
        self._in_use.add(key)
        return None

    def keep(self, key: str, endpoint: str, parameters: Document, answer: Answer, now: float) -> None:
        """Remembers the answer; to be called in the transaction of the change it tells of."""
        values: dict[str, Value] = {
            "key": key,
            "endpoint": endpoint,
            "fingerprint": fingerprint(parameters),
            "status": answer.status,
            "body": answer.body,
            "request_id": answer.request_id,
            "created": now,
        }
        self._store.run("insert_answer", values)

    def end(self, key: str) -> None:
        """The call is over; the key may be used again."""
        self._in_use.discard(key)


def fingerprint(parameters: Document) -> str:
    """The same for the same parameters in any order."""
    return hashlib.sha256(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)).hexdigest()
