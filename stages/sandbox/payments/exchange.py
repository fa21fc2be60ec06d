"""One exchange with the Stripe API: key check, faults, idempotency, the change, the answer."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from secrets import compare_digest

import orjson
from starlette.requests import Request
from starlette.responses import Response

from stages.sandbox.clock import SandboxClock
from stages.sandbox.connection import break_off, fall_silent
from stages.sandbox.faults import Fault, FaultKind, FaultPlan
from stages.sandbox.payments import errors
from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import StripeRefusal
from stages.sandbox.payments.events import API_VERSION
from stages.sandbox.payments.idempotency import LONGEST_KEY, Answer, IdempotencyKeys
from stages.sandbox.payments.objects import expanded, shown
from stages.sandbox.payments.parameters import decode
from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Document, Store, new_id

Operation = Callable[[StripeCall], Document]


class StripeExchange:
    """Answers calls; each change and its remembered answer are one transaction."""

    def __init__(
        self,
        settings: SandboxSettings,
        store: Store,
        clock: SandboxClock,
        faults: FaultPlan,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after each write: there may be webhooks to deliver."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._faults = faults
        self._changed = changed
        self._keys = IdempotencyKeys(store)

    async def answer(self, request: Request, operation: Operation) -> Response:
        """The whole exchange; broken connections excepted, it always ends in an answer."""
        request_id = new_id("req")
        try:
            self._check_key(request)
            fault = self._faults.strike("stripe", request.method, request.url.path)
            if fault is not None and not fault.fault.acts:
                return await self._fail(request, fault, request_id)
            call = await self._call(request, request_id)
            return await self._perform(request, call, operation, fault)
        except StripeRefusal as refusal:
            return self._response(request, _refused(refusal, request_id), request_id)

    def call(self, request: Request, parameters: Document, request_id: str, key: str | None) -> StripeCall:
        """What a resource gets to see of a request; also for the hosted page, which has neither id nor key."""
        return StripeCall(
            store=self._store,
            settings=self._settings,
            now=int(self._clock.now()),
            parameters=parameters,
            path=request.path_params,
            site=str(request.base_url).rstrip("/"),
            request_id=request_id,
            key=key,
        )

    async def _call(self, request: Request, request_id: str) -> StripeCall:
        writes = request.method == "POST"
        parameters = decode(await request.body() if writes else request.url.query.encode())
        key = request.headers.get("idempotency-key") if writes else None
        if key is not None and len(key) > LONGEST_KEY:
            raise errors.invalid(f"Idempotency keys can be up to {LONGEST_KEY} characters long.")
        return self.call(request, parameters, request_id, key)

    async def _perform(
        self, request: Request, call: StripeCall, operation: Operation, fault: Fault | None
    ) -> Response:
        endpoint, key = request.url.path, call.key
        if key is not None:
            kept = self._keys.begin(key, endpoint, call.parameters, self._clock.now())
            if kept is not None:
                return await self._deliver(request, kept, call, fault, replayed=True)
        try:
            await self._take_time(fault)
            answer = self._execute(call, endpoint, operation, fault, writes=request.method == "POST")
        finally:
            if key is not None:
                self._keys.end(key)
        return await self._deliver(request, answer, call, fault, replayed=False)

    async def _take_time(self, fault: Fault | None) -> None:
        late = fault.seconds if fault is not None and fault.fault is FaultKind.SLOW else 0.0
        if late + self._settings.latency_seconds > 0:
            await asyncio.sleep(late + self._settings.latency_seconds)

    def _execute(
        self, call: StripeCall, endpoint: str, operation: Operation, fault: Fault | None, *, writes: bool
    ) -> Answer:
        if not writes:
            return Answer(200, _encoded(expanded(call, operation(call))), call.request_id)
        with self._store.transaction():
            try:
                answer = Answer(200, _encoded(expanded(call, operation(call))), call.request_id)
            except StripeRefusal as refusal:
                if not refusal.begun:
                    raise
                # A declined payment leaves its traces, and the refusal is what the key remembers.
                answer = _refused(refusal, call.request_id)
            if fault is not None and fault.fault is FaultKind.SERVER_ERROR_AFTER_SUCCESS:
                answer = _refused(errors.broken(remembered=True), call.request_id)
            if call.key is not None:
                self._keys.keep(call.key, endpoint, call.parameters, answer, self._clock.now())
        self._changed()
        return answer

    async def _deliver(
        self, request: Request, answer: Answer, call: StripeCall, fault: Fault | None, *, replayed: bool
    ) -> Response:
        if fault is not None and fault.fault is FaultKind.TIMEOUT_AFTER_SUCCESS:
            return await fall_silent(request, fault.seconds)
        if fault is not None and fault.fault is FaultKind.CONNECTION_RESET_AFTER_SUCCESS:
            return await break_off(request)
        response = self._response(request, answer, call.request_id)
        if call.key is not None:
            response.headers["Idempotency-Key"] = call.key
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
            response.headers["Original-Request"] = answer.request_id
        return response

    async def _fail(self, request: Request, fault: Fault, request_id: str) -> Response:
        key = request.headers.get("idempotency-key", "")
        match fault.fault:
            case FaultKind.TIMEOUT:
                return await fall_silent(request, fault.seconds)
            case FaultKind.CONNECTION_RESET:
                return await break_off(request)
            case FaultKind.CONFLICT:
                raise errors.key_in_use(key)
            case FaultKind.RATE_LIMIT:
                raise errors.too_many_requests()
            case FaultKind.UNAVAILABLE:
                raise errors.broken(remembered=False)
        call = await self._call(request, request_id)
        answer = _refused(errors.broken(remembered=True), request_id)
        if call.key is not None:
            self._keys.keep(call.key, request.url.path, call.parameters, answer, self._clock.now())
        return self._response(request, answer, request_id)

    def _response(self, request: Request, answer: Answer, request_id: str) -> Response:
        headers = {
            "Request-Id": request_id,
            "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        }
        if answer.status == 429:
            headers["Retry-After"] = "1"
        return Response(answer.body, answer.status, headers, "application/json")

    def _check_key(self, request: Request) -> None:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[0]
            except (binascii.Error, UnicodeDecodeError):
                value = ""
        if not value:
            raise errors.no_key()
        if not compare_digest(value.encode(), self._settings.stripe_key.encode()):
            raise errors.wrong_key(value)


def _refused(refusal: StripeRefusal, request_id: str) -> Answer:
    return Answer(refusal.status, orjson.dumps(refusal.envelope(request_id)), request_id)


def _encoded(document: Document) -> bytes:
    if document.get("object") == "list":
        document = {**document, "data": [shown(each) for each in document["data"]]}
    return orjson.dumps(shown(document), option=orjson.OPT_INDENT_2)
