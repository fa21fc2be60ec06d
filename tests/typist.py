"""`tiktoksales` without the second that Python needs to import it: each call is forked from a process that has.

`python -m tests.typist` prints the port at which the shell function FUNCTION reaches it, and serves until it is
killed. A call has its caller's environment, folder and standard streams, as a program has.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

FUNCTION = r"""
tiktoksales() {
  local status
  exec 6<&0 7>&1 8>&2 9<>"/dev/tcp/127.0.0.1/$TYPIST"
  { printf '%s\0' "$BASHPID" "$PWD" "$#" "$@"; env -0; printf '\0'; } >&9
  read -r -u 9 status
  exec 6<&- 7>&- 8>&- 9>&-
  return "$status"
}
"""
_END = b"\0\0"
_COPIES = 6  # the first of the numbers under which the function keeps its standard streams


def serve() -> NoReturn:
    """Fork once for each call."""
    import stages.till
    import stages.wiring  # noqa: F401
    from stages import cli

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0)) as door:
        print(door.getsockname()[1], flush=True)
        while True:
            caller, _ = door.accept()
            with caller:
                if os.fork() == 0:
                    door.close()
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    status = _status(caller, cli)
                    caller.sendall(f"{status}\n".encode())
                    os._exit(0)


def _status(caller: socket.socket, cli: object) -> int:
    """How the call ended, as a shell counts it."""
    _become(_read(caller))
    try:
        cli.main()  # type: ignore[attr-defined]
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
    return 0


def _read(caller: socket.socket) -> list[str]:
    """What the shell says: its id, its folder, how many arguments, these, and its environment."""
    said = b""
    while not said.endswith(_END):
        said += caller.recv(65536)
    return said.decode().split("\0")


def _become(said: list[str]) -> None:
    process, folder, count, *more = said
    arguments, variables = more[: int(count)], [each for each in more[int(count) :] if each]
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(f"/proc/{process}/fd/{_COPIES + number}", flags), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update((name, value) for name, _, value in (each.partition("=") for each in variables))
    sys.argv = ["tiktoksales", *arguments]


if __name__ == "__main__":
    serve()
