"""Fails a run in whose output a phone number, an e-mail address or a key of the tests stands.

A plugin of pytest's: it reads what each test and what it started wrote to standard output and standard error, and the
logs. `exposed` is also asked about the log files of houses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.masking import masked

_found: list[str] = []


def exposed(text: str, known: Iterable[str] = ()) -> Iterator[str]:
    """The lines, masked, in which something stands that is of the form of a phone number, an e-mail address or a key,
    or one of the `known` texts."""
    secrets = [each for each in known if each]
    for line in text.splitlines():
        if masked(line) != line or any(secret in line for secret in secrets):
            shown = masked(line)
            for secret in secrets:
                shown = shown.replace(secret, "[known]")
            yield shown


def exposed_in_logs(folder: Path, known: Iterable[str] = ()) -> list[str]:
    """The same for all `.log` files below a folder; each line behind the file's name. Raises FileNotFoundError where
    there is no log at all."""
    known = list(known)
    files = sorted(folder.rglob("*.log"))
    if not files:
        raise FileNotFoundError(f"There are no logs below {folder}.")
    return [
        f"{file.name}: {line}"
        for file in files
        for line in exposed(file.read_text(encoding="utf-8", errors="replace"), known)
    ]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look through what a test has written, once it is over."""
    if report.when == "teardown":  # it has the sections of all three phases
        for name, text in report.sections:
            _found.extend(f"{report.nodeid} ({name}): {line}" for line in exposed(text))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Whatever the tests say, such a run has failed."""
    if _found and not hasattr(session.config, "workerinput") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was found."""
    if _found:
        terminalreporter.section("personal data or keys in the output", red=True, bold=True)
        for line in _found:
            terminalreporter.write_line(line)
