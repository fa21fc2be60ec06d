"""What must never be wrong, and the quick tests that are to notice when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_REDIS = ("-k", "not cluster and not redis- and not kafka and not memory")  # one server is enough to judge
_QUICK = ("-k", "not whatever_happens_at_once")  # what chance alone might notice is not asked


@dataclass(frozen=True, slots=True)
class Target:
    """`files` (glob patterns from the checkout's root) are changed; `tests`, pytest's arguments, must notice."""

    name: str
    files: Sequence[str]
    tests: Sequence[str]
    needs: Sequence[str] = field(default=())

    def sources(self, root: Path) -> list[Path]:
        """The files, relative to the root. Raises LookupError where a pattern fits none."""
        found = [sorted(path.relative_to(root) for path in root.glob(pattern)) for pattern in self.files]
        if not all(found):
            raise LookupError(f"A pattern of the target {self.name} fits no file: {list(self.files)}.")
        return [path for paths in found for path in paths]


TARGETS = (
    Target("backoff", ["pipeline/backoff.py"], ["tests/unit/test_backoff.py"]),
    Target("decision", ["pipeline/decision.py"], ["tests/unit/test_decision.py"]),
    Target(
        "settler",
        ["pipeline/engines/redis/settler.py"],
        ["tests/unit/test_settler.py"],
    ),
    Target(
        "settle.lua",
        [
            f"pipeline/engines/redis/lua/{name}.lua"
            for name in ("settle", "owned", "fence", "append_entry", "tombstone")
        ],
        [
            "tests/contract/test_settle.py",
            "tests/contract/test_settled_removal.py",
            "tests/contract/test_redis_engine.py",
            *_REDIS,
        ],
        needs=["valkey"],
    ),
    Target("codec", ["schemas/codec.py"], ["tests/unit/test_codec.py"]),
    Target(
        "signatures",
        ["schemas/signature.py", "stages/sources.py"],
        ["tests/unit/test_signature.py", "tests/unit/test_sources.py"],
    ),
    Target("money", ["schemas/money.py"], ["tests/unit/test_money.py"]),
    Target(
        "stock",
        [
            *(f"stages/adapters/database/{name}.py" for name in ("stock", "placing", "allowance")),
            "stages/adapters/database/sql/stock/*.sql",
        ],
        [
            "tests/unit/test_stock_rules.py",
            "tests/contract/test_stock.py",
            "tests/contract/test_holds.py",
            *_QUICK,
        ],
        needs=["postgres"],
    ),
    Target(
        "waitlist",
        [
            *(f"stages/adapters/database/{name}.py" for name in ("waiting", "waitlist")),
            "stages/adapters/database/sql/waitlist/*.sql",
        ],
        ["tests/contract/test_stock.py", "tests/contract/test_holds.py", *_QUICK],
        needs=["postgres"],
    ),
    Target(
        "wholesale",
        ["stages/adapters/database/wholesale.py", "stages/adapters/database/sql/wholesale/*.sql"],
        ["tests/contract/test_wholesale.py"],
        needs=["postgres"],
    ),
    Target(
        "ledger",
        ["stages/adapters/database/ledger.py", "stages/adapters/database/sql/ledger/*.sql"],
        ["tests/contract/test_ledger.py"],
        needs=["postgres"],
    ),
)
