"""`tiktoksales` itself, but for the models: `python -m benchmarks.memory.worker run`."""

from __future__ import annotations

import sys

from stages import cli


def main() -> None:
    """Run the command line with light models."""
    if "run" in sys.argv:  # the gateway has none, and would hold what the stages load
        from benchmarks.recovery.light_models import LightWiring
        from stages import running

        # `open_agents` looks the class up when it is first used: after this.
        setattr(running, "Wiring", LightWiring)  # noqa: B010 - an assignment would be one to a type
    cli.main()


if __name__ == "__main__":
    main()
