"""What the embedded servers have in common: start, adopt, stop, kill, restart, remove."""

from __future__ import annotations

import fcntl
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from pipeline.embedded.credentials import Credentials, free_port, is_free, new_password
from pipeline.embedded.failure import ServerFailed
from pipeline.embedded.identity import ProcessRecord
from pipeline.embedded.process import POLL_SECONDS, ServerProcess, ServerSpec, record_file


class EmbeddedServer(ABC):
    """A server on 127.0.0.1 with a random port and password, whose data lies in a folder of its own.

    Used as a context manager, or by `start` and `stop`. All calls block (a start takes about 0.1 s, the
    first of a Postgres about 1 s) and raise ServerFailed. `start(kept=True)` makes a server that outlives
    us, and takes over the one that an earlier `start(kept=True)` left running on this data; without it the
    server ends with our main thread (on Linux even at SIGKILL).
    """

    name: ClassVar[str]
    ready_timeout_seconds: ClassVar[float] = 30.0
    stop_grace_seconds: ClassVar[float] = 10.0

    def __init__(self, data_dir: Path | str, port: int | None = None) -> None:
        self.data_dir = Path(data_dir).resolve()
        self._asked_port = port
        self._process: ServerProcess | None = None
        self._credentials: Credentials | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """How a client reaches the server; holds the password."""

    @abstractmethod
    def _prepare(self, credentials: Credentials) -> ServerSpec:
        """Lay out data and configuration as the server needs them, and say how it is run."""

    @abstractmethod
    def _is_ready(self, process: ServerProcess) -> bool:
        """Whether the server (this one, not another on its port) takes commands now."""

    @abstractmethod
    def _may_start_later(self, failure: ServerFailed) -> bool:
        """Whether the failure passes by itself: what a killed server held is about to be let go."""

    @property
    def credentials(self) -> Credentials:
        """Known once the server was started."""
        if self._credentials is None:
            raise ServerFailed(f"{self.name} was not started yet: its port and password are not known.")
        return self._credentials

    @property
    def port(self) -> int:
        return self.credentials.port

    @property
    def pid(self) -> int:
        """Of its main process. Raises ServerFailed where it doesn't run."""
        if self._process is None:
            raise ServerFailed(f"{self.name} doesn't run, so it has no pid.")
        return self._process.server.pid

    @property
    def log_file(self) -> Path:
        return self.data_dir / f"{self.name}.log"

    def is_running(self) -> bool:
        return self._process is not None and self._process.is_running()

    def start(self, *, kept: bool = False) -> Self:
        """Return once the server takes commands; starting a running one is fine."""
        if self.is_running():
            return self
        self._lay_out()
        with self._only_starter():
            if not (kept and self._adopt()):
                self._end_leftover()
                self._launch(kept)
        return self

    def adopt(self) -> bool:
        """Take over the server that an earlier `start(kept=True)` left running; False where none runs."""
        if not self.data_dir.is_dir():
            return False
        with self._only_starter():
            return self.is_running() or self._adopt()

    def stop(self) -> None:
        """Let the server finish what it does, then end it; its data stays. Fine when it doesn't run."""
        if self._process is not None:
            self._process.stop(grace_seconds=self.stop_grace_seconds)
            self._process = None

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> Self:
        """Stop (if it still runs) and start on the same data, port and password."""
        self.stop()
        return self.start()

    def remove(self) -> None:
        """End the server, for whose data nothing needs to be finished, and delete it, wherever it lies."""
        if self._process is not None:
            self._process.abandon(grace_seconds=self.stop_grace_seconds)
            self._process = None
        shutil.rmtree(self.data_dir, ignore_errors=False)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _record_file(self) -> Path:
        return record_file(self.data_dir, self.name)

    @property
    def _credentials_file(self) -> Path:
        return self.data_dir / f"{self.name}.credentials.json"

    def _lay_out(self) -> None:
        # Others may pass through (a demoted Postgres must), but not look around; secrets in it are 0600.
        self.data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)

    @contextmanager
    def _only_starter(self) -> Iterator[None]:
        """One process at a time looks whether the server runs, and starts it."""
        with (self.data_dir / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _adopt(self) -> bool:
        record, credentials = ProcessRecord.read(self._record_file), Credentials.read(self._credentials_file)
        if record is None or credentials is None or not record.kept or not record.server.is_alive():
            return False
        self._credentials = credentials
        self._process = ServerProcess.adopt(self._prepare(credentials), record)
        self._process.wait_until(self._is_running_ready, timeout_seconds=self.ready_timeout_seconds)
        return True

    def _end_leftover(self) -> None:
        """See to it that no other process works on this data; Valkey itself wouldn't notice."""
        record, credentials = ProcessRecord.read(self._record_file), Credentials.read(self._credentials_file)
        if record is None or credentials is None or not record.server.is_alive():
            return
        if record.kept or record.owner.is_alive():
            whose = "was left running" if record.kept else f"belongs to process {record.owner.pid}"
            raise ServerFailed(
                f"A {self.name} on {self.data_dir} (process {record.server.pid}) {whose}: "
                "stop it first, or choose another folder."
            )
        leftover = ServerProcess.adopt(self._prepare(credentials), record)
        leftover.stop(grace_seconds=self.stop_grace_seconds)

    def _launch(self, kept: bool) -> None:
        deadline = time.monotonic() + self.ready_timeout_seconds
        fixed = self._credentials is not None or self._asked_port is not None
        while True:
            self._credentials = self._chosen_credentials()
            spec = self._prepare(self._credentials)
            self._credentials.write(self._credentials_file)
            try:
                self._process = self._started(spec, kept)
            except ServerFailed as failure:
                port_taken = "address already in use" in failure.log_tail.lower()
                if time.monotonic() > deadline or not (port_taken or self._may_start_later(failure)):
                    raise
                if port_taken and not fixed:
                    self._credentials = None
                    self._credentials_file.unlink(missing_ok=True)
                time.sleep(POLL_SECONDS)
            else:
                return

    def _chosen_credentials(self) -> Credentials:
        """Those of this object's earlier start, else the data's (if the port is free), else new ones."""
        if self._credentials is not None:
            return self._credentials
        earlier = Credentials.read(self._credentials_file)
        password = new_password() if earlier is None else earlier.password
        if self._asked_port is not None:
            return Credentials(self._asked_port, password)
        if earlier is not None and is_free(earlier.port):
            return earlier
        return Credentials(free_port(), password)

    def _started(self, spec: ServerSpec, kept: bool) -> ServerProcess:
        process = ServerProcess.launch(spec, kept=kept)
        try:
            process.wait_until(lambda: self._is_ready(process), timeout_seconds=self.ready_timeout_seconds)
        except BaseException:  # Ctrl-C too: nobody else knows of this process
            process.kill()
            raise
        return process

    def _is_running_ready(self) -> bool:
        return self._process is not None and self._is_ready(self._process)
