"""The worker: pops comments from the viewers' lists and asks one service after the other."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from redis import Redis

VIEWERS = "viewers"
"""A list of the viewers who have written, one entry for each comment."""

FINISHED = "finished"
"""A counter of the comments that are done."""

_BUY_FROM, _MATCH_FROM = 0.5, 0.7
_WAIT_SECONDS = 1


def list_of(client_id: str) -> str:
    """The key of the list in which a viewer's comments wait."""
    return f"comments:{client_id}"


def push(redis: Redis, comments: list[dict[str, str]]) -> None:
    """What their API does with comments: each goes to its viewer's list."""
    with redis.pipeline(transaction=False) as pipe:
        for comment in comments:
            pipe.rpush(list_of(comment["client_id"]), json.dumps(comment))
            pipe.rpush(VIEWERS, comment["client_id"])
        pipe.execute()


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services listen."""

    intent: str
    vision: str
    order: str


class Worker:
    """Works one comment after the other, each to its end."""

    def __init__(
        self, redis: Redis, database: psycopg.Connection[Any], http: httpx.Client, services: Services
    ) -> None:
        self._redis, self._database, self._http, self._services = redis, database, http, services

    def run(self) -> None:
        """Work until killed."""
        while True:
            popped: Any = self._redis.blpop([VIEWERS], timeout=_WAIT_SECONDS)
            if popped is None:
                continue
            raw: Any = self._redis.lpop(list_of(popped[1].decode()))
            self.work(json.loads(raw))
            self._redis.incr(FINISHED)

    def work(self, comment: dict[str, str]) -> None:
        """Judge the comment, find its product, have it ordered; write down each step."""
        judged = self._ask(self._services.intent + "/classify", {"text": comment["message"]})
        self._database.execute(
            "insert into chat_messages (id, streamer, client, client_id, message, written_at, intent, score)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing",
            [
                *(
                    comment[name]
                    for name in ("message_id", "streamer", "client", "client_id", "message", "timestamp")
                ),
                judged["intent"],
                judged["score"],
            ],
        )
        if judged["intent"] != "buy" or judged["score"] <= _BUY_FROM:
            return
        moment = {"streamer": comment["streamer"], "timestamp": comment["timestamp"]}
        found = self._ask(self._services.vision + "/match", moment)
        if found["sku"] is None or found["score"] <= _MATCH_FROM:
            return
        self._database.execute(
            "insert into product_matches (message_id, sku, score) values (%s, %s, %s) on conflict do nothing",
            [comment["message_id"], found["sku"], found["score"]],
        )
        claim = {"message_id": comment["message_id"], "sku": found["sku"], "client_id": comment["client_id"]}
        self._ask(self._services.order + "/orders", {**claim, "quantity": judged["quantity"] or 1})

    def _ask(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.post(url, json=body).raise_for_status().json()
        return answer


def main() -> None:
    """Work until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baseline.worker")
    for name in ("redis", "database", "intent", "vision", "order"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    services = Services(given.intent, given.vision, given.order)
    with psycopg.connect(given.database, autocommit=True) as database, httpx.Client(timeout=30) as http:
        Worker(Redis.from_url(given.redis), database, http, services).run()


if __name__ == "__main__":
    main()
