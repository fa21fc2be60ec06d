"""Python's collector of cyclic garbage, as a process needs it that holds thousands of entries at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Containers more than at the last look; by default 700, which a single batch makes many times over. Cycles, such as the
# providers' libraries make with each request, wait until then: 50,000 of them are 20 MB, and no faster.
_YOUNG = 10_000

# One for each block that lasts: there is one collector, and blocks may overlap.
_before: list[tuple[int, int, int]] = []


@contextmanager
def patient_collector() -> Iterator[None]:
    """Until the block ends, look for garbage seldom, and never among what was there before, such as modules and models.
    Entries are no cycles, and go at once in any case; at the default settings looking at them took two fifths of the
    time that the runtime needs for an entry."""
    _before.append(gc.get_threshold())
    if len(_before) == 1:
        gc.freeze()
        gc.set_threshold(_YOUNG, *_before[0][1:])
    try:
        yield
    finally:
        if len(_before) == 1:
            gc.set_threshold(*_before[0])
            gc.unfreeze()
        _before.pop()
