"""Debian's pgbouncer before a database: apt-get install pgbouncer."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.embedded.account import open_place, unprivileged_account
from pipeline.embedded.credentials import LOOPBACK, free_port
from pipeline.embedded.process import ServerProcess, ServerSpec

SERVER_CONNECTIONS = 2
CONFIGURATION = """\
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
default_pool_size = {connections}
"""


@contextmanager
def pooled(url: str) -> Iterator[str]:
    """The same database, seen through pgbouncer in transaction mode with SERVER_CONNECTIONS server connections."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        missing = "pgbouncer isn't installed (apt-get install pgbouncer), so the pooler was not tried."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    port = free_port()
    account = unprivileged_account()
    home = Path(tempfile.mkdtemp(dir=None if account is None else open_place(account)))
    server = urlsplit(url)
    (home / "pgbouncer.ini").write_text(
        CONFIGURATION.format(
            host=LOOPBACK, server_port=server.port, port=port, connections=SERVER_CONNECTIONS
        ),
        encoding="utf-8",
    )
    (home / "users.txt").write_text(f'"{server.username}" "{server.password}"\n', encoding="utf-8")
    if account is not None:
        for path in (home, *home.iterdir()):
            os.chown(path, account.user_id, account.group_id)
    spec = ServerSpec("pgbouncer", (program, "pgbouncer.ini"), home=home, working_dir=home, account=account)
    process = ServerProcess.launch(spec, kept=False)
    try:
        process.wait_until(lambda: _listens(port), timeout_seconds=20)
        yield url.replace(f":{server.port}/", f":{port}/")
    finally:
        process.stop(grace_seconds=5)
        shutil.rmtree(home)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
