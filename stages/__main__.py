"""`python -m stages`: the same as `tiktoksales`."""

from stages.cli import main

main()
