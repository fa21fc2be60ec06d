"""What deploy/compose and deploy/docker describe, and where Prometheus looks for it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from stages.running import runnable
from stages.settings import ShopSettings
from tests.manifests import (
    DEPLOY,
    Document,
    NotFilledIn,
    compose,
    compose_on_kafka,
    compose_processes,
    example_variables,
    lacking,
    our_services,
    raw_compose,
)

ROOT = DEPLOY.parent
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text()


def read_by_the_specification(document: Document) -> None:
    """Raises ValueError for what it doesn't allow."""
    PyCompose.from_json(json.dumps(document)).validate()


def read_by_docker(_: Document) -> None:
    """Raises CalledProcessError for what it doesn't take."""
    command = ["docker", "compose", "--profile", "*", "config", "--quiet"]
    environment = {**os.environ, **example_variables()}
    subprocess.run(command, cwd=DEPLOY / "compose", env=environment, check=True)


def readers() -> list[Callable[[Document], None]]:
    """The specification's, and docker's own where it is there."""
    if shutil.which("docker") is None:
        return [read_by_the_specification]
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return [read_by_the_specification, *([read_by_docker] if asked.returncode == 0 else [])]


@pytest.mark.parametrize("read", readers())
def test_the_file_is_a_compose_file(read: Callable[[Document], None]) -> None:
    read(compose(example_variables()))


@pytest.mark.parametrize("broken", [{"imag": "x"}, {"read_only": "maybe"}, {"networks": ["nowhere"]}])
def test_a_mistake_would_be_noticed(broken: dict[str, Any]) -> None:
    document = compose(example_variables())
    document["services"]["ingest"] |= broken
    with pytest.raises(ValueError, match=r"imag|boolean|nowhere"):
        read_by_the_specification(document)


def test_a_variable_that_is_missing_would_be_noticed() -> None:
    with pytest.raises(NotFilledIn, match="DATA_KEYS"):
        compose({**example_variables(), "DATA_KEYS": ""})


def test_redis_neither_evicts_nor_forgets() -> None:
    command = raw_compose()["services"]["valkey"]["command"]
    assert {"--maxmemory-policy=noeviction", "--appendonly=yes", "--appendfsync=always"} <= set(command)


def test_each_stage_and_keeper_runs_once_under_a_name_of_its_own() -> None:
    running = [
        process
        for process in compose_processes(compose(example_variables()))
        if process.arguments[0] == "run"
    ]
    started = [name for process in running for name in process.arguments[1:]]
    said = lacking(runnable("redis"), started, what="service in deploy/compose/compose.yml")
    assert not said, said
    names = [process.written["CONSUMER_NAME"] for process in running]
    assert names == [f"{process.name}-0" for process in running]


def test_on_kafka_each_stage_and_keeper_that_there_is_runs_once() -> None:
    document = compose_on_kafka(example_variables())
    read_by_the_specification(document)
    processes = list(compose_processes(document))
    running = [process for process in processes if process.arguments[0] == "run"]
    started = [name for process in running for name in process.arguments[1:]]
    said = lacking(runnable("kafka"), started, what="service in deploy/compose/compose.yml and kafka.yml")
    assert not said, said
    doors = [each for each in processes if each.arguments in (("serve", "gateway"), ("serve", "console"))]
    on_kafka = [each.name for each in processes if each.written.get("ENGINE") == "kafka"]
    forgotten = {process.name for process in (*running, *doors)} - set(on_kafka)
    assert not forgotten, f"no line in deploy/compose/kafka.yml for: {', '.join(sorted(forgotten))}"
    for process in (*running, *doors):
        assert process.written["KAFKA_URL"] == "kafka://kafka:9092", process.name
        assert process.written["REDIS_URL"], process.name
        assert set(document["services"][process.name]["depends_on"]) >= {"kafka", "migrate"}


