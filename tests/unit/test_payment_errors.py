# mypy: disable-error-code="no-untyped-call"
"""The decision table from the Stripe SDK's errors to outcomes: one row, one case."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from stages.adapters.payment_errors import failure_of, outcome_of, result_of
from stages.adapters.payment_results import (
    AuthenticationRequired,
    Charged,
    Declined,
    PaymentMisused,
    PaymentUnavailable,
)


def card_error(code: str, decline_code: str | None, payment: str | None = "pi_1") -> stripe.CardError:
    body: dict[str, Any] = {"type": "card_error", "code": code, "decline_code": decline_code}
    if payment is not None:
        body["payment_intent"] = {"id": payment, "object": "payment_intent"}
    error: stripe.CardError = stripe.CardError("No.", None, code, http_status=402, json_body={"error": body})
    return error


@pytest.mark.parametrize(
    ("error", "reason", "retry_after"),
    [
        (stripe.APIConnectionError("lost"), "connection", None),
        (stripe.APIError("in use", http_status=409), "conflict", None),
        (stripe.RateLimitError("slow down", http_status=429), "rate_limit", None),
        (stripe.RateLimitError("slow down", headers={"retry-after": "2.5"}), "rate_limit", 2.5),
        (
            stripe.RateLimitError("slow down", headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
            "rate_limit",
            None,
        ),
        (stripe.APIError("oops", http_status=500), "server_error", None),
        (stripe.APIError("away", http_status=503, headers={"retry-after": "7"}), "server_error", 7.0),
        (stripe.APIError("no JSON", http_status=200), "server_error", None),
    ],
)
def test_what_may_pass_is_repeated_with_the_same_key(
    error: stripe.StripeError, reason: str, retry_after: float | None
) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, PaymentUnavailable)
    assert (outcome.reason, outcome.retry_after) == (reason, retry_after)


@pytest.mark.parametrize(
    ("headers", "replayed"),
    [({}, False), ({"Idempotent-Replayed": "true"}, True), ({"idempotent-replayed": "true"}, True)],
)
def test_a_server_error_from_the_providers_memory_is_known(headers: dict[str, str], replayed: bool) -> None:
    outcome = outcome_of(stripe.APIError("oops", http_status=500, headers=headers))
    assert isinstance(outcome, PaymentUnavailable)
    assert outcome.replayed is replayed


@pytest.mark.parametrize(
    ("error", "kind", "stops"),
    [
        (stripe.IdempotencyError("other parameters"), "idempotency", False),
        (stripe.AuthenticationError("wrong key"), "authentication", True),
        (stripe.PermissionError("may not"), "permission", True),
        (stripe.InvalidRequestError("too small", "amount", "amount_too_small"), "parameters", False),
        (stripe.InvalidRequestError("no such thing", "customer_email"), "parameters", False),
        (
            stripe.InvalidRequestError(
                "No such customer: 'cus_1'; a similar object exists in live mode, but a test mode key was used.",
                "customer",
                "resource_missing",
            ),
            "parameters",
            False,
        ),
    ],
)
def test_our_own_faults_are_never_repeated_blindly(error: stripe.StripeError, kind: str, stops: bool) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, PaymentMisused)
    assert (outcome.kind, outcome.stops_stage) == (kind, stops)


@pytest.mark.parametrize(
    ("error", "code", "payment"),
    [
        (card_error("card_declined", "insufficient_funds"), "insufficient_funds", "pi_1"),
        (card_error("expired_card", None), "expired_card", "pi_1"),
        (card_error("card_declined", "lost_card", payment=None), "lost_card", None),
        (
            stripe.InvalidRequestError("No such PaymentMethod", "payment_method", "resource_missing"),
            "resource_missing",
            None,
        ),
        (
            stripe.InvalidRequestError("It was detached and may not be used again.", "payment_method"),
            "payment_method_unusable",
            None,
        ),
        (
            stripe.InvalidRequestError("No such customer", "customer", "resource_missing"),
            "resource_missing",
            None,
        ),
    ],
)
def test_the_banks_no_is_final_for_the_attempt(
    error: stripe.StripeError, code: str, payment: str | None
) -> None:
    outcome = outcome_of(error)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.payment_id) == (code, payment)


@pytest.mark.parametrize(
    "error",
    [
        card_error("authentication_required", "authentication_required"),
        card_error("card_declined", "authentication_required"),
    ],
)
def test_a_card_that_wants_its_holder_is_told_apart(error: stripe.StripeError) -> None:
    assert outcome_of(error) == AuthenticationRequired("pi_1")


def test_where_no_bank_decides_a_refusal_is_misuse() -> None:
    assert isinstance(failure_of(card_error("card_declined", None)), PaymentMisused)
    assert isinstance(failure_of(card_error("authentication_required", None)), PaymentMisused)
    assert isinstance(failure_of(stripe.APIError("oops", http_status=500)), PaymentUnavailable)


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"status": "succeeded"}, Charged("pi_1")),
        ({"status": "requires_action"}, AuthenticationRequired("pi_1")),
        ({"status": "processing"}, None),
        ({"status": "requires_confirmation"}, None),
        ({"status": "requires_payment_method"}, None),
        (
            {"status": "canceled"},
            Declined("canceled", "The payment was cancelled before it was made.", "pi_1"),
        ),
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {
                    "code": "card_declined",
                    "decline_code": "lost_card",
                    "message": "No.",
                },
            },
            Declined("lost_card", "No.", "pi_1"),
        ),
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "authentication_required", "message": "Please confirm."},
            },
            AuthenticationRequired("pi_1"),
        ),
    ],
)
def test_an_intent_is_read_by_its_status(fields: dict[str, Any], result: object) -> None:
    values = {"id": "pi_1", "object": "payment_intent", "last_payment_error": None, **fields}
    intent = stripe.PaymentIntent.construct_from(values, "sk_test_unused")
    assert result_of(intent) == result
