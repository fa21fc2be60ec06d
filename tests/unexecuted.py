"""Which commands of the documentation no test types as they stand, and why. Everything else is executed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Why(StrEnum):
    """The reasons that there are."""

    WHOLE_DEMO = "tests/e2e/test_demo.py plays the demo as a user does, from start to end"
    CHECKS = "it runs or pins all that is checked, this test among it"
    UNTIL_ENDED = "it runs until it is ended; the house of these tests runs the same verbs in its processes"
    SOMEBODY_ELSE = (
        "it needs an account, a stream or a server of somebody else; tests/contract plays their part"
    )
    MINUTES = "it takes half a minute or more; tests/e2e/test_scale_plan.py measures for a shorter time"
    VISION = "it loads the vision models; tests/unit/test_match.py matches pictures"
    MODELS = "it loads every model, whatever is to be done; tests/e2e/test_replay.py replays in this house"
    DOCKER = "it needs docker; tests/unit/test_compose.py checks what it reads"
    INSTALLS = "it downloads packages from an index"
    NEW_PASSWORD = "it locks the tests' own house out; every house starts with this statement"


UNEXECUTED: Mapping[str, Why] = {
    "make demo": Why.WHOLE_DEMO,
    "make demo ARGS=--keep": Why.WHOLE_DEMO,
    "make demo ARGS=--help": Why.WHOLE_DEMO,
    "make demo-stop": Why.WHOLE_DEMO,
    "make check": Why.CHECKS,
    'make test ARGS="tests/unit -k signature"': Why.CHECKS,
    "make bench": Why.CHECKS,
    "make lock": Why.CHECKS,
    'echo \'{"image": "deploy/demo/frames/maya.closet/022000.jpg"}\' '
    "| tiktoksales match --catalog catalog.json": Why.VISION,
    "tiktoksales connect tiktok maya.closet --streamer maya.closet": Why.SOMEBODY_ELSE,
    "tiktoksales connect youtube dQw4w9WgXcQ --streamer maya.closet": Why.SOMEBODY_ELSE,
    "tiktoksales frames maya.closet https://cdn.example/live.m3u8 --keep 15m": Why.SOMEBODY_ELSE,
    "tiktoksales serve gateway": Why.UNTIL_ENDED,
    "tiktoksales serve console": Why.UNTIL_ENDED,
    "tiktoksales run ingest": Why.UNTIL_ENDED,
    "tiktoksales run intent": Why.UNTIL_ENDED,
    "tiktoksales run vision": Why.UNTIL_ENDED,
    "tiktoksales run order": Why.UNTIL_ENDED,
    "tiktoksales run payment": Why.UNTIL_ENDED,
    "tiktoksales run notify": Why.UNTIL_ENDED,
    "tiktoksales run projector relay trimmer archiver watch backlogs sales memory holds refunds payouts "
    "webhooks": Why.UNTIL_ENDED,
    "python -m stages.sandbox --port 8090": Why.UNTIL_ENDED,
    "tiktoksales scale-plan --rate 500 --targets .demo/targets.json": Why.MINUTES,
    "tiktoksales scale-plan --rate 500 --measure --save rates.json": Why.MINUTES,
    "tiktoksales replay --from -2h": Why.MODELS,
    "tiktoksales replay --from-database": Why.MODELS,
    "tiktoksales replay --from 2026-11-22T20:00 --to 2026-11-22T23:00 --shadow": Why.MODELS,
    "tiktoksales webhooks add https://shop.example/hook --event order.paid": Why.SOMEBODY_ELSE,
    "docker compose build && docker compose up --detach": Why.DOCKER,
    "docker compose run --rm console keys create prometheus --scope metrics": Why.DOCKER,
    "python3 -m venv .venv": Why.INSTALLS,
    ".venv/bin/python -m pip install torch==2.13.0 --index-url ADDRESS": Why.INSTALLS,
    'psql "$OWNER_DATABASE_URL" -c "alter role tiktoksales_stages login password \'...\'"': Why.NEW_PASSWORD,
}
"""By the command, as it stands."""
