"""What a plan does to large tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHARE, _ROWS = 0.05, 20_000  # whoever reads more than this share of a table, and so many rows, scans it
_BLOCKS = 10_000  # 80 MB
_STOPPED = 1_000  # a scan that a limit stops so early reads next to nothing


def scans_in(plan: Mapping[str, Any], large: Mapping[str, float]) -> list[str]:
    """In words, where an executed plan scans one of the `large` tables (with how many rows they have)."""
    return [words for node in _nodes(plan) if (words := _scan(node, large))]


def unindexed_in(plan: Mapping[str, Any], large: frozenset[str], partial: frozenset[str]) -> list[str]:
    """In words, where a plan finds no index to use, planned where a scan is the last resort (enable_seqscan = off).
    `partial` are the indexes that hold a part of their table only, and so may be read as a whole."""
    return [
        f"{node['Node Type']} on {node['Relation Name']} {node.get('Index Name', '')}".rstrip()
        for node in _nodes(plan)
        if node.get("Relation Name") in large and _is_whole(node, partial)
    ]


def _is_whole(node: Mapping[str, Any], partial: frozenset[str]) -> bool:
    """Whether the node reads a whole table, or a whole index only to filter it."""
    if node["Node Type"] == "Seq Scan":
        return True
    is_index = node["Node Type"] in ("Index Scan", "Index Only Scan") and node["Index Name"] not in partial
    return is_index and "Index Cond" not in node and "Filter" in node


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _scan(node: Mapping[str, Any], large: Mapping[str, float]) -> str:
    table = node.get("Relation Name", "")
    loops = node.get("Actual Loops", 1)
    if table not in large or loops == 0 or node["Node Type"] in ("ModifyTable", "LockRows"):
        return ""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    read = (node.get("Actual Rows", 0) + removed) * loops
    if node["Node Type"] == "Seq Scan" and read > _STOPPED:
        return f"Seq Scan on {table} reads {read:,.0f} of {large[table]:,.0f} rows"
    # An index's condition may be on its later columns alone: then all of it is read, and little found.
    blocks = (node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0)) / loops
    if blocks > _BLOCKS and "Plans" not in node:
        return f"{node['Node Type']} on {table} reads {blocks:,.0f} blocks at once"
    if read > max(_ROWS, _SHARE * large[table]):
        return f"{node['Node Type']} on {table} reads {read:,.0f} of {large[table]:,.0f} rows"
    return ""
