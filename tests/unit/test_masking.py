"""What nobody may read in a log does not stand there."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masking import Mask, masked, masked_value, masked_words
from stages.secrecy import secrets_in

PHONE, EMAIL = "+15550107777", "ana.lopez+shop@mail.example.com"
STRIPE_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"sent to {PHONE}.", "sent to [phone]."),
        ("To=whatsapp%3A%2B15550107777&From=x", "To=whatsapp%3A[phone]&From=x"),
        ("call +1 (555) 010-7777 now", "call [phone] now"),
        ("call 555-010-7777 now", "call [phone] now"),
        ("+49 170 1234567", "[phone]"),
        (f"{EMAIL} bought", "[e-mail] bought"),
        ("ana%40example.com", "[e-mail]"),
        (f"key {STRIPE_KEY}!", "key [key]!"),
        ("whsec_abc123DEF456 and rk_live_abc123", "[key] and [key]"),
        ("redis://shop:pass-word@10.0.0.1:6379/0", "redis://[key]@10.0.0.1:6379/0"),
        ("Authorization: Basic QUM6dG9rZW4=", "Authorization: Basic [key]"),
        (f"gAAAAA{'Bx' * 50}==", "[key]"),
    ],
)
def test_what_is_personal_or_secret_is_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "1700000000000-0", "2026-11-23T04:53:01.123456Z", "2026-11-23T04:53:01+10:00", "ORD-20261123-00001",
        "6937909301590894449", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "SM0123456789abcdef0123456789abcdef", "$79.99",
        "@ana_shop: mine!", "10.0.0.127:20123", "charge:3f2504e0-4f89-41d3-9a0c-0305e82c3301", "a + 12345",
        "/srv/frames/ana/20261123/04/1700000000000.jpg", "redis://10.0.0.1:6379/0",
    ],
)  # fmt: skip
def test_ids_times_and_amounts_are_left_alone(text: str) -> None:
    assert masked(text) == text


def test_in_a_viewers_words_a_bare_number_is_hidden_too() -> None:
    assert masked_words("my number is 5550107777, size 42 please") == "my number is [phone], size 42 please"


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.text(), st.text())
def test_no_number_survives_between_other_texts(number: str, before: str, after: str) -> None:
    assert number not in masked(f"{before} {number} {after}")


def test_a_long_text_is_masked_in_linear_time() -> None:
    assert masked("a" * 200_000) == "a" * 200_000
    assert masked("1 " * 100_000) == "1 " * 100_000


def test_every_text_of_a_value_is_masked_and_what_is_named_so_is_hidden() -> None:
    comment_id = UUID(int=7)
    value = {
        "a": [PHONE, {"b": (EMAIL, 5, None)}],
        "phone": "0170 12",
        "error": ValueError(PHONE),
        "id": comment_id,
    }
    assert masked_value(value) == {
        "a": ["[phone]", {"b": ["[e-mail]", 5, None]}], "phone": "[hidden]", "error": "[phone]", "id": comment_id,
    }  # fmt: skip


def test_the_secrets_of_the_process_are_hidden_whatever_they_look_like() -> None:
    mask = Mask(["hunter2-hunter2", "hunter2-hunter2-longer", "short"])
    assert mask("hunter2-hunter2-longer hunter2-hunter2 short") == "[key] [key] short"


def test_the_secrets_are_those_of_the_secret_settings() -> None:
    environment = {
        "STRIPE_API_KEY": STRIPE_KEY, "SOURCE_KEYS": '{"gateway": "a long key"}', "DATA_KEYS": '["one", "two"]',
        "TWILIO_SMS_FROM": PHONE, "PATH": "/bin",
    }  # fmt: skip
    assert {each for each in secrets_in(environment) if each} == {STRIPE_KEY, "a long key", "one", "two"}


SCRIPT = """
import asyncio, logging, structlog
from pipeline.logging import log_to_stderr
log_to_stderr(["the secret of this process"])
log = structlog.get_logger()
log.info("sent", recipient="{phone}", nested={{"to": ["{email}"]}}, raw=b"{phone}")
try:
    raise ValueError("no {phone} for the secret of this process")
except ValueError:
    log.exception("failed")
    logging.getLogger("library").exception("failed for %s", "{email}")
raise RuntimeError("the end of {phone}")
"""


def test_logs_libraries_and_tracebacks_of_a_process_hold_nothing_of_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(phone=PHONE, email=EMAIL)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    for hidden in (PHONE, PHONE[1:], EMAIL, "the secret of this process"):
        assert hidden not in ended.stderr
    first, second = (json.loads(line) for line in ended.stderr.splitlines()[:2])
    assert (first["recipient"], first["nested"]) == ("[phone]", {"to": ["[e-mail]"]})
    assert "ValueError: no [phone] for [key]" in second["exception"]
    assert "failed for [e-mail]" in ended.stderr
    assert "RuntimeError: the end of [phone]" in ended.stderr
