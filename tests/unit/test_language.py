import subprocess
import sys

import pytest

from stages.adapters.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("OMG I love this jacket! I want to buy it now!", "en"),
        ("sold 12 L", "en"),
        ("¿cuánto cuesta el envío?", "es"),
        ("me lo llevo", "es"),
        ("eu quero, separa um", "pt"),
        ("je voudrais commander la bleue", "fr"),
        ("ich nehme zwei davon", "de"),
        ("keep kak 1 M", "id"),
        ("chốt 1 áo size M", "vi"),
        ("mine po", "tl"),
        ("ราคาเท่าไหร่คะ", "th"),
        ("我要一件", "zh"),
        ("これください", "ja"),
        ("在庫ありますか", "ja"),
        ("하나 주세요", "ko"),
        ("بكم هذا", "ar"),
        ("मुझे यह चाहिए", "hi"),
        ("CF A12 ค่ะ", "th"),
    ],
)
def test_the_languages_of_live_chat_are_told_apart(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "😍😍", "12345", "!!!", "a", "Ω", "Привет всем"])
def test_too_little_to_go_by_is_undetermined(text: str) -> None:
    assert detect(text) == "und"


def test_importing_the_module_loads_no_model() -> None:
    code = "import sys, stages.adapters.language; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