def test_kafka_keeps_what_it_acknowledged_and_makes_no_topics_by_itself() -> None:
    kafka = compose_on_kafka(example_variables())["services"]["kafka"]
    assert kafka["environment"]["KAFKA_LOG_FLUSH_INTERVAL_MESSAGES"] == "1"
    assert kafka["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert kafka["volumes"] == [f"topics:{kafka['environment']['KAFKA_LOG_DIRS']}"]
    assert "ports" not in kafka


def test_our_services_are_confined_and_drain() -> None:
    document = compose(example_variables())
    for name, service in our_services(document).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        grace = float(service["stop_grace_period"].removesuffix("s"))
        assert grace > float(service["environment"].get("DRAIN_SECONDS", 0)), name
    assert document["networks"]["inside"]["internal"] is True


def test_what_is_published_is_so_on_this_machine_alone() -> None:
    for name, service in compose(example_variables())["services"].items():
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port), name


def test_the_doors_listen_where_they_are_published() -> None:
    for name, service in our_services(compose(example_variables())).items():
        if service["command"][0] == "serve":
            port = ShopSettings.model_fields[f"{service['command'][1]}_port"].default
            assert service["ports"] == [f"127.0.0.1:{port}:{port}"], name


def test_no_secret_is_written_down() -> None:
    text = "".join(
        file.read_text()
        for folder in ("compose", "docker", "k8s", "prometheus", "grafana/provisioning")
        for file in sorted((DEPLOY / folder).rglob("*"))
        if file.is_file() and file.suffix in {".yml", ".example", ".sh", ""}
    )
    assert "SOURCE_KEYS" in text
    assert not re.findall(r"(?:sk|rk)_(?:live|test)_\w+|whsec_\w+|AC[0-9a-f]{32}|-----BEGIN", text)
    for name in re.findall(
        r"^([A-Z_]+)=(?=\S)", (DEPLOY / "compose" / "env.example").read_text(), re.MULTILINE
    ):
        pytest.fail(f"env.example gives {name} a value")
    for name, value in secret_values(raw_compose()):
        assert value is None or "${" in value, f"{name} is written down"


def secret_values(document: Document) -> list[tuple[str, str | None]]:
    return [
        (name, value)
        for service in document["services"].values()
        for name, value in service.get("environment", {}).items()
        if re.search(r"PASSWORD|SECRET|TOKEN|_KEYS?$|SMTP_URL|DATABASE_URL", name)
    ]


def test_prometheus_asks_every_process() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    asked = {
        target
        for each in config["scrape_configs"]
        for targets in each.get("static_configs", [])
        for target in targets["targets"]
    }
    services = our_services(compose(example_variables()))
    ports = {"run": "9100", "serve": None, "migrate": None}
    expected = {
        f"{name}:{ports[service['command'][0]] or service['ports'][0].rpartition(':')[2]}"
        for name, service in services.items()
        if "profiles" not in service and name != "migrate"
    }
    said = lacking(expected, asked, what="target in deploy/prometheus/prometheus.yml")
    assert not said, said
    for name, service in services.items():
        if service["command"][0] == "run":
            assert service["environment"]["METRICS_PORT"] == "9100", name


def test_prometheus_takes_its_file() -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not there: install the package prometheus"
    file = DEPLOY / "prometheus" / "prometheus.yml"
    # Without --syntax-only it would look for the key, too.
    command = [promtool, "check", "config", "--syntax-only", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load(file.read_text())["rule_files"] == ["recording.yml", "alerts.yml"]


def test_what_is_mounted_is_there() -> None:
    document = compose(example_variables())
    for service in document["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            there = (
                (DEPLOY / "compose" / source).exists()
                if source.startswith(".")
                else source in document["volumes"]
            )
            assert there, volume


def test_the_image_is_made_of_what_is_sent_to_docker() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*", "all else, secrets too, stays here"
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    ]
    assert sorted(copied) == sorted(sent)
    assert all((ROOT / name).exists() for name in copied)
    assert not any(fnmatch.fnmatch(".env", pattern) for pattern in sent)


def test_the_image_runs_our_program_as_nobody_special() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["tiktoksales"]' in last
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE


def test_the_image_has_every_file_that_the_packages_bring() -> None:
    """Where the project is installed for good only what `package-data` names comes along."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = project["tool"]["setuptools"]["package-data"]
    for package in ("schemas", "pipeline", "stages"):
        inside = ROOT / package
        brought = {file for pattern in named.get(package, []) for file in inside.glob(pattern)}
        missing = {
            file
            for file in inside.rglob("*")
            if file.is_file() and file.suffix not in {".py", ".pyc"} and "training" not in file.parts
        } - brought
        assert not missing, f"pyproject's package-data names no {sorted(missing)}"
