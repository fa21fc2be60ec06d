"""A real Prometheus that scrapes the house, with the rules as they are deployed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import yaml

from pipeline.embedded.credentials import free_port
from pipeline.embedded.process import ServerProcess, ServerSpec

RULES = Path("deploy/prometheus")
PROMETHEUS = shutil.which("prometheus")
_START_SECONDS = 30.0
# A test can't wait as long as a host may: every time of the rules is divided by this.
HASTE = 12


@dataclass(frozen=True, slots=True)
class Prometheus:
    """At `url`."""

    url: str
    http: httpx.AsyncClient

    async def ask(self, query: str) -> list[dict[str, Any]]:
        """The series that a query gives now."""
        answer = await self.http.get(f"{self.url}/api/v1/query", params={"query": query})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["data"]["result"]
        return found

    async def firing(self) -> set[tuple[str, str]]:
        """The alerts that fire, each with its stage."""
        alerts = await self.ask('ALERTS{alertstate="firing"}')
        return {(each["metric"]["alertname"], each["metric"].get("stage", "")) for each in alerts}


@contextmanager
def scraping(targets: Path, folder: Path) -> Iterator[str]:
    """Its URL, while it scrapes the processes of `targets` every second."""
    assert PROMETHEUS is not None
    folder.mkdir()
    for name in ("recording.yml", "alerts.yml"):
        (folder / name).write_text(yaml.safe_dump(_in_haste(yaml.safe_load((RULES / name).read_text()))))
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["recording.yml", "alerts.yml"],
        "scrape_configs": [
            {"job_name": "tiktoksales", "file_sd_configs": [{"files": [str(targets.resolve())]}]}
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = (
        PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )  # fmt: skip
    spec = ServerSpec(name="prometheus", command=command, home=folder, working_dir=folder)
    process = ServerProcess.launch(spec, kept=False)
    try:
        url = f"http://127.0.0.1:{port}"
        process.wait_until(lambda: _is_ready(url), timeout_seconds=_START_SECONDS)
        yield url
    finally:
        process.stop(grace_seconds=5.0)


def _in_haste(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    for group in rules["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = f"{60 * int(rule['for'].removesuffix('m')) // HASTE}s"
            for minutes in (2, 5, 10):
                rule["expr"] = rule["expr"].replace(f"[{minutes}m]", f"[{60 * minutes // HASTE}s]")
    return rules


def _is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/-/ready", timeout=1) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
