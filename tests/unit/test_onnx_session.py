"""Which way eight-bit products are summed depends on the processor."""

from pathlib import Path

import pytest

from stages.adapters.onnx_session import _overflows


@pytest.mark.parametrize(
    ("flags", "overflows"),
    [
        ("flags : fpu avx avx2 bmi2", True),
        ("flags : fpu avx avx2 avx512f avx512_vnni", False),
        ("flags : fpu avx2 avx_vnni", False),
        ("Features : fp asimd asimddp", False),
    ],
)
def test_the_exact_way_is_for_processors_without_vnni(tmp_path: Path, flags: str, overflows: bool) -> None:
    described = tmp_path / "cpuinfo"
    described.write_text(flags)
    assert _overflows(described) is overflows


def test_where_nothing_says_what_the_processor_can_the_quick_way_is_taken(tmp_path: Path) -> None:
    assert not _overflows(tmp_path / "cpuinfo")
