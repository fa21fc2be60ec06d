"""What Stripe answers when it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

from stages.sandbox.store import Document


@dataclass(slots=True)
class StripeRefusal(Exception):
    """An error answer in Stripe's envelope.

    `begun` says whether the call got past the checks of its parameters: only then is the answer
    remembered under the idempotency key (Stripe, "Idempotent requests").
    """

    status: int
    type: str
    message: str
    code: str | None = None
    param: str | None = None
    begun: bool = True
    more: Document = field(default_factory=dict)

    def envelope(self, request_id: str) -> Document:
        """The body of the answer."""
        error: Document = {"type": self.type, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://docs.stripe.com/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": {**error, **self.more}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeRefusal:
    """A parameter that fails its check: 400, and the idempotency key stays free."""
    return StripeRefusal(400, "invalid_request_error", message, code, param, begun=False)


def impossible(message: str, code: str | None = None, more: Document | None = None) -> StripeRefusal:
    """A call that its object's state forbids: 400."""
    return StripeRefusal(400, "invalid_request_error", message, code, more=more or {})


def missing_resource(noun: str, identifier: str, param: str, *, in_path: bool) -> StripeRefusal:
    """An object that is not there: 404 when it was the URL that named it, else 400."""
    return StripeRefusal(
        404 if in_path else 400,
        "invalid_request_error",
        f"No such {noun}: '{identifier}'",
        "resource_missing",
        param,
    )


def no_key() -> StripeRefusal:
    message = (
        "You did not provide an API key. You need to provide your API key in the Authorization header, "
        "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    )
    return StripeRefusal(401, "invalid_request_error", message, begun=False)


def wrong_key(key: str) -> StripeRefusal:
    masked = f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * 8
    return StripeRefusal(401, "invalid_request_error", f"Invalid API Key provided: {masked}", begun=False)


def unknown_url(method: str, path: str) -> StripeRefusal:
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    return StripeRefusal(404, "invalid_request_error", message, begun=False)


def other_parameters(key: str) -> StripeRefusal:
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeRefusal(400, "idempotency_error", message, begun=False)


def other_endpoint(key: str, first: str, now: str) -> StripeRefusal:
    message = (
        "Keys for idempotent requests can only be used for the same endpoint they were first used for "
        f"('{first}' vs '{now}'). Try using a key other than '{key}' if you meant to execute a different request."
    )
    return StripeRefusal(400, "idempotency_error", message, begun=False)


def key_in_use(key: str) -> StripeRefusal:
    message = (
        "There is currently another in-progress request using this Stripe idempotency key (that probably means "
        f"you submitted twice, and the other request is still going through): {key}. Please try again later."
    )
    return StripeRefusal(409, "idempotency_error", message, "idempotency_key_in_use", begun=False)


def too_many_requests() -> StripeRefusal:
    message = (
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
    )
    return StripeRefusal(429, "invalid_request_error", message, "rate_limit", begun=False)


def broken(*, remembered: bool) -> StripeRefusal:
    """A failure on Stripe's side: 500 from the endpoint, 503 from in front of it."""
    message = (
        "An unknown error occurred on our side. Please try again; if it persists, tell Stripe's support."
    )
    return StripeRefusal(500 if remembered else 503, "api_error", message, begun=remembered)
