"""The port and password of an embedded server, kept beside its data so that a restart keeps its URL."""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipeline.embedded.failure import ServerFailed

LOOPBACK = "127.0.0.1"

# Below the range from which kernels give ports to outgoing connections (Linux 32768-60999, macOS
# 49152-65535). In that range a client that reconnects to a stopped server on this machine can be given the
# server's own port, connect to itself, and so keep the server from coming back.
FIRST_PORT, LAST_PORT = 20_000, 32_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs besides the address 127.0.0.1."""

    port: int
    password: str

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """What was written there; None where there is no such file."""
        try:
            fields = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(int(fields["port"]), str(fields["password"]))

    def write(self, file: Path) -> None:
        """Replace the file in one step; only its owner can read it."""
        write_private(file, json.dumps({"port": self.port, "password": self.password}))


def write_private(file: Path, text: str) -> None:
    """Write a file with mode 0600 from its first byte on, and replace an older one in one step."""
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:  # noqa: PTH123
        out.write(text)
    fresh.replace(file)


def new_password() -> str:
    return secrets.token_urlsafe(24)


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # servers set it too: TIME_WAIT is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A random port that is free now; another may take it before the server does, so try again then."""
    for _ in range(1000):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if is_free(port):
            return port
    raise ServerFailed(
        f"No port between {FIRST_PORT} and {LAST_PORT} of {LOOPBACK} could be bound: is there one?"
    )
