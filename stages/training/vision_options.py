"""What the commands that make the vision models are told in common: where the pictures are."""

import argparse
from pathlib import Path


def picture_arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with `--sprites` and `--grocery`, for a command to add its own options to."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sprites", type=Path, required=True, help="`assets` of npm @lobehub/fluent-emoji-3d"
    )
    parser.add_argument(
        "--grocery", type=Path, required=True, help="folder with manifest.json and its photos"
    )
    return parser
