"""What is released: the packages whole, with every file that they read, under one version."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from typer.testing import CliRunner

from stages.cli import app

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "pipeline", "stages")
OF_A_RELEASE = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md")
LARGE_BYTES = 100_000
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def files_of(folder: Path) -> set[str]:
    """The files of the packages below a checkout, but what Python made of them."""
    return {
        str(path.relative_to(folder))
        for package in PACKAGES
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an sdist and the wheel that was built from it. Large files are empty: it takes a tenth of the
    time."""
    folder = tmp_path_factory.mktemp("source")
    for name in files_of(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).stat().st_size > LARGE_BYTES:
            (folder / name).touch()
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in (*OF_A_RELEASE, *(each.name for each in ROOT.glob("requirements*"))):
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", folder],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return folder / "dist"


def test_the_wheel_has_every_file_of_the_packages_and_no_other(release: Path) -> None:
    [wheel] = release.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    described = {name for name in names if ".dist-info/" in name}
    assert names - described == files_of(ROOT)
    assert f"tiktoksales-{VERSION}.dist-info/licenses/LICENSE" in described


def test_the_sdist_has_what_a_release_is_made_of(release: Path) -> None:
    [sdist] = release.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    locks = {each.name for each in ROOT.glob("requirements*")}
    assert names >= files_of(ROOT) | locks | set(OF_A_RELEASE)


def test_whoever_names_the_version_names_the_same() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.stdout) == (0, f"{version('tiktoksales')}\n")
    tags = {
        image["newTag"]
        for overlay in (ROOT / "deploy/k8s/overlays").glob("*/kustomization.yml")
        for image in yaml.safe_load(overlay.read_text()).get("images", ())
        if image["name"] == "tiktoksales"
    }
    assert tags == {VERSION}
    assert re.search(
        rf"^## \[{re.escape(VERSION)}\]|^## \[Unreleased\]", (ROOT / "CHANGELOG.md").read_text(), re.M
    )
