"""One server as a child process: started with a log, waited for, stopped, adopted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.embedded.account import Account
from pipeline.embedded.failure import ServerFailed
from pipeline.embedded.identity import Identity, ProcessRecord, this_process

POLL_SECONDS = 0.01
LOG_TAIL_BYTES = 2000
TETHER = Path(__file__).with_name("tether.py")  # run by its path, in an interpreter that knows no packages


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """How one server is run.

    `home` holds its log and process record and belongs to us; `account` is whom the server runs as, None
    for the user we are. The server gets `environment` and nothing of ours: our secrets are not its.
    """

    name: str
    command: tuple[str, ...]
    home: Path
    working_dir: Path
    stop_signal: signal.Signals = signal.SIGTERM
    abandon_signal: signal.Signals | None = None  # where its stop takes the trouble to save what it holds
    account: Account | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def log_file(self) -> Path:
        return self.home / f"{self.name}.log"

    @property
    def record_file(self) -> Path:
        return record_file(self.home, self.name)


def record_file(home: Path, name: str) -> Path:
    """Where the process record of the server of this name lies."""
    return home / f"{name}.process.json"


class ServerProcess:
    """A server that runs, be it our child or one adopted by its process record."""

    def __init__(
        self, spec: ServerSpec, server: Identity, child: subprocess.Popen[bytes] | None, log_start: int
    ) -> None:
        self.spec = spec
        self.server = server
        self._child = child
        self._log_start = log_start
        self._asked = False

    @classmethod
    def launch(cls, spec: ServerSpec, *, kept: bool) -> ServerProcess:
        """Start the server in a session of its own, so that Ctrl-C in ours doesn't reach it.

        Unless `kept`, on Linux it gets its stop signal when the thread that called this ends, however it
        ends; so call it from the main thread.
        """
        if not kept and threading.current_thread() is not threading.main_thread():
            raise ServerFailed(
                f"{spec.name} was started from a thread and would die with it: start it from the main thread."
            )
        tethered = 0 if kept else int(spec.stop_signal)
        account = spec.account or Account("", -1, -1)
        ids = (os.getpid(), tethered, account.user_id, account.group_id)
        with open(spec.log_file, "ab", opener=_private) as log:
            log_start = log.tell()
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", str(TETHER), *map(str, ids), *spec.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=spec.working_dir,
                env={"PATH": os.defpath, "LC_ALL": "C", **spec.environment},
                start_new_session=True,
            )
        # Our own child that ended stays a zombie until we wait for it: the pid cannot mean another.
        server = Identity.of(child.pid) or Identity(child.pid, "ended")
        ProcessRecord(server, this_process(), kept).write(spec.record_file)
        return cls(spec, server, child, log_start)

    @classmethod
    def adopt(cls, spec: ServerSpec, record: ProcessRecord) -> ServerProcess:
        """Take over a server that another process started; it needs no child of ours to be stopped."""
        size = spec.log_file.stat().st_size if spec.log_file.exists() else 0
        return cls(spec, record.server, None, size)

    def is_running(self) -> bool:
        """Whether it lives; one that ended is noticed here."""
        if self._child is not None:
            return self._child.poll() is None
        return self.server.is_alive()

    def log_tail(self) -> str:
        """The last lines the server wrote since it was launched (or adopted)."""
        with self.spec.log_file.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - LOG_TAIL_BYTES))
            return log.read().decode(errors="replace").strip()

    def wait_until(self, ready: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Return once `ready()` holds; raises ServerFailed when the server ends or the time is up."""
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if not self.is_running():
                raise self._failure("ended before it was ready")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {timeout_seconds:g} s")
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        """Send the stop signal, once; whoever stops several servers asks all of them before it waits for one."""
        self._ask(self.spec.stop_signal)

    def stop(self, *, grace_seconds: float) -> None:
        """Ask the server to end, kill it when the grace has passed; stopping a stopped one is fine."""
        self.ask_to_stop()
        if not self._ended_within(grace_seconds):
            self.kill()
        self.spec.record_file.unlink(missing_ok=True)

    def abandon(self, *, grace_seconds: float) -> None:
        """Like `stop`, where nobody needs the data any more: the server need not finish what it does."""
        self._ask(self.spec.abandon_signal or self.spec.stop_signal)
        self.stop(grace_seconds=grace_seconds)

    def kill(self) -> None:
        """End the server at once, as a power cut would (SIGKILL)."""
        self._signal(signal.SIGKILL)
        if not self._ended_within(10):
            raise self._failure(f"(process {self.server.pid}) outlived SIGKILL")
        self.spec.record_file.unlink(missing_ok=True)

    def _ask(self, number: signal.Signals) -> None:
        if not self._asked:
            self._asked = True
            self._signal(number)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)  # checks that the child was not yet waited for
        elif self.server.is_alive():
            os.kill(self.server.pid, number)

    def _ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _failure(self, what: str) -> ServerFailed:
        tail = self.log_tail()
        says = "Its log ends with:" if tail else "It wrote nothing to its log."
        return ServerFailed(f"{self.spec.name} {what} (log: {self.spec.log_file}). {says}", tail)


def _private(path: str, flags: int) -> int:
    """An opener for files that only their owner reads: logs quote what they choke on."""
    return os.open(path, flags, 0o600)
