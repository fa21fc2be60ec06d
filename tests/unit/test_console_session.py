"""The console's cookie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from stages.console.session import LIFE, Sessions

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def sessions(*data_keys: str, after: timedelta = timedelta()) -> Sessions:
    return Sessions.under(data_keys, lambda: NOW + after)


def test_a_session_lasts_twelve_hours() -> None:
    cookie = sessions(NEW).begin("abc")
    assert sessions(NEW, after=LIFE).key_id(cookie) == "abc"
    assert sessions(NEW, after=LIFE + timedelta(seconds=1)).key_id(cookie) is None


def test_a_session_outlives_the_rotation_of_the_data_keys() -> None:
    assert sessions(NEW, OLD).key_id(sessions(OLD).begin("abc")) == "abc"


@pytest.mark.parametrize("cookie", ["", "abc", "gAAAAA", "ü"])
def test_what_was_never_sealed_is_no_session(cookie: str) -> None:
    assert sessions(NEW).key_id(cookie) is None


def test_a_session_sealed_by_another_key_is_none_here() -> None:
    cookie = sessions(OLD).begin("abc")
    assert sessions(NEW).key_id(cookie) is None
    assert sessions().key_id(cookie) is None


def test_the_data_key_itself_seals_no_session() -> None:
    forged = Fernet(NEW).encrypt_at_time(b"abc", int(NOW.timestamp())).decode()
    assert sessions(NEW).key_id(forged) is None
