"""The decision table from what the Stripe SDK raises to what the shop does.

Source: docs.stripe.com/error-handling, docs.stripe.com/api/errors and "Idempotent requests"; the status
codes are mapped to classes by the SDK, where a 409 is an `APIError` of that status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from stages.adapters.payment_results import (
    AuthenticationRequired,
    Charged,
    Declined,
    PaymentMisused,
    PaymentUnavailable,
)

_OTHER_MODE = "similar object exists in"
"""How Stripe words it when a test key meets a live object, or the other way round."""


def outcome_of(
    error: stripe.StripeError,
) -> Declined | AuthenticationRequired | PaymentUnavailable | PaymentMisused:
    """What this error means for a charge: a result to keep, or an exception to raise."""
    match error:
        case stripe.CardError():
            return _refused_by_bank(error)
        case stripe.RateLimitError():
            return PaymentUnavailable("rate_limit", _said(error), _retry_after(error))
        case stripe.IdempotencyError():
            return PaymentMisused("idempotency", _said(error), error.code)
        case stripe.AuthenticationError():
            return PaymentMisused("authentication", _said(error), error.code)
        case stripe.PermissionError():
            return PaymentMisused("permission", _said(error), error.code)
        case stripe.InvalidRequestError():
            return _invalid(error)
        case stripe.APIConnectionError():
            return PaymentUnavailable("connection", _said(error))
        case stripe.APIError(http_status=409):
            return PaymentUnavailable("conflict", _said(error), _retry_after(error))
        case _:
            return PaymentUnavailable(
                "server_error", _said(error), _retry_after(error), replayed=_is_replayed(error)
            )


def failure_of(error: stripe.StripeError) -> PaymentUnavailable | PaymentMisused:
    """What this error means for a call that no bank decides on: always an exception to raise."""
    outcome = outcome_of(error)
    if isinstance(outcome, Declined):
        return PaymentMisused("parameters", outcome.message, outcome.code, getattr(error, "param", None))
    if isinstance(outcome, AuthenticationRequired):
        return PaymentMisused("parameters", _said(error), "authentication_required")
    return outcome


def result_of(intent: stripe.PaymentIntent) -> Charged | Declined | AuthenticationRequired | None:
    """What a payment intent as it stands means for its order; None while nothing is decided."""
    error = intent.last_payment_error
    # As a dict: the SDK's objects have no attribute for what the answer left out.
    return result_as_told(intent.id, intent.status, error.to_dict() if error is not None else None)


def result_as_told(
    payment_id: str, status: str, reason: Mapping[str, Any] | None
) -> Charged | Declined | AuthenticationRequired | None:
    """The same by its id, its status, and the error that it says it met last."""
    match status:
        case "succeeded":
            return Charged(payment_id)
        case "requires_action":
            return AuthenticationRequired(payment_id)
        case "requires_payment_method" if reason is not None:
            return _declined(
                reason.get("code"), reason.get("decline_code"), reason.get("message"), payment_id
            )
        case "canceled":
            return Declined("canceled", "The payment was cancelled before it was made.", payment_id)
        case _:
            return None


def _refused_by_bank(error: stripe.CardError) -> Declined | AuthenticationRequired:
    details: Mapping[str, Any] = error.error.to_dict() if error.error is not None else {}
    payment_id = (details.get("payment_intent") or {}).get("id")
    return _declined(error.code, details.get("decline_code"), error.user_message, payment_id)


def _declined(
    code: str | None, decline_code: str | None, message: str | None, payment_id: str | None
) -> Declined | AuthenticationRequired:
    if "authentication_required" in (code, decline_code):
        return AuthenticationRequired(payment_id)
    return Declined(decline_code or code or "card_error", message or "The card was declined.", payment_id)


def _invalid(error: stripe.InvalidRequestError) -> Declined | PaymentMisused:
    # The buyer removed the card or the customer since: nothing is wrong with us, the order gets a pay link.
    gone = error.param == "payment_method" or (error.param == "customer" and error.code == "resource_missing")
    if gone and _OTHER_MODE not in _said(error):
        return Declined(error.code or "payment_method_unusable", _said(error), None)
    return PaymentMisused("parameters", _said(error), error.code, error.param)


def _said(error: stripe.StripeError) -> str:
    return str(error)


def _is_replayed(error: stripe.StripeError) -> bool:
    """Whether the answer is the one that the key remembers (docs.stripe.com/api/idempotent_requests)."""
    headers: Mapping[str, str] = error.headers or {}
    return any(name.lower() == "idempotent-replayed" and value == "true" for name, value in headers.items())


def _retry_after(error: stripe.StripeError) -> float | None:
    headers: Mapping[str, str] = error.headers or {}
    text = headers.get("retry-after") or headers.get("Retry-After")
    try:
        seconds = float(text) if text is not None else None
    except ValueError:
        # The header's other form is a date; our own backoff will do.
        return None
    return seconds if seconds is not None and seconds >= 0 else None
