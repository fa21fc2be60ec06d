"""Fails a run that leaves a process behind, a port on which the run itself still listens, or a file or folder in the
checkout.

A plugin of pytest's. Every process that a test starts inherits a mark in its environment, so that one is found also
where its parent died before it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

MARK = "TESTS_RUN"
_GRACE_SECONDS = 5.0  # what was told to stop may need a moment
_POLL_SECONDS = 0.1
# Python's own, which end with the process that they serve.
_COMPANIONS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
_found: list[str] = []
_THERE_BEFORE = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Mark whatever is started from now on. A worker of pytest-xdist, itself started so, has a mark of its own."""
    os.environ[MARK] = uuid4().hex
    config.stash[_THERE_BEFORE] = _in_the_checkout(config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Look, once every fixture has cleaned up; what a worker finds is told to who started it."""
    workers = getattr(session.config, "workeroutput", None)
    if workers is None:
        before = session.config.stash[_THERE_BEFORE]
        _found.extend(
            f"in the checkout: {name}" for name in sorted(_in_the_checkout(session.config) - before)
        )
    controls = session.config.pluginmanager.hasplugin("dsession")
    left = [] if controls else left_behind(os.environ[MARK])
    _found.extend(left)
    if workers is not None:
        workers["left_behind"] = left
    elif _found and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Hear what a worker found."""
    _found.extend(getattr(node, "workeroutput", {}).get("left_behind", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was found."""
    if _found:
        terminalreporter.section("left behind", red=True, bold=True)
        for line in _found:
            terminalreporter.write_line(line)


def lying_in(folder: Path) -> set[str]:
    """The names of what lies there."""
    return {each.name for each in folder.iterdir()}


def _in_the_checkout(config: pytest.Config) -> set[str]:
    """What lies at its top, but for what git ignores: caches, and a demo that was left up."""
    patterns = [line.rstrip("/") for line in (config.rootpath / ".gitignore").read_text().split()]
    names = lying_in(config.rootpath)
    return {name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)}


def left_behind(mark: str, grace_seconds: float = _GRACE_SECONDS) -> list[str]:
    """What still runs of a run, with the ports that it holds, and the ports of this process: one line each."""
    deadline = time.monotonic() + grace_seconds
    while (left := [*_processes(mark), *_ports(psutil.Process())]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _processes(mark: str) -> Iterator[str]:
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            ours = process.pid in children or process.environ().get(MARK) == mark
            if not ours or process.status() == psutil.STATUS_ZOMBIE:
                continue
            command = " ".join(process.cmdline()) or process.name()
            if not any(companion in command for companion in _COMPANIONS):
                ports = ", ".join(_ports(process))
                yield f"process {process.pid}: {command[:200]}" + (f" ({ports})" if ports else "")
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended meanwhile, or is another user's


def _ports(process: psutil.Process) -> Iterator[str]:
    for each in process.net_connections(kind="inet"):
        if each.status == psutil.CONN_LISTEN:
            yield f"listens on {each.laddr.ip}:{each.laddr.port}"
