"""The signature over a comment's fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.signature import is_genuine, sign, signed

FIELDS = {"streamer": "maya.closet", "client": "ana", "message": "sold! 💕", "message_id": "m-1"}
SIGNATURE = "d26fabe4037bf3d72193e5bc3200c336657fe90a4758b4519d927365e69ac199"
KEY = "a key"
fields = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=4)


def test_a_signature_stays_the_same_over_releases() -> None:
    assert signed(FIELDS, source="gateway", key=KEY)["sig"] == SIGNATURE


def test_signed_fields_are_genuine_under_their_key_only() -> None:
    stamped = signed(FIELDS, source="gateway", key=KEY)
    assert is_genuine(stamped, KEY)
    assert not is_genuine(stamped, "another key")


def test_the_order_of_fields_does_not_matter() -> None:
    assert sign(FIELDS, KEY) == sign(dict(reversed(FIELDS.items())), KEY)


@pytest.mark.parametrize("name", [*FIELDS, "source"])
def test_every_field_is_covered(name: str) -> None:
    stamped = signed(FIELDS, source="gateway", key=KEY)
    assert not is_genuine({**stamped, name: f"{stamped[name]}!"}, KEY)
    assert not is_genuine({other: value for other, value in stamped.items() if other != name}, KEY)


def test_an_added_field_is_noticed() -> None:
    assert not is_genuine({**signed(FIELDS, source="gateway", key=KEY), "client_id": "1"}, KEY)


@pytest.mark.parametrize("sig", ["", "0" * 64, "ünïcode", "not hex"])
def test_anything_else_is_no_signature(sig: str) -> None:
    assert not is_genuine({**FIELDS, "sig": sig}, KEY)


@pytest.mark.parametrize("message_id", [None, ""])
def test_a_comment_without_a_message_id_cannot_be_signed(message_id: str | None) -> None:
    without = {name: value for name, value in FIELDS.items() if name != "message_id"}
    with pytest.raises(ValueError, match="message_id"):
        signed(without if message_id is None else {**without, "message_id": message_id}, source="g", key=KEY)


@given(fields, fields)
def test_no_two_sets_of_fields_share_a_signature(one: dict[str, str], other: dict[str, str]) -> None:
    one.pop("sig", None)
    other.pop("sig", None)
    assert (sign(one, KEY) == sign(other, KEY)) == (one == other)
