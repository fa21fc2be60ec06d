"""The decision table from Twilio's refusals and broken connections to outcomes."""

from __future__ import annotations

from unittest.mock import Mock

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from stages.adapters.message_errors import connection_outcome, outcome_of
from stages.adapters.message_results import (
    MessageMisused,
    MessageUnavailable,
    MessageUncertain,
    Undeliverable,
)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (429, 20429, MessageUnavailable),
        (429, 429, MessageUnavailable),
        (400, 21611, MessageUnavailable),
        (400, 63018, MessageUnavailable),
        (503, 20503, MessageUnavailable),
        (503, 503, MessageUncertain),
        (500, 20500, MessageUncertain),
        (502, 502, MessageUncertain),
        (401, 20003, MessageMisused),
        (403, 403, MessageMisused),
        (404, 20404, MessageMisused),
        (400, 21606, MessageMisused),
        (400, 63007, MessageMisused),
        (400, 21211, Undeliverable),
        (400, 21610, Undeliverable),
        (400, 21614, Undeliverable),
        (400, 63016, Undeliverable),
    ],
)
def test_refusals_by_status_and_code(status: int, code: int, outcome: type[object]) -> None:
    assert type(outcome_of(TwilioRestException(status, "/Messages.json", "No.", code))) is outcome


def test_twilios_newer_error_format_is_read_too() -> None:
    error = TwilioServiceException("https://errors/20429", "Too many requests", 429, 20429)
    assert isinstance(outcome_of(error), MessageUnavailable)


def test_what_the_sdk_itself_refuses_is_ours_to_mend() -> None:
    assert isinstance(outcome_of(TwilioException("Credentials are required")), MessageMisused)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (aiohttp.ClientConnectorError(Mock(), OSError(111, "refused")), MessageUnavailable),
        (aiohttp.ConnectionTimeoutError(), MessageUnavailable),
        (aiohttp.SocketTimeoutError(), MessageUncertain),
        (aiohttp.ServerDisconnectedError(), MessageUncertain),
        (aiohttp.ClientPayloadError(), MessageUncertain),
        (ConnectionResetError(), MessageUncertain),
        (TimeoutError(), MessageUncertain),
    ],
)
def test_only_before_the_request_went_out_nothing_was_taken(error: Exception, outcome: type[object]) -> None:
    assert type(connection_outcome(error)) is outcome
