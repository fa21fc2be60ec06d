"""The Twilio API's URLs that we use: basic auth, faults, the answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from secrets import compare_digest
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stages.sandbox.clock import SandboxClock
from stages.sandbox.connection import break_off, fall_silent
from stages.sandbox.faults import Fault, FaultKind, FaultPlan
from stages.sandbox.messages import errors, message
from stages.sandbox.messages.errors import TwilioRefusal
from stages.sandbox.messages.progress import read
from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Document, Store, new_id

Operation = Callable[[Request, Fault | None, dict[str, str]], tuple[int, Document]]


class TwilioExchange:
    """Answers calls on the Messages of one account; Twilio knows no idempotency keys."""

    def __init__(
        self,
        settings: SandboxSettings,
        store: Store,
        clock: SandboxClock,
        faults: FaultPlan,
        changed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._faults = faults
        self._changed = changed

    def routes(self) -> list[Route]:
        """The Messages resource, a door of the sandbox's own by which somebody opens a message, and Twilio's 404 for
        the rest of the API."""
        account = "/2010-04-01/Accounts/{account}"
        return [
            Route(f"{account}/Messages.json", self.create, methods=["POST"]),
            Route(f"{account}/Messages.json", self.page, methods=["GET"]),
            Route(f"{account}/Messages/{{sid}}.json", self.fetch, methods=["GET"]),
            Route("/messages/{sid}/read", self.read, methods=["POST"]),
            Route("/2010-04-01/{rest:path}", self.unknown, methods=["GET", "POST", "DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        def operation(request: Request, fault: Fault | None, form: dict[str, str]) -> tuple[int, Document]:
            with self._store.transaction():
                made = message.create(self._store, self._settings, form, fault, self._clock.now())
            self._changed()
            return 201, made

        return await self._answer(request, operation)

    async def fetch(self, request: Request) -> Response:
        def operation(request: Request, fault: Fault | None, form: dict[str, str]) -> tuple[int, Document]:
            return 200, message.fetch(self._store, self._settings, request.path_params["sid"])

        return await self._answer(request, operation)

    async def page(self, request: Request) -> Response:
        def operation(request: Request, fault: Fault | None, form: dict[str, str]) -> tuple[int, Document]:
            return 200, message.page(self._store, self._settings, form)

        return await self._answer(request, operation)

    async def read(self, request: Request) -> Response:
        with self._store.transaction():
            opened = read(self._store, self._settings, str(request.path_params["sid"]), self._clock.now())
        self._changed()
        return _response(200 if opened else 404, {"read": opened})

    async def unknown(self, request: Request) -> Response:
        def operation(request: Request, fault: Fault | None, form: dict[str, str]) -> tuple[int, Document]:
            raise errors.not_found(request.url.path)

        return await self._answer(request, operation)

    async def _answer(self, request: Request, operation: Operation) -> Response:
        try:
            self._check_token(request)
            form = parse_qsl((await request.body()).decode() or request.url.query, keep_blank_values=True)
            fault = self._faults.strike("twilio", request.method, request.url.path)
            if fault is not None and not fault.fault.acts:
                return await self._fail(request, fault)
            late = fault.seconds if fault is not None and fault.fault is FaultKind.SLOW else 0.0
            if late + self._settings.latency_seconds > 0:
                await asyncio.sleep(late + self._settings.latency_seconds)
            status, document = operation(request, fault, dict(form))
            return await self._deliver(request, _response(status, document), fault)
        except TwilioRefusal as refusal:
            return _response(refusal.status, refusal.envelope())

    async def _deliver(self, request: Request, response: Response, fault: Fault | None) -> Response:
        match fault:
            case Fault(fault=FaultKind.TIMEOUT_AFTER_SUCCESS):
                return await fall_silent(request, fault.seconds)
            case Fault(fault=FaultKind.CONNECTION_RESET_AFTER_SUCCESS):
                return await break_off(request)
            case Fault(fault=FaultKind.SERVER_ERROR_AFTER_SUCCESS):
                raise errors.broken()
            case _:
                return response

    async def _fail(self, request: Request, fault: Fault) -> Response:
        match fault.fault:
            case FaultKind.TIMEOUT:
                return await fall_silent(request, fault.seconds)
            case FaultKind.CONNECTION_RESET:
                return await break_off(request)
            case FaultKind.RATE_LIMIT | FaultKind.CONFLICT:
                raise errors.too_many_requests()
            case FaultKind.UNAVAILABLE:
                raise errors.unavailable()
            case FaultKind.REFUSED:
                raise errors.refused(fault.code)
            case _:
                raise errors.broken()

    def _check_token(self, request: Request) -> None:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise errors.not_authenticated() from None
        wanted = f"{self._settings.twilio_sid}:{self._settings.twilio_token}"
        if scheme.lower() != "basic" or not compare_digest(given.encode(), wanted.encode()):
            raise errors.not_authenticated()
        if request.path_params.get("account", self._settings.twilio_sid) != self._settings.twilio_sid:
            raise errors.not_found(request.url.path)


def _response(status: int, document: Document) -> Response:
    headers = {"Twilio-Request-Id": new_id("RQ").replace("_", "")}
    if status == 429:
        headers["Retry-After"] = "1"
    return Response(orjson.dumps(document), status, headers, "application/json")
