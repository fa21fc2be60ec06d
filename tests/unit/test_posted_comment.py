"""A comment as it is posted."""

from __future__ import annotations

from stages.doors.posted_comment import PostedComment


def test_nothing_that_was_said_is_kept_for_the_next_time() -> None:
    body = b'{"streamer": "maya.closet", "client": "emma_r", "message": "I want to buy this!", "message_id": "m-1"}'
    first, second = PostedComment.model_validate_json(body), PostedComment.model_validate_json(body)
    assert first == second
    assert first.message is not second.message
    assert first.client is not second.client
