"""Pushes by the gateway, from a machine that reaches no Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import structlog

from stages.connectors.away import Away, Refused
from stages.connectors.incoming import Incoming

_TIMEOUT_SECONDS = 30.0
_TOO_FAST, _QUEUE_AWAY = 429, 503
_KEY_TOO_FAST = "This key"  # how the gateway begins to say it (doors.rate_limits): nobody's flood


@dataclass(frozen=True, slots=True)
class GatewayOutlet:
    """Posts to `/comments/batch` of the gateway that `http` leads to, with its key.

    A viewer's flood, which the gateway turns away, is lost, so that nobody waits for it; `patient`, as for a recording,
    it is pushed again as fast as the gateway takes it.
    """

    http: httpx.AsyncClient
    patient: bool = False

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, key: str, *, patient: bool = False) -> AsyncIterator[Self]:
        """The outlet to the gateway at `url`; an open door needs no key. Raises Refused."""
        if httpx.URL(url).scheme not in ("http", "https"):
            raise Refused(f"{url!r} is no address of a gateway: write http://HOST:8081.")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS) as http:
            yield cls(http, patient)

    async def push(self, batch: Sequence[Incoming]) -> int:
        """As Outlet.push."""
        refused, waiting = 0, list(batch)
        while waiting:
            results = list(zip(waiting, await self._post(waiting), strict=True))
            again = [(each, result) for each, result in results if self._comes_again(result)]
            for each, result in results:
                if not result["ok"] and not self._comes_again(result):
                    refused += 1
                    _say_refused(each, result)
            if again:
                await asyncio.sleep(max(result["retry_after_seconds"] for _, result in again))
            waiting = [each for each, _ in again]
        return len(batch) - refused

    async def _post(self, batch: Sequence[Incoming]) -> Sequence[Mapping[str, Any]]:
        """The results, none of which says that the queue is away. Raises Away and Refused."""
        where = self.http.base_url
        try:
            answer = await self.http.post("/comments/batch", json=[each.fields() for each in batch])
        except httpx.TransportError as error:
            raise Away(f"The gateway at {where} is away: {error or type(error).__name__}") from error
        match answer.status_code:
            case 200:
                return _none_away(answer.json()["results"])
            case 401 | 403 as status:
                raise Refused(f"The gateway refuses ({status}): {_words(answer)} See CONNECTOR_KEY.")
            case 429 | 500 | 502 | 503 | 504:
                raise Away(f"The gateway takes nothing: {_words(answer)}", after=_seconds(answer))
            case status:
                raise Refused(
                    f"{where} answered {status} to a batch of comments: {_words(answer)} See --via."
                )

    def _comes_again(self, result: Mapping[str, Any]) -> bool:
        return result.get("status") == _TOO_FAST and (
            self.patient or str(result["error"]).startswith(_KEY_TOO_FAST)
        )


def _none_away(results: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    for result in results:
        if result.get("status") == _QUEUE_AWAY:
            raise Away(
                f"The gateway took only a part: {result['error']}", after=result.get("retry_after_seconds")
            )
    return results


def _say_refused(each: Incoming, result: Mapping[str, Any]) -> None:
    log = structlog.get_logger()
    log.warning("the gateway refuses a comment", message_id=each.message_id, error=result["error"])


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}."


def _seconds(answer: httpx.Response) -> float | None:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None
