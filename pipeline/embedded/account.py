"""Whom a server runs as that refuses root, and which files that user can read."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from pipeline.embedded.failure import ServerFailed

READ = 0o4
SEARCH = 0o1

# Open to every user on any ordinary machine; the first ones survive a restart. (mkdtemp is used below them.)
OPEN_PLACES = (Path("/var/tmp"), Path("/tmp"), Path("/opt"), Path("/srv"))  # nosec B108 # noqa: S108


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    user_id: int
    group_id: int

    def may(self, path: Path, need: int) -> bool:
        """Whether the mode bits of this one path give the account what it needs (no group memberships)."""
        status = path.stat()
        if status.st_uid == self.user_id:
            granted = status.st_mode >> 6
        elif status.st_gid == self.group_id:
            granted = status.st_mode >> 3
        else:
            granted = status.st_mode
        return granted & need == need

    def reaches(self, path: Path) -> bool:
        """Whether every folder from the root down to this one (inclusive) lets the account through."""
        real = path.resolve()
        return all(self.may(folder, SEARCH) for folder in (real, *real.parents))

    def reads_all(self, tree: Path) -> bool:
        """Whether the account can read every file of a tree, and run those that their owner can run."""
        if not self.reaches(tree):
            return False
        for folder, _, files in os.walk(tree):
            if not self.may(Path(folder), READ | SEARCH):
                return False
            for name in files:
                file = Path(folder, name)
                runs = SEARCH if file.stat().st_mode & stat.S_IXUSR else 0
                if not self.may(file, READ | runs):
                    return False
        return True


def unprivileged_account() -> Account | None:
    """None when we are an ordinary user already; as root, the user `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerFailed(
            "Postgres doesn't run as root, and this machine has no user `nobody` to run it as: "
            "run this as an ordinary user, or set DATABASE_URL to a Postgres of your own."
        ) from None
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid)


def open_place(account: Account) -> Path:
    """A folder in which we can write and the account can run programs, whatever home we live in."""
    for place in OPEN_PLACES:
        if not place.is_dir() or not os.access(place, os.W_OK) or not account.reaches(place):
            continue
        if os.statvfs(place).f_flag & os.ST_NOEXEC == 0:
            return place
    raise ServerFailed(
        f"None of {', '.join(map(str, OPEN_PLACES))} is writable here, open to the user `{account.name}` and "
        "free of noexec: run this as an ordinary user, or set DATABASE_URL to a Postgres of your own."
    )
