"""What is taken for a request of this machine's own."""

from __future__ import annotations

import pytest

from stages.doors.loopback import is_loopback, why_not_from_here


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_addresses_and_localhost_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "127.0.0.1.nip.io", "localhost.example.com", ""]
)
def test_every_other_name_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8081"},
        {"host": "localhost"},
        {"host": "[::1]:8081"},
        {"host": "127.0.0.1:8081", "origin": "http://localhost:8083", "sec-fetch-site": "same-site"},
    ],
)
def test_a_request_made_on_this_machine_is_its_own(headers: dict[str, str]) -> None:
    assert why_not_from_here(headers) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "shop.example"},  # whose name leads here: DNS rebinding
        {"host": ""},
        {"host": "[::1"},
        {"origin": "https://evil.example"},
        {"origin": "null"},  # a sandboxed frame, a file
        {"origin": "http://127.0.0.1.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"x-forwarded-for": "203.0.113.7"},
        {"forwarded": "for=203.0.113.7"},
    ],
)
def test_what_another_site_or_machine_has_a_hand_in_is_not(changed: dict[str, str]) -> None:
    assert why_not_from_here({"host": "127.0.0.1:8081"} | changed) is not None
