"""Instagram, as the house of these tests knows it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tests.e2e.shop import MAYA

_ACCOUNT, _SECRET = "17841405822304914", "the app's secret"
SETTINGS: Mapping[str, Any] = {
    "instagram_app_secret": _SECRET,
    "instagram_verify_token": "what we told Meta",
    "instagram_accounts": {_ACCOUNT: MAYA},
}


def notification(comments: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """The body and the headers by which Meta tells of these comments (words by id), each of another viewer."""
    changes = [
        {
            "field": "live_comments",
            "value": {
                "id": comment,
                "from": {"id": f"6{comment}", "username": f"viewer.{comment}"},
                "media": {"id": "18012345678901234", "media_product_type": "LIVE"},
                "text": words,
            },
        }
        for comment, words in comments.items()
    ]
    entry = {"id": _ACCOUNT, "time": 1795377600, "changes": changes}
    body = json.dumps({"object": "instagram", "entry": [entry]}).encode()
    signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
