"""What deploy/ describes, as the tests look at it: rendered by kustomize, or filled in as `docker compose` does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[1] / "deploy"
OVERLAYS = ("overlays/small", "overlays/large", "overlays/kafka")
Document = dict[str, Any]

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<how>:[-?])?(?P<text>[^}]*)\}")


class NotFilledIn(KeyError):
    """compose.yml needs a variable that isn't given."""


@dataclass(frozen=True, slots=True)
class Process:
    """One of our processes as it is started: its verb with arguments, the names in its environment, and the values of
    those that are written down."""

    name: str
    arguments: tuple[str, ...]
    environment: frozenset[str]
    written: Mapping[str, str]


@cache
def rendered(overlay: str) -> tuple[Document, ...]:
    """The documents of a folder below deploy/k8s, by `kubectl kustomize`."""
    beside = str(Path(sys.executable).parent)
    kubectl = shutil.which("kubectl", path=beside) or shutil.which("kubectl")
    assert kubectl, "there is no kubectl: `make check` installs one"
    folder = DEPLOY / "k8s" / overlay
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(documents: tuple[Document, ...], *kinds: str) -> list[Document]:
    return [document for document in documents if document["kind"] in kinds]


def name_of(document: Document) -> str:
    return str(document["metadata"]["name"])


def workloads(documents: tuple[Document, ...]) -> list[Document]:
    return of_kind(documents, "StatefulSet", "Deployment", "Job")


def pod_of(document: Document) -> Document:
    pod: Document = document["spec"]["template"]["spec"]
    return pod


def container_of(document: Document) -> Document:
    container: Document
    [container] = pod_of(document)["containers"]
    return container


def secrets_table() -> dict[str, tuple[str, ...]]:
    """The Secrets that deploy/README.md asks for, with the names in each."""
    rows = re.findall(r"^\| `([a-z-]+)`[^|]* \| ([^|]+) \|", (DEPLOY / "README.md").read_text(), re.MULTILINE)
    return {secret: tuple(re.findall(r"`([A-Z_]+)`", names)) for secret, names in rows}


def processes_of(documents: tuple[Document, ...]) -> Iterator[Process]:
    """Our processes, with what ConfigMaps and Secrets bring."""
    settings = {name_of(each): each["data"] for each in of_kind(documents, "ConfigMap")}
    secrets = secrets_table()
    for document in workloads(documents):
        container = container_of(document)
        written: dict[str, str] = {}
        names: set[str] = set()
        for source in container["envFrom"]:
            if "secretRef" in source:
                names |= set(secrets[source["secretRef"]["name"]])
            else:
                written |= settings[source["configMapRef"]["name"]]
        written |= {each["name"]: each["value"] for each in container.get("env", []) if "value" in each}
        names |= {each["name"] for each in container.get("env", [])} | set(written)
        yield Process(name_of(document), tuple(container["args"]), frozenset(names), written)


def lacking(wanted: Iterable[str], there: Iterable[str], *, what: str) -> str:
    """What an assertion says where something of what is wanted is not there, or too often, or not wanted at all; empty
    where all is well."""
    found, names = Counter(there), set(wanted)
    said = {
        f"no {what} for": sorted(names - set(found)),
        f"more than one {what} for": sorted(name for name, count in found.items() if count > 1),
        f"a {what} for what there isn't": sorted(set(found) - names),
    }
    return "; ".join(f"{words}: {', '.join(those)}" for words, those in said.items() if those)


def raw_compose() -> Document:
    """compose.yml as it is written."""
    document: Document = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())
    return document


def compose(variables: Mapping[str, str]) -> Document:
    """compose.yml with the variables in it. Raises NotFilledIn."""
    filled: Document = _filled(raw_compose(), variables)
    return filled


def compose_on_kafka(variables: Mapping[str, str]) -> Document:
    """compose.yml and kafka.yml, as `docker compose` puts them together: maps are merged, the rest is replaced."""
    second = yaml.safe_load((DEPLOY / "compose" / "kafka.yml").read_text())
    merged: Document = _filled(_merged(raw_compose(), second), variables)
    return merged


def example_variables() -> dict[str, str]:
    """What env.example asks for, each made up."""
    lines = (DEPLOY / "compose" / "env.example").read_text().splitlines()
    return {line.partition("=")[0]: "madeup" for line in lines if re.match(r"[A-Z_]+=", line)}


def our_services(document: Document) -> dict[str, Document]:
    """The services that run our image."""
    return {
        name: each for name, each in document["services"].items() if each["image"].startswith("tiktoksales")
    }


def compose_processes(document: Document) -> Iterator[Process]:
    for name, service in our_services(document).items():
        written = {key: value for key, value in service["environment"].items() if value is not None}
        yield Process(name, tuple(service["command"]), frozenset(service["environment"]), written)


def _merged(first: Any, second: Any) -> Any:
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return second
    both = {name: _merged(first[name], second[name]) for name in first.keys() & second.keys()}
    return {**first, **second, **both}


def _filled(part: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, variables) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(each, variables) for each in part]
    return _VARIABLE.sub(lambda found: _value(found, variables), part) if isinstance(part, str) else part


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if value := variables.get(found["name"]):
        return value
    if found["how"] == ":-":
        return found["text"]
    raise NotFilledIn(found["name"])
