"""The text of an API key."""

from __future__ import annotations

import pytest

from stages.api_key import ApiKey


def test_a_key_is_read_back_and_opens_what_was_kept_of_it() -> None:
    kept, text = ApiKey.drawn()
    shown = ApiKey.read(text)
    assert shown == kept
    assert shown.opens(kept.secret_hash)


def test_nothing_that_is_kept_of_a_key_holds_its_secret() -> None:
    kept, text = ApiKey.drawn()
    secret = text.removeprefix(f"tts_{kept.id}_")
    assert len(secret) == 43  # 256 bits
    assert secret not in repr(kept)
    assert secret.encode() not in kept.secret_hash


def test_another_secret_does_not_open_under_the_same_id() -> None:
    kept, text = ApiKey.drawn()
    other = ApiKey.read(text[:-2] + ("AA" if not text.endswith("AA") else "BB"))
    assert other is not None
    assert other.id == kept.id
    assert not other.opens(kept.secret_hash)


@pytest.mark.parametrize("cut", [slice(0, -1), slice(1, None), slice(0, 0), slice(0, 16)])
def test_a_text_that_was_not_copied_whole_is_no_key(cut: slice) -> None:
    assert ApiKey.read(ApiKey.drawn()[1][cut]) is None


@pytest.mark.parametrize("changed", ["{} ", "{}\n", "{}é", "TTS{}"])
def test_a_text_with_more_in_it_is_no_key(changed: str) -> None:
    assert ApiKey.read(changed.format(ApiKey.drawn()[1])) is None
