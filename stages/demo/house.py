"""A whole shop on one machine: embedded servers, the providers' sandbox, the doors and every stage."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from pipeline.embedded import Postgres, ServerFailed, Valkey
from pipeline.embedded.identity import ProcessRecord
from pipeline.embedded.process import ServerProcess, ServerSpec
from stages.adapters.database.access import let_stages_in, stages_url
from stages.adapters.database.migrate import migrate
from stages.demo.house_secrets import Secrets
from stages.demo.targets import Targets
from stages.running import runnable
from stages.sandbox.settings import SMS_SENDER, WHATSAPP_SENDER
from stages.settings import ShopSettings
from stages.wiring import READS

DOORS = ("gateway", "console")
_WITHOUT = ("archiver",)  # needs ARCHIVE_URL
KEEPERS = (
    "projector",
    *(name for name in runnable("redis") if name not in (*READS, *_WITHOUT)),
)  # small enough to share a process
STAGES = tuple(name for name in READS if name not in KEEPERS)
_WORKER = re.compile(rf"({'|'.join(STAGES)})-[0-9]+")
_READY_SECONDS = 120.0
_GRACE_SECONDS, _SHORT_GRACE_SECONDS = 15.0, 2.0


class House:
    """Everything runs below `folder`, which holds data and logs. With `kept` it outlives this process, and a house
    that was left running there is taken over; else it ends with this process, however that ends. `settings` are
    given to every process, on top of the house's own. Each stage has `workers` processes: the second one of `intent` is
    `intent-2`."""

    def __init__(
        self,
        folder: Path,
        catalog: Path,
        *,
        kept: bool = False,
        settings: Mapping[str, Any] | None = None,
        workers: int = 1,
    ) -> None:
        self.folder, self._catalog, self._kept = folder, catalog, kept
        self._workers = tuple(f"{stage}-{ordinal}" for ordinal in range(2, workers + 1) for stage in STAGES)
        self._settings = settings or {}
        self._valkey, self._postgres = Valkey(folder / "valkey"), Postgres(folder / "postgres")
        self._processes: dict[str, ServerProcess] = {}
        self._programs: set[str] = set()
        self._targets = Targets(self.targets_file)

    @property
    def valkey(self) -> Valkey:
        """The streams' server, for whoever wants to kill it and start it again."""
        return self._valkey

    @property
    def postgres(self) -> Postgres:
        """The database's server, likewise."""
        return self._postgres

    def start(self) -> None:
        """Start everything that doesn't run yet. Call it on the main thread.

        Raises ServerFailed, with the end of the log of what failed.
        """
        self.start_servers()
        self.start_shop()

    def start_servers(self) -> None:
        """Start the databases, migrated, and the providers' sandbox. Raises ServerFailed."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        for name in ("frames", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        self.secrets = Secrets.of(self.folder)
        self._valkey.start(kept=self._kept)
        self._postgres.start(kept=self._kept)
        migrate(self._postgres.url)
        let_stages_in(self._postgres.url, self.secrets.database_password)
        self._launch("sandbox", "-m", "stages.sandbox", *self._sandbox_arguments())
        self.wait_for("sandbox")

    def start_shop(self) -> None:
        """Start the doors, the stages and the keepers. Raises ServerFailed."""
        for name in (*DOORS, *STAGES, *self._workers, "keepers"):
            self.start_process(name)
        for name in DOORS:
            self.wait_for(name)
            self._targets.put(name, getattr(self.secrets, f"{name}_port"))
        self._write_environment()

    def start_process(self, name: str, **settings: Any) -> None:
        """Start a door, a stage's first or further worker, or the keepers (again), for once with these settings on
        top."""
        stage, _, ordinal = name.partition("-")
        verbs = {"keepers": ("run", *KEEPERS), **{door: ("serve", door) for door in DOORS}}.get(
            name, ("run", stage)
        )
        own = {"consumer_name": f"{socket.gethostname()}-{int(ordinal) - 1}"} if ordinal else {}
        self._launch(name, "-m", "stages", *verbs, **own, **settings)

    def start_program(self, name: str, *arguments: str, **settings: Any) -> None:
        """Start Python with these arguments as a part of the house (again), with these settings on top. It is stopped
        with the stages."""
        self._programs.add(name)
        self._launch(name, *arguments, **settings)

    def kill_process(self, name: str) -> None:
        """End one of them as a crash would (SIGKILL)."""
        self._processes[name].kill()

    def dismiss_process(self, name: str) -> None:
        """End one of them at once; the house no longer counts on it."""
        self._processes.pop(name).kill()
        self._targets.drop(name)

    def pause_process(self, name: str) -> None:
        """Make one of them stand still (SIGSTOP), until `resume_process`."""
        os.kill(self._processes[name].server.pid, signal.SIGSTOP)

    def resume_process(self, name: str) -> None:
        """Let a paused one go on (SIGCONT)."""
        os.kill(self._processes[name].server.pid, signal.SIGCONT)

    def is_running(self, name: str) -> bool:
        """Whether one of them lives."""
        return self._processes[name].is_running()

    def log_tail(self, name: str) -> str:
        """The last lines that one of them has logged."""
        return self._processes[name].log_tail()

    def check(self) -> None:
        """Raise ServerFailed where one of the processes has ended."""
        for name, process in self._processes.items():
            if not process.is_running():
                raise ServerFailed(f"{name} has ended (log: {process.spec.log_file}).", process.log_tail())

    def stop(self, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        """End everything, the doors first, then the stages side by side, the databases last; the data stays."""
        self._stop_processes(grace_seconds)
        for server in (self._postgres, self._valkey):
            if server.is_running() or server.adopt():
                server.stop()

    def _stop_processes(self, grace_seconds: float) -> None:
        for names in (DOORS, (*STAGES, *self._further_workers(), "keepers", *self._programs), ("sandbox",)):
            found = (self._processes.pop(name, None) or self._left_running(name) for name in names)
            processes = [process for process in found if process]
            for process in processes:
                process.ask_to_stop()
            for process in processes:
                process.stop(grace_seconds=grace_seconds)

    def _further_workers(self) -> set[str]:
        """Those that run, also from an earlier process that started more of them."""
        left = {file.name.partition(".")[0] for file in (self.folder / "logs").glob("*-*.process.json")}
        return {name for name in (*left, *self._processes) if _WORKER.fullmatch(name)}

    def remove(self) -> None:
        """End everything and delete the data, for the sake of which nothing needs to be finished."""
        self._stop_processes(_SHORT_GRACE_SECONDS)
        for server in (self._postgres, self._valkey):
            if server.data_dir.exists():
                server.adopt()  # it may run since an earlier process
                server.remove()
        shutil.rmtree(self.folder)

    @property
    def targets_file(self) -> Path:
        """Where Prometheus finds the processes (file_sd_configs)."""
        return self.folder / "targets.json"

    @property
    def gateway_url(self) -> str:
        """Where comments are posted."""
        return f"http://127.0.0.1:{self.secrets.gateway_port}"

    @property
    def console_url(self) -> str:
        """The host's page."""
        return f"http://127.0.0.1:{self.secrets.console_port}"

    @property
    def sandbox_url(self) -> str:
        """The payment and message providers."""
        return f"http://127.0.0.1:{self.secrets.sandbox_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this house, as environment variables."""
        return _as_environment(self._given)

    def settings(self) -> ShopSettings:
        """The settings of this house, for code in this process."""
        return ShopSettings(**self._given)

    @property
    def _given(self) -> dict[str, Any]:
        keys = self.secrets
        return {
            "redis_url": self._valkey.url,
            "database_url": stages_url(self._postgres.url, keys.database_password),
            "data_keys": [keys.data_key],
            "frames_url": (self.folder / "frames").resolve().as_uri(),
            "catalog_url": self._catalog.resolve().as_uri(),
            "source_keys": {"gateway": keys.source_key},
            "open_doors": True,
            "gateway_port": keys.gateway_port,
            "console_port": keys.console_port,
            "public_url": self.gateway_url,
            "stripe_api_key": keys.stripe_key,
            "stripe_webhook_secret": keys.webhook_secret,
            "stripe_url": self.sandbox_url,
            "twilio_account_sid": keys.twilio_sid,
            "twilio_auth_token": keys.twilio_token,
            "twilio_sms_from": SMS_SENDER,
            "twilio_whatsapp_from": WHATSAPP_SENDER.removeprefix("whatsapp:"),
            "twilio_url": self.sandbox_url,
            **self._settings,
        }

    def urls(self) -> dict[str, str]:
        """What a person may want to open or connect to."""
        return {
            "console": self.console_url,
            "gateway": self.gateway_url,
            "API": f"{self.gateway_url}/openapi.json",
            "sandbox ledger": f"{self.sandbox_url}/ledger",
            "Valkey": self._valkey.url,
            "Postgres": self._postgres.url,
            "settings": f". {self.folder / 'environment'}",
            "Prometheus targets": str(self.targets_file),
            "logs": str(self.folder / "logs"),
        }

    def _launch(self, name: str, *arguments: str, **settings: Any) -> None:
        running = self._left_running(name) if self._kept and name not in self._processes else None
        if running:
            self._processes[name] = running
            return
        if name in (*STAGES, "keepers") or _WORKER.fullmatch(name):
            settings = {"metrics_port": self._targets.draw(name), **settings}
        spec = self._spec(name, arguments, settings)
        spec.home.mkdir(exist_ok=True)
        self._processes[name] = ServerProcess.launch(spec, kept=self._kept)

    def _left_running(self, name: str) -> ServerProcess | None:
        # Enough of a spec to find and end it.
        spec = ServerSpec(name=name, command=(), home=self.folder / "logs", working_dir=self.folder)
        record = ProcessRecord.read(spec.record_file)
        if record is None or not record.server.is_alive():
            return None
        return ServerProcess.adopt(spec, record)

    def _spec(self, name: str, arguments: tuple[str, ...], settings: Mapping[str, Any]) -> ServerSpec:
        given = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        given["TMPDIR"] = str(self.folder / "tmp")  # what a killed process leaves behind goes with the house
        environment = self._sandbox_environment() if name == "sandbox" else self.environment
        return ServerSpec(
            name=name,
            command=(sys.executable, *arguments),
            home=self.folder / "logs",
            working_dir=self.folder,
            environment={**given, **environment, **_as_environment(settings), "PYTHONWARNINGS": "ignore"},
        )

    def _sandbox_arguments(self) -> tuple[str, ...]:
        state = (self.folder / "sandbox.sqlite").resolve()
        return ("--port", str(self.secrets.sandbox_port), "--state", str(state), "--quiet")

    def _sandbox_environment(self) -> dict[str, str]:
        from stages.payment_events import ACTED_ON  # brings the provider's SDK

        keys = self.secrets
        return {
            "SANDBOX_STRIPE_KEY": keys.stripe_key,
            "SANDBOX_WEBHOOK_SECRET": keys.webhook_secret,
            "SANDBOX_WEBHOOK_URL": f"{self.gateway_url}/webhooks/stripe",
            "SANDBOX_WEBHOOK_EVENTS": ",".join(ACTED_ON),
            "SANDBOX_TWILIO_SID": keys.twilio_sid,
            "SANDBOX_TWILIO_TOKEN": keys.twilio_token,
        }

    def _write_environment(self) -> None:
        """For people who want to talk to a kept house: `. FOLDER/environment` in a shell."""
        file = self.folder / "environment"
        file.touch(mode=0o600)
        variables = {
            **self.environment,
            "OWNER_DATABASE_URL": self._postgres.url,
            "GATEWAY": self.gateway_url,
            "CONSOLE": self.console_url,
            "SANDBOX": self.sandbox_url,
        }
        file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))

    def wait_for(self, name: str) -> None:
        """Return once a door or the sandbox answers. Raises ServerFailed."""
        self._processes[name].wait_until(partial(self._answers, name), timeout_seconds=_READY_SECONDS)

    def _answers(self, name: str) -> bool:
        url = {
            "gateway": f"{self.gateway_url}/healthz",
            "console": f"{self.console_url}/healthz",
            "sandbox": f"{self.sandbox_url}/health",
        }[name]
        try:
            with urlopen(url, timeout=2) as answer:  # nosec B310 # noqa: S310 - our own address
                return bool(answer.status == 200)
        except OSError:
            return False


def _as_environment(settings: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
