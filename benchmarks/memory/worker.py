"""`tiktoksales` itself, but for the models: `python -m benchmarks.memory.worker run`."""

from __future__ import annotations

from benchmarks.recovery.light_models import LightWiring
from stages import cli, running


def main() -> None:
    """Run the command line with light models."""
    # The gateway's server and `open_agents` look the class up when they are first used: after this.
    setattr(running, "Wiring", LightWiring)  # noqa: B010 - an assignment would be one to a type
    cli.main()


if __name__ == "__main__":
    main()
