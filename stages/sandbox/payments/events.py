"""Events: what happened, kept for `GET /v1/events` and told to every webhook endpoint."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import orjson

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import invalid
from stages.sandbox.payments.objects import accept_list, add, fetch, page
from stages.sandbox.payments.parameters import accept, metadata, required
from stages.sandbox.store import Document, Value, new_id

API_VERSION = "2026-10-28.endive"
"""The account's version: that of the SDK the product is built with."""

_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class _Endpoint:
    url: str
    secret: str
    enabled: tuple[str, ...]


def record(call: StripeCall, kind: str, document: Document) -> None:
    """Keeps the event `kind` about this object as it is now, and queues its webhooks."""
    event: Document = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": call.now,
        "data": {"object": document},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": call.request_id or None, "idempotency_key": call.key},
        "type": kind,
    }
    listening = [e for e in _endpoints(call) if "*" in e.enabled or kind in e.enabled]
    event["pending_webhooks"] = len(listening)
    add(call, event)
    for endpoint in listening:
        delivery: dict[str, Value] = {
            "scheme": "stripe",
            "url": endpoint.url,
            "secret": endpoint.secret,
            "body": orjson.dumps(event, option=orjson.OPT_INDENT_2),
            "attempts_limit": _ATTEMPTS,
            "due_at": 0.0,
        }
        call.store.run("insert_delivery", delivery)


def _endpoints(call: StripeCall) -> list[_Endpoint]:
    stored = [
        orjson.loads(row["body"])
        for row in call.store.many("select_all_of_kind", {"kind": "webhook_endpoint"})
    ]
    found = [_Endpoint(each["url"], each["secret"], tuple(each["enabled_events"])) for each in stored]
    if call.settings.webhook_url is not None:
        given = call.settings
        found.append(_Endpoint(call.settings.webhook_url, given.webhook_secret, given.webhook_events))
    return found


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "event", call.path["id"])


def list_events(call: StripeCall) -> Document:
    accept_list(call, "type")
    return page(call, "event", "/v1/events", related=call.parameters.get("type"))


def create_endpoint(call: StripeCall) -> Document:
    """A webhook endpoint; like Stripe, its secret is shown in this answer only."""
    accept(call.parameters, ("url", "enabled_events", "description", "metadata", "api_version"))
    url = required(call.parameters, "url")
    enabled = call.parameters.get("enabled_events")
    if not isinstance(enabled, list) or not enabled:
        raise invalid("Missing required param: enabled_events.", "enabled_events", "parameter_missing")
    if not url.startswith(("http://", "https://")):
        raise invalid(f"Invalid URL: {url}", "url", "url_invalid")
    endpoint: Document = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": call.now,
        "description": call.parameters.get("description"),
        "enabled_events": enabled,
        "livemode": False,
        "metadata": metadata(call.parameters),
        "status": "enabled",
        "url": url,
        "secret": f"whsec_{secrets.token_hex(16)}",
    }
    return add(call, endpoint)
