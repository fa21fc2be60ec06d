"""The settings of the benchmark's shop: short times, so that what a kill leaves is taken up within seconds."""

from __future__ import annotations

from typing import Any

PARTITIONS = 2
WORKERS = ("worker-1", "worker-2")

SETTINGS: dict[str, Any] = {
    # The load has few viewers who say little else than others do: here they may.
    "rate_limit_per_key": "",
    "rate_limit_per_viewer": "",
    "repeat_window_seconds": 0.0,
    "partitions": PARTITIONS,
    "lease_seconds": 3.0,
    "drain_seconds": 2.0,
    # No sound comment may end as a dead letter, however often a server is away while it is handled.
    "max_attempts": 100,
    "ingest_timeout_seconds": 10.0,
    "payment_timeout_seconds": 4.0,
    "notify_timeout_seconds": 6.0,
    "message_claim_seconds": 4.0,
    # A few hundred viewers stand for all: each of them buys more than one viewer would.
    "buyer_unpaid_limit": 1_000_000,
}

# (provider, fault, what it hits, the part of the calls that it hits). A call that is never answered costs its time
# limit, so these are few.
FAULTS: tuple[tuple[str, str, str, float], ...] = (
    ("stripe", "timeout_after_success", "/v1/payment_intents", 0.01),
    ("stripe", "timeout", "/v1/payment_intents", 0.005),
    ("stripe", "connection_reset", "/v1/payment_intents", 0.01),
    ("stripe", "connection_reset_after_success", "/v1/", 0.02),
    ("stripe", "conflict", "/v1/", 0.03),
    ("stripe", "rate_limit", "/v1/", 0.03),
    ("stripe", "unavailable", "/v1/", 0.02),
    ("stripe", "server_error", "/v1/payment_intents", 0.01),
    ("stripe", "server_error_after_success", "/v1/payment_intents", 0.02),
    ("stripe", "timeout_after_success", "/v1/checkout", 0.01),
    ("twilio", "timeout_after_success", "/", 0.005),
    ("twilio", "connection_reset", "/", 0.005),
    ("twilio", "connection_reset_after_success", "/", 0.01),
    ("twilio", "rate_limit", "/", 0.03),
    ("twilio", "server_error", "/", 0.005),
    ("twilio", "server_error_after_success", "/", 0.01),
)
