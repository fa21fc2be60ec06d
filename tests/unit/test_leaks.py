"""A run that leaves something behind is told what."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.leaks import MARK, left_behind

LISTENS = """
import socket, time
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
time.sleep(60)
"""
LEAVES = """
import subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
print(left.pid)
"""

MAKES_FOLDERS = """
import pathlib

def test_one():
    pathlib.Path("a_cache").mkdir()
    pathlib.Path("a-worker-data").mkdir()
"""
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def orphan() -> Iterator[tuple[int, str]]:
    """A process whose parent is gone: its id, and the mark that it inherited."""
    environment = {**os.environ, MARK: "of this test"}
    said = subprocess.run(
        [sys.executable, "-c", LEAVES], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    yield int(said), "of this test"
    os.kill(int(said), signal.SIGKILL)


def test_a_process_is_found_though_its_parent_is_gone(orphan: tuple[int, str]) -> None:
    pid, mark = orphan
    assert [line for line in left_behind(mark, 0) if line.startswith(f"process {pid}: ")]


def test_a_child_is_named_with_the_port_that_it_holds() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTENS], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        [line] = [line for line in left_behind("another's", 0) if line.startswith(f"process {child.pid}: ")]
        child.kill()
    assert line.endswith(f"(listens on 127.0.0.1:{port})")
    assert not psutil.pid_exists(child.pid)


def test_a_port_of_the_run_itself_is_found_until_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = f"listens on 127.0.0.1:{listening.getsockname()[1]}"
        assert line in left_behind("another's", 0)
    assert line not in left_behind("another's", 0)


def test_a_folder_in_the_checkout_fails_the_run_and_a_cache_does_not(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*_cache/\n__pycache__/\n")
    (tmp_path / "test_one.py").write_text(MAKES_FOLDERS)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.leaks", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "in the checkout: a-worker-data\n" in run.stdout
    assert "a_cache" not in run.stdout
