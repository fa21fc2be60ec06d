"""Stripe's objects in the store: created, changed, fetched, listed and expanded."""

from __future__ import annotations

import orjson

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import invalid, missing_resource
from stages.sandbox.payments.parameters import accept, integer, nested, optional
from stages.sandbox.store import Document, Value

_RELATED = {
    "customer": "email",
    "charge": "payment_intent",
    "refund": "payment_intent",
    "dispute": "payment_intent",
    "transfer": "destination",
    "checkout.session": "payment_intent",
    "setup_intent": "payment_method",
    "event": "type",
}
"""What each kind is listed by, besides its customer."""

_NO_LIMIT = 2**62


def add(call: StripeCall, document: Document) -> Document:
    """Stores a new object and returns it."""
    key = call.key
    call.store.run("insert_object", {**_columns(document), "created": call.now, "request_key": key})
    return document


def change(call: StripeCall, document: Document, **fields: object) -> Document:
    """Stores the object with its changed fields and returns it."""
    document.update(fields)
    columns = _columns(document)
    del columns["kind"]
    call.store.run("replace_object", columns)
    return document


def fetch(call: StripeCall, kind: str, identifier: str, param: str = "id") -> Document:
    """The object of that kind; refuses as Stripe does where it does not exist."""
    row = call.store.one("select_object", {"id": identifier, "kind": kind})
    if row is None:
        noun = kind.rpartition(".")[2] if kind.startswith("checkout") else kind
        raise missing_resource(noun, identifier, param, in_path=identifier == call.path.get("id"))
    document: Document = orjson.loads(row["body"])
    return document


def page(
    call: StripeCall, kind: str, url: str, *, owner: str | None = None, related: str | None = None
) -> Document:
    """A list envelope, newest first, by the call's `limit`, `starting_after`, `ending_before`, `created`."""
    parameters = call.parameters
    limit = integer(parameters, "limit")
    limit = 10 if limit is None else limit
    if not 1 <= limit <= 100:
        raise invalid(
            "This value must be between 1 and 100 (inclusive).", "limit", "parameter_invalid_integer"
        )
    created_from, created_to = _created_range(parameters)
    values: dict[str, Value] = {
        "kind": kind,
        "owner": owner,
        "related": related,
        "created_from": created_from,
        "created_to": created_to,
        "before": _position(call, kind, "starting_after", _NO_LIMIT),
        "after": _position(call, kind, "ending_before", 0),
        "limit": limit + 1,
    }
    query = "list_objects_of_owner" if owner else "list_objects_related" if related else "list_objects"
    found = [orjson.loads(row["body"]) for row in call.store.many(query, values)]
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}


def shown(document: Document) -> Document:
    """The object without what only the sandbox knows."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


LIST_PARAMETERS = ("limit", "starting_after", "ending_before", "created")


def accept_list(call: StripeCall, *filters: str) -> None:
    """Refuses what a list endpoint with these filters does not know."""
    accept(call.parameters, (*LIST_PARAMETERS, *filters))


def expanded(call: StripeCall, document: Document) -> Document:
    """The answer with the ids named by `expand` replaced by their objects."""
    paths = call.parameters.get("expand") or []
    if not isinstance(paths, list):
        raise invalid("Invalid array", "expand")
    for path in paths:
        _expand(call, document, str(path).split("."), str(path))
    return document


def _expand(call: StripeCall, document: Document, steps: list[str], path: str) -> None:
    name, *rest = steps
    if name not in document:
        message = f"This property cannot be expanded ({path})."
        raise invalid(message, "expand")
    value = document[name]
    if isinstance(value, list):
        for item in value:
            _expand(call, item, rest, path)
        return
    if isinstance(value, str):
        row = call.store.one("select_any_object", {"id": value})
        value = document[name] = orjson.loads(row["body"]) if row else value
    if rest and isinstance(value, dict):
        _expand(call, value, rest, path)


def _columns(document: Document) -> dict[str, Value]:
    kind = document["object"]
    is_open = kind == "checkout.session" and document["status"] == "open"
    return {
        "id": document["id"],
        "kind": kind,
        "owner": document.get("customer"),
        "related": document.get(_RELATED.get(kind, "")),
        "due_at": document["expires_at"] if is_open else document.get("_changes_at"),
        "body": orjson.dumps(document),
    }


def _position(call: StripeCall, kind: str, name: str, default: int) -> int:
    identifier = optional(call.parameters, name)
    if identifier is None:
        return default
    row = call.store.one("select_position", {"id": identifier, "kind": kind})
    if row is None:
        raise missing_resource(kind, identifier, name, in_path=False)
    position: int = row["seq"]
    return position


def _created_range(parameters: Document) -> tuple[int, int]:
    value = parameters.get("created")
    if isinstance(value, str):
        moment = integer(parameters, "created") or 0
        return moment, moment
    bounds = nested(parameters, "created")
    lowest, highest = 0, _NO_LIMIT
    for name in bounds:
        moment = integer(bounds, name) or 0
        match name:
            case "gt":
                lowest = max(lowest, moment + 1)
            case "gte":
                lowest = max(lowest, moment)
            case "lt":
                highest = min(highest, moment - 1)
            case "lte":
                highest = min(highest, moment)
            case _:
                raise invalid(f"Received unknown parameter: created[{name}]", "created", "parameter_unknown")
    return lowest, highest
