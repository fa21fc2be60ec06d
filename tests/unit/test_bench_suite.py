"""`make bench`: each benchmark is run, its last line kept, and one that fails keeps no other from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.suite.running import run_short

HEAD = """
import argparse, json, sys
parser = argparse.ArgumentParser()
parser.add_argument("--short", action="store_true")
given = parser.parse_args()
"""
BENCHMARKS = {
    "good": 'print("begun"); print(json.dumps({"rate": 7, "short": given.short}))',
    "failing": 'print(json.dumps({"lost": 1})); sys.exit(3)',
    "wordy": 'print("all went well")',
    "silent": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with benchmarks of every kind, and a module that is none."""
    package = tmp_path / "trials"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "shared.py").write_text("RATE = 7\n")
    (package / "long.py").write_text('if __name__ == "__main__":\n    print("{}")\n')
    for name, body in BENCHMARKS.items():
        (package / f"{name}.py").write_text(f'{HEAD}\nif __name__ == "__main__":\n    pass\n{body}\n')
    (package / "broken").mkdir()
    (package / "broken" / "__init__.py").touch()
    (package / "broken" / "__main__.py").write_text("import nothing_of_this_name\n")
    return tmp_path


def kept(root: Path) -> dict[str, dict[str, Any]]:
    return {file.stem: json.loads(file.read_text()) for file in (root / "trials" / "results").glob("*.json")}


def test_one_that_fails_fails_the_whole_and_stops_nobody(root: Path) -> None:
    assert main([], root, "trials") == 1
    results = kept(root)
    assert {name: result["failure"] for name, result in results.items()} == {
        "good": None,
        "failing": "It ended with status 3.",
        "wordy": "Its last line is no JSON object.",
        "silent": "Its last line is no JSON object.",
        "broken": "It ended with status 1.",
    }
    assert results["good"]["figures"] == {"rate": 7, "short": True}
    assert results["failing"]["figures"] == {"lost": 1}


def test_a_result_tells_on_what_it_was_measured(root: Path) -> None:
    assert main(["good"], root, "trials") == 0
    [result] = kept(root).values()
    assert result["machine"]["cores"] >= 1
    assert result["versions"]["python"].startswith("3.")
    assert result["versions"]["valkey"][0].isdigit()
    assert result["versions"]["postgres"][0].isdigit()
    assert len(result["load_average"]) == 2
    assert result["at"].endswith("+00:00")
    assert result["code"] == {"commit": None, "changed": None}  # the project lies in no checkout


def test_a_name_without_a_short_form_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["long"], root, "trials")
    assert "no short form of long" in capsys.readouterr().err


def test_one_that_never_ends_is_ended(root: Path) -> None:
    (root / "trials" / "endless.py").write_text("import signal\nsignal.pause()\n")
    result = run_short("endless", "trials.endless", root, most_seconds=0.5)
    assert (result.failure, result.figures) == ("It did not end within 0.5 s.", None)
