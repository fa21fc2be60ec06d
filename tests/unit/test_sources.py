"""Who may push, and whose comments may charge."""

from __future__ import annotations

from stages.sources import Sources

FIELDS = {"streamer": "maya.closet", "client": "ana", "message": "sold!", "message_id": "m-1"}
SOURCES = Sources({"gateway": "g-key", "camera": "c-key"}, frozenset({"gateway"}))


def test_what_a_source_stamps_it_vouches_for() -> None:
    assert SOURCES.vouch(SOURCES.stamp(FIELDS, "gateway")) == ("gateway", True)
    assert SOURCES.vouch(SOURCES.stamp(FIELDS, "camera")) == ("camera", False)


def test_a_source_without_a_key_stamps_nothing() -> None:
    assert SOURCES.stamp(FIELDS, "stranger") == FIELDS
    assert SOURCES.vouch({**FIELDS, "source": "stranger", "sig": "0" * 64}) == ("stream", False)


def test_a_claimed_source_is_not_believed() -> None:
    assert SOURCES.vouch({**FIELDS, "source": "gateway"}) == ("stream", False)


def test_the_signature_of_another_source_is_not_believed() -> None:
    stamped = SOURCES.stamp(FIELDS, "camera")
    assert SOURCES.vouch({**stamped, "source": "gateway"}) == ("stream", False)


def test_a_signed_entry_without_a_message_id_is_not_believed() -> None:
    stamped = SOURCES.stamp(FIELDS, "gateway")
    assert SOURCES.vouch({**stamped, "message_id": ""}) == ("stream", False)


def test_without_any_source_nobody_is_believed() -> None:
    assert Sources().vouch(FIELDS) == ("stream", False)
    stamped = SOURCES.stamp(FIELDS, "gateway")
    assert Sources().vouch(stamped) == ("stream", False)
    assert Sources({"gateway": "g-key"}).vouch(stamped) == ("gateway", False)


def test_a_signature_without_a_source_is_not_believed() -> None:
    unnamed = {name: value for name, value in SOURCES.stamp(FIELDS, "gateway").items() if name != "source"}
    assert Sources({"": "g-key"}).vouch(FIELDS) == ("stream", False)
    assert SOURCES.vouch(unnamed) == ("stream", False)
