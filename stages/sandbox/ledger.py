"""What really happened at the providers, for tests and the demo to count."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from stages.sandbox.store import Document, Store


def ledger(store: Store) -> Document:
    """All charges that moved money, all declines, refunds, disputes, transfers and messages, oldest first."""
    charges = [(orjson.loads(row["body"]), row["request_key"]) for row in _all(store, "charge")]
    return {
        "charges": [_charge(charge, key) for charge, key in charges if charge["paid"]],
        "declines": [_charge(charge, key) for charge, key in charges if not charge["paid"]],
        "refunds": [_refund(orjson.loads(row["body"]), row["request_key"]) for row in _all(store, "refund")],
        "disputes": [_dispute(orjson.loads(row["body"])) for row in _all(store, "dispute")],
        "transfers": [
            _transfer(orjson.loads(row["body"]), row["request_key"]) for row in _all(store, "transfer")
        ],
        "messages": [_message(dict(row)) for row in store.many("select_all_messages", {})],
    }


def _all(store: Store, kind: str) -> list[Document]:
    return [dict(row) for row in store.many("select_all_of_kind", {"kind": kind})]


def _charge(charge: Document, key: str | None) -> Document:
    metadata = charge["metadata"]
    return {
        "id": charge["id"],
        "payment_intent": charge["payment_intent"],
        "order": metadata.get("order_id"),
        "amount": charge["amount"],
        "amount_refunded": charge["amount_refunded"],
        "currency": charge["currency"],
        "customer": charge["customer"],
        "key": key,
        "failure_code": charge["failure_code"],
        "disputed": charge["disputed"],
        "metadata": metadata,
        "created": _date(charge["created"]),
    }


def _refund(refund: Document, key: str | None) -> Document:
    return {
        "id": refund["id"],
        "payment_intent": refund["payment_intent"],
        "charge": refund["charge"],
        "amount": refund["amount"],
        "currency": refund["currency"],
        "key": key,
        "status": refund["status"],
        "metadata": refund["metadata"],
        "created": _date(refund["created"]),
    }


def _dispute(dispute: Document) -> Document:
    return {
        "id": dispute["id"],
        "payment_intent": dispute["payment_intent"],
        "amount": dispute["amount"],
        "currency": dispute["currency"],
        "status": dispute["status"],
        "created": _date(dispute["created"]),
    }


def _transfer(transfer: Document, key: str | None) -> Document:
    return {
        "id": transfer["id"],
        "destination": transfer["destination"],
        "amount": transfer["amount"],
        "currency": transfer["currency"],
        "transfer_group": transfer["transfer_group"],
        "key": key,
        "metadata": transfer["metadata"],
        "created": _date(transfer["created"]),
    }


def _message(row: Document) -> Document:
    return {
        "sid": row["sid"],
        "to": row["recipient"],
        "from": row["sender"],
        "body": row["body"],
        "status": row["status"],
        "error_code": row["error_code"],
        "created": _date(row["created"]),
    }


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
