"""What deploy/k8s describes: valid, confined, and made of verbs, settings and ports that there are."""

from __future__ import annotations

import copy
import re
import tomllib
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import typer
import yaml

from stages.cli import app
from stages.running import RUNNABLE, runnable
from stages.settings import ShopSettings
from tests.manifests import (
    DEPLOY,
    OVERLAYS,
    Process,
    compose,
    compose_processes,
    container_of,
    example_variables,
    lacking,
    name_of,
    of_kind,
    pod_of,
    processes_of,
    rendered,
    secrets_table,
    workloads,
)

OLDEST_KUBERNETES, NEWEST_KUBERNETES = "1.30", kubernetes_validate.latest_version()
OTHERS_RESOURCES = {"ScaledObject", "ServiceMonitor"}  # KEDA's and the Prometheus operator's
SETTINGS = {name.upper() for name in ShopSettings.model_fields}
OBJECT_STORE = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT",
}  # obstore reads them
SECRETS = {
    name.upper() for name, field in ShopSettings.model_fields.items() if "SecretStr" in str(field.annotation)
} | {"REDIS_URL", "DATABASE_URL", "OWNER_DATABASE_URL"}
NOT_DEPLOYED = {"CONNECTOR_KEY", "TIKTOK_SIGN_KEY", "YOUTUBE_API_KEY"}  # the connectors', which a show starts
NEEDS = {
    "ingest": {"SOURCE_KEYS"},
    "vision": {"FRAMES_URL", "CATALOG_URL"},
    "payment": {"STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"},
    "notify": {
        "DATA_KEYS",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_SMS_FROM",
        "TWILIO_WHATSAPP_FROM",
    },
    "keepers": {"ARCHIVE_URL", "DATA_KEYS", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"},
    "migrate": {"DATABASE_URL", "OWNER_DATABASE_URL", "DATA_KEYS"},
    "gateway": {"GATEWAY_HOST", "SOURCE_KEYS", "DATA_KEYS", "STRIPE_WEBHOOK_SECRET", "TWILIO_AUTH_TOKEN"},
    "console": {"CONSOLE_HOST", "DATA_KEYS", "FRAMES_URL", "CATALOG_URL"},
    "vision-face": {"FACES_HOST", "FRAMES_URL", "CATALOG_URL"},
}
PROCESSES = [
    *(
        pytest.param(process, id=f"{each}:{process.name}")
        for each in OVERLAYS
        for process in processes_of(rendered(each))
    ),
    *(
        pytest.param(process, id=f"compose:{process.name}")
        for process in compose_processes(
            compose({**example_variables(), "STREAMER": "maya", "VIDEO": "v.mp4", "SHOW": "v"})
        )
    ),
]


def command_of(arguments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Verbs, and what follows them. Fails where the program would not take them."""
    command: Any = typer.main.get_command(app)
    verbs, rest = [], list(arguments)
    while isinstance(getattr(command, "commands", None), dict):
        assert rest, f"{arguments}: a verb is missing"
        assert rest[0] in command.commands, f"{arguments}: there is no verb {rest[0]!r}"
        verbs.append(rest.pop(0))
        command = command.commands[verbs[-1]]
    command.make_context(verbs[-1], list(rest))
    if verbs == ["run"]:
        assert set(rest) <= set(RUNNABLE), f"there is no stage in {rest}"
    return verbs, rest


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_started_with_a_verb_that_there_is(process: Process) -> None:
    command_of(process.arguments)


@pytest.mark.parametrize(
    "wrong", [("run", "nonsense"), ("nonsense",), ("serve",), ("connect", "youtube", "--of", "it")]
)
def test_a_verb_that_there_is_not_would_be_noticed(wrong: tuple[str, ...]) -> None:
    with pytest.raises(Exception, match=r"no verb|missing|no stage|[Nn]o such option"):
        command_of(wrong)


def test_what_is_missing_is_said_by_its_name() -> None:
    said = lacking(["ingest", "tally"], ["ingest", "ingest", "nonsense"], what="service")
    assert said == (
        "no service for: tally; more than one service for: ingest; a service for what there isn't: nonsense"
    )
    assert lacking(["ingest"], ["ingest"], what="service") == ""


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_told_nothing_but_settings(process: Process) -> None:
    assert process.environment <= SETTINGS | OBJECT_STORE


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_is_told_what_it_needs(process: Process) -> None:
    assert process.environment >= NEEDS.get(process.name, set()) | {"DATABASE_URL"}
    if process.name != "migrate":
        assert process.environment >= {"REDIS_URL", "PARTITIONS", "DRAIN_SECONDS"}
    if process.arguments[0] == "run":
        assert process.environment >= {"CONSUMER_NAME", "METRICS_HOST", "METRICS_PORT"}


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_written_down_is_taken_as_a_setting(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in process.written.items():
        if value != "madeup" and name in SETTINGS:
            monkeypatch.setenv(name, value)
    ShopSettings()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_document_is_one_of_kubernetes(overlay: str) -> None:
    for document in rendered(overlay):
        if document["kind"] not in OTHERS_RESOURCES:
            for version in (OLDEST_KUBERNETES, NEWEST_KUBERNETES):
                kubernetes_validate.validate(document, version, strict=True)


def test_a_field_that_kubernetes_lacks_would_be_noticed() -> None:
    document = copy.deepcopy(workloads(rendered("overlays/small"))[0])
    pod_of(document)["automountServiceAccountTokens"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, NEWEST_KUBERNETES, strict=True)


def test_each_file_of_a_stage_has_its_line() -> None:
    base = DEPLOY / "k8s" / "base"
    listed = yaml.safe_load((base / "kustomization.yml").read_text())["resources"]
    files = [f"stages/{file.name}" for file in (base / "stages").iterdir()]
    stages = [name for name in listed if name.startswith("stages/")]
    said = lacking(files, stages, what="line in deploy/k8s/base/kustomization.yml")
    assert not said, said


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_stage_keeper_and_door_runs_once(overlay: str) -> None:
    started = [command_of(process.arguments) for process in processes_of(rendered(overlay))]
    there = runnable("kafka" if overlay.endswith("kafka") else "redis")
    running = [name for verbs, names in started if verbs == ["run"] for name in names]
    said = lacking(there, running, what="StatefulSet in deploy/k8s/base/stages")
    assert not said, said
    doors: Any = typer.main.get_command(app)
    doors = set(doors.commands["serve"].commands)
    served = {verbs[1] for verbs, _ in started if verbs[0] == "serve"}
    assert served == ({"gateway", "console"} if overlay.endswith("small") else doors)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_is_given_the_time_to_drain(overlay: str) -> None:
    for document, process in zip(workloads(rendered(overlay)), processes_of(rendered(overlay)), strict=True):
        container = container_of(document)
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        drain = float(process.written["DRAIN_SECONDS"])
        assert pod_of(document)["terminationGracePeriodSeconds"] > pause + drain, process.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_process_is_confined(overlay: str) -> None:
    user = re.findall(r"^USER (\d+):(\d+)$", (DEPLOY / "docker" / "Dockerfile").read_text(), re.MULTILINE)
    for document in workloads(rendered(overlay)):
        pod, container = pod_of(document), container_of(document)
        assert pod["serviceAccountName"] == "tiktoksales"
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        secured = pod["securityContext"]
        assert secured["runAsNonRoot"] is True
        assert secured["seccompProfile"] == {"type": "RuntimeDefault"}
        assert [(str(secured["runAsUser"]), str(secured["runAsGroup"]))] == user
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {next(iter(set(volume) - {"name"})) for volume in pod["volumes"]} == {"emptyDir"}
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
    [account] = of_kind(rendered(overlay), "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    [namespace] = of_kind(rendered(overlay), "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_process_is_looked_after_at_a_port_that_it_listens_on(overlay: str) -> None:
    for document, process in zip(workloads(rendered(overlay)), processes_of(rendered(overlay)), strict=True):
        if document["kind"] == "Job":
            continue
        container = container_of(document)
        [port] = container["ports"]
        stage = document["kind"] == "StatefulSet"
        expected = int(process.written["METRICS_PORT"]) if stage else door_port(process)
        assert port == {"name": "metrics" if stage else "http", "containerPort": expected} | (
            {"protocol": "TCP"} if "protocol" in port else {}
        )
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            looked = container[probe].get("httpGet") or container[probe]["tcpSocket"]
            assert looked["port"] == port["name"]


def door_port(process: Process) -> int:
    port = ShopSettings.model_fields[f"{process.arguments[1]}_port"].default
    assert isinstance(port, int)
    return port


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_stage_is_called_after_its_pod(overlay: str) -> None:
    [service] = [each for each in of_kind(rendered(overlay), "Service") if name_of(each) == "stages"]
    assert service["spec"]["clusterIP"] == "None"
    for document in of_kind(rendered(overlay), "StatefulSet"):
        assert document["spec"]["serviceName"] == "stages"
        assert {
            "name": "CONSUMER_NAME",
            "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
        } in container_of(document)["env"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_selects_pods_finds_some(overlay: str) -> None:
    documents = rendered(overlay)
    pods = {
        name_of(each): each["spec"]["template"]["metadata"]["labels"].items() for each in workloads(documents)
    }
    budgets = set()
    for document in of_kind(documents, "Service", "PodDisruptionBudget", "NetworkPolicy"):
        spec = document["spec"]
        selector = spec.get("podSelector", spec.get("selector"))
        wanted = selector if document["kind"] == "Service" else selector.get("matchLabels", {})
        found = {name for name, labels in pods.items() if wanted.items() <= labels}
        assert found, f"{document['kind']} {name_of(document)} selects nothing"
        if document["kind"] == "PodDisruptionBudget":
            assert spec["maxUnavailable"] == 1
            budgets |= found
    assert budgets == set(pods) - {"migrate"}
    [closed] = [each for each in of_kind(documents, "NetworkPolicy") if name_of(each) == "closed"]
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_who_holds_a_providers_secret_reaches_providers_and_nobody_else(overlay: str) -> None:
    for document in workloads(rendered(overlay)):
        labels = document["spec"]["template"]["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "tiktoksales", (
            "else it would reach neither Redis nor Postgres"
        )
        held = {source.get("secretRef", {}).get("name") for source in container_of(document)["envFrom"]}
        assert ("reaches-providers" in labels) == bool(held & {"stripe", "messages", "objects"}), name_of(
            document
        )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_one_image_of_this_version_runs_everywhere(overlay: str) -> None:
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    images = {container_of(document)["image"] for document in workloads(rendered(overlay))}
    assert images == {f"registry.example/tiktoksales:{project['version']}"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_written_down(overlay: str) -> None:
    assert not of_kind(rendered(overlay), "Secret")
    for process in processes_of(rendered(overlay)):
        assert not SECRETS & set(process.written), process.name
    for monitor in of_kind(rendered(overlay), "ServiceMonitor"):
        for endpoint in monitor["spec"]["endpoints"]:
            credentials = endpoint.get("authorization", {}).get("credentials")
            assert credentials is None or credentials["key"] in secrets_table()[credentials["name"]]


def test_each_secret_has_a_place() -> None:
    placed = [name for names in secrets_table().values() for name in names]
    assert len(placed) == len(set(placed))
    assert set(placed) >= SECRETS - NOT_DEPLOYED
    assert set(placed) <= SETTINGS | OBJECT_STORE | {"METRICS_KEY"}
