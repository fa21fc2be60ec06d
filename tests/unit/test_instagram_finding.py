"""What is missing around Instagram's webhook is named."""

from __future__ import annotations

from typing import Any

import pytest

from stages.connectors.instagram_finding import instagram_findings
from stages.settings import ShopSettings

WHOLE: dict[str, Any] = {
    "instagram_app_secret": "s",
    "instagram_verify_token": "t",
    "instagram_accounts": {"17841405822304914": "maya.closet"},
    "source_keys": {"instagram": "k"},
}


def found(**changed: Any) -> list[tuple[str, str]]:
    settings = ShopSettings(**{**WHOLE, **changed})
    return [(each.level, each.sentence) for each in instagram_findings(settings, settings.source_keys)]


def test_nothing_is_said_where_there_is_no_webhook() -> None:
    assert found(instagram_app_secret="", instagram_accounts={}) == []


def test_all_is_well_where_everything_is_set() -> None:
    assert found() == [("ok", "Comments of 1 account come in, signed.")]


@pytest.mark.parametrize(
    ("missing", "level", "named"),
    [
        ({"instagram_accounts": {}}, "error", "INSTAGRAM_ACCOUNTS"),
        ({"instagram_verify_token": ""}, "error", "INSTAGRAM_VERIFY_TOKEN"),
        ({"source_keys": {"gateway": "k"}}, "warning", "SOURCE_KEYS"),
    ],
)
def test_what_is_missing_is_named(missing: dict[str, Any], level: str, named: str) -> None:
    [(said, words)] = found(**missing)
    assert (said, named in words) == (level, True)
