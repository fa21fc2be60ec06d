"""A door in a process of its own, as `tiktoksales serve` runs it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from pipeline.embedded.credentials import free_port

_START_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@contextmanager
def served(
    door: str,
    *options: str,
    settings: Mapping[str, Any],
    scheme: str = "http",
    trusted: Path | None = None,
) -> Iterator[str]:
    """Runs `tiktoksales serve DOOR` with these settings on a free port; gives its URL once it is well. `trusted` is the
    certificate that it must show."""
    port = free_port()
    environment = {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
    command = [sys.executable, "-m", "stages", "serve", door, "--port", str(port), *options]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)
    url = f"{scheme}://127.0.0.1:{port}"
    try:
        _wait_until_well(process, url, trusted)
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait_until_well(process: subprocess.Popen[str], url: str, trusted: Path | None) -> None:
    verify = ssl.create_default_context(cafile=str(trusted)) if trusted else True
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False, verify=verify) as client:
        while True:
            assert process.poll() is None, f"the door ended: {process.communicate()[1]}"
            assert time.monotonic() < deadline, "the door does not answer"
            try:
                client.get(f"{url}/healthz").raise_for_status()
            except httpx.TransportError:
                time.sleep(_LOOK_SECONDS)
            else:
                return
