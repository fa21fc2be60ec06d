"""What Prometheus is told about the calls to whom the shop depends on: the same for every provider."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias, get_args

import aiohttp
from prometheus_client import Counter, Histogram

from pipeline import tracing
from pipeline.metrics import NAMESPACE, SECONDS

Provider: TypeAlias = Literal["stripe", "twilio", "email", "webhook"]

ErrorClass: TypeAlias = Literal[
    "connection",  # not reached, or lost
    "timeout",
    "cancelled",  # given up by us: the time limit of a call of several requests, or the end of the process
    "rate_limit",
    "server_error",
    "conflict",  # another call of the same key or on the same object is under way
    "authentication",  # the provider refuses us
    "declined",  # the provider did what it is for: a bank's no
    "request",  # refused as it was asked: an unknown number, a parameter
    "other",
]

_LABELS = ("provider", "outcome")
SECONDS_OF_CALLS = Histogram(
    "provider_seconds",
    "One request to a provider, by its outcome: ok or error",
    _LABELS,
    namespace=NAMESPACE,
    buckets=SECONDS,
)
ERRORS = Counter(
    "provider_errors",
    "Requests to a provider that it did not do, by the class of the error",
    ["provider", "class"],
    namespace=NAMESPACE,
)


class Call:
    """A request under way."""

    def __init__(self) -> None:
        self.error: ErrorClass | None = None

    def answered(self, status: int) -> None:
        """By HTTP, with this status."""
        self.error = class_of_status(status)


def class_of_status(status: int) -> ErrorClass | None:
    """What an HTTP status means (RFC 9110; 402 as Stripe uses it); None where the request was done."""
    if status < 400:
        return None
    if status >= 500:
        return "server_error"
    known: dict[int, ErrorClass] = {
        401: "authentication",
        402: "declined",
        403: "authentication",
        408: "timeout",
        409: "conflict",
        429: "rate_limit",
    }
    return known.get(status, "request")


def class_of_http_error(error: Exception) -> ErrorClass:
    """What an exception of an HTTP client means."""
    if isinstance(error, TimeoutError):
        return "timeout"
    lost = (OSError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)
    return "connection" if isinstance(error, lost) else "other"


@contextmanager
def calling(
    provider: Provider, class_of: Callable[[Exception], ErrorClass] = class_of_http_error
) -> Iterator[Call]:
    """Counts and times what is asked inside; `class_of` names the error that it raises, which goes on."""
    call, begun = Call(), time.perf_counter()
    try:
        yield call
    except Exception as error:
        call.error = class_of(error)
        raise
    except asyncio.CancelledError:
        call.error = "cancelled"
        raise
    finally:
        outcome, seconds = "error" if call.error else "ok", time.perf_counter() - begun
        SECONDS_OF_CALLS.labels(provider, outcome).observe(seconds)
        tracing.called(provider, seconds, call.error or "")
        if call.error:
            ERRORS.labels(provider, call.error).inc()


def announce(provider: Provider) -> None:
    """Tell every class as 0 from the beginning: an increase from nothing is none to Prometheus."""
    for error in get_args(ErrorClass):
        ERRORS.labels(provider, error)
    for outcome in ("ok", "error"):
        SECONDS_OF_CALLS.labels(provider, outcome)
