"""Whether a Redis Cluster is fit to hold the streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from redis.asyncio import Redis

from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.slots import Address, SlotMap
from pipeline.finding import Finding


async def check_cluster(
    cluster: ClusterRedis, of_one: Callable[[Redis], Awaitable[Sequence[Finding]]]
) -> list[Finding]:
    """What `of_one` finds of each node, said once where it is the same of all, and how the slots are held."""
    slots = await cluster.slots()
    nodes = [each for primary in slots.primaries for each in (primary, *slots.replicas.get(primary, ()))]
    said: dict[Finding, list[Address]] = {}
    for node in nodes:
        for finding in await of_one(cluster.node(node)):
            said.setdefault(finding, []).append(node)
    # Stable: what is said of one thing stands together, in the order in which a lone server's stands.
    subjects = list(dict.fromkeys(finding.subject for finding in said))
    ordered = sorted(said, key=lambda finding: subjects.index(finding.subject))
    return [*(_placed(each, said[each], nodes) for each in ordered), _holding(slots)]


def _placed(finding: Finding, where: Sequence[Address], nodes: Sequence[Address]) -> Finding:
    if len(where) == len(nodes):
        return finding
    return Finding(finding.level, finding.subject, f"{finding.sentence} (At {', '.join(map(str, where))}.)")


def _holding(slots: SlotMap) -> Finding:
    subject = "Redis cluster"
    unheld = slots.owners.count(None)
    if unheld:
        return Finding(
            "error",
            subject,
            f"Nobody holds {unheld:,} of {len(slots.owners):,} slots: give them to somebody, or nothing goes on.",
        )
    alone = [str(primary) for primary in slots.primaries if not slots.replicas.get(primary)]
    replicas = sum(len(slots.replicas.get(primary, ())) for primary in slots.primaries)
    has = f"The cluster has {len(slots.primaries)} primaries and {replicas} replicas."
    if alone:
        return Finding(
            "warning",
            subject,
            f"{has} No replica is behind {', '.join(alone)}: give each one, or everything waits where one ends.",
        )
    return Finding("ok", subject, has)
