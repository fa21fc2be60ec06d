"""Mutants of Python, by mutmut's rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst
from mutmut.mutation.file_mutation import create_mutations

from tests.mutation.mutant import Mutant, mutant


def python_mutants(file: Path) -> Iterator[Mutant]:
    """What mutmut changes in the functions of a file. Of its three changes to each text only the first is taken."""
    original = file.read_text(encoding="utf-8")
    module, mutations, *_ = create_mutations(str(file), original)
    texts: set[int] = set()
    for each in mutations:
        node = each.original_node
        if each.contained_by_top_level_function is None or (
            isinstance(node, libcst.BaseString) and id(node) in texts
        ):
            continue
        if isinstance(node, libcst.BaseString):
            texts.add(id(node))
        changed = module.deep_replace(node, each.mutated_node)
        yield mutant(file, original, changed.code)
