"""Asks whether the pinned dependencies have known vulnerabilities: `python deploy/audit.py [--must] LOCK ...`.

pip-audit ends well also where the service knew none of the packages. This says so: status 1 where a vulnerability was
found, and with --must also where a package was not audited.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found: vulnerabilities as lines, and what was not asked about, with why."""

    audited: int
    vulnerable: tuple[str, ...]
    skipped: tuple[str, ...]
    failure: str = ""


def read(said: str) -> Audit:
    """An audit from pip-audit's JSON."""
    dependencies = json.loads(said)["dependencies"]
    known = [each for each in dependencies if "vulns" in each]
    return Audit(
        len(known),
        tuple(f"{each['name']} {each['version']}: {vuln['id']}" for each in known for vuln in each["vulns"]),
        tuple(each["name"] for each in dependencies if "skip_reason" in each),
    )


def verdict(audit: Audit, *, must: bool) -> tuple[int, str]:
    """The status, and what to say."""
    if audit.vulnerable:
        return 1, "Known vulnerabilities:\n" + "\n".join(audit.vulnerable)
    if audit.failure or audit.skipped or not audit.audited:
        why = audit.failure or f"the service did not know {len(audit.skipped)} packages"
        return int(
            must
        ), f"NOT AUDITED: {why}. Of {audit.audited} audited packages none has a known vulnerability."
    return 0, f"{audit.audited} packages were audited; none has a known vulnerability."


def ask(locks: Sequence[Path]) -> Audit:
    """Ask the vulnerability service."""
    files = [part for lock in locks for part in ("--requirement", str(lock))]
    command = [
        sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off",
        "--format", "json", *files,
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        return read(done.stdout)
    except subprocess.TimeoutExpired:
        return Audit(0, (), (), f"the service did not answer within {_SECONDS} s")
    except (ValueError, KeyError):
        return Audit(0, (), (), (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])


def main() -> int:
    """The status."""
    parser = argparse.ArgumentParser(prog="deploy/audit.py", description=__doc__)
    parser.add_argument("--must", action="store_true", help="fail where anything was not audited")
    parser.add_argument("locks", nargs="+", type=Path)
    given = parser.parse_args()
    status, words = verdict(ask(given.locks), must=given.must)
    print(words, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
