"""A process of the shop that can be told where to die: `tiktoksales` itself, with two things exchanged.

`python -m benchmarks.recovery.worker run` and `... serve gateway` are the command line's own verbs. Exchanged are the
models, for light ones (they are not what is tested), and the methods at the kill points, for ones that pass the point.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.recovery.control import FOLDER_VARIABLE, Victim
from benchmarks.recovery.kill_points import install
from benchmarks.recovery.light_models import LightWiring
from stages import cli, running

NAME_VARIABLE = "RECOVERY_NAME"


def main() -> None:
    """Run the command line in the benchmark's way."""
    install(Victim(Path(os.environ[FOLDER_VARIABLE]), os.environ[NAME_VARIABLE]))
    # The gateway's server and `open_agents` look the class up when they are first used: after this.
    setattr(running, "Wiring", LightWiring)  # noqa: B010 - an assignment would be one to a type
    cli.main()


if __name__ == "__main__":
    main()
