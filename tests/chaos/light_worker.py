"""`python -m tests.chaos.light_worker run`: the command line itself, with light models."""

from __future__ import annotations

from benchmarks.recovery.light_models import LightWiring
from stages import cli, running


def main() -> None:
    """Run it."""
    setattr(running, "Wiring", LightWiring)  # noqa: B010 - an assignment would be one to a type
    cli.main()


if __name__ == "__main__":
    main()
