"""The one door to onnxruntime: no telemetry, a bounded number of threads, the CPU."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(model: Path, threads: int) -> "InferenceSession":
    """Load `model`; one call of the session uses at most `threads` threads. Sessions may run concurrently.

    onnxruntime's Linux wheels (seen in 1.32) write a device id and an event store below the user's cache
    folder at import unless told not to: import onnxruntime through here only.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads win microseconds and cost the other stages on the machine a core.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if _overflows(Path("/proc/cpuinfo")):
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _overflows(processor: Path) -> bool:
    """Whether sums of eight-bit products overflow in the quick way of x86 processors without VNNI (before 2019, AMD's
    before 2022). The exact way takes twice as long, also where there was no need."""
    if not processor.is_file():
        return False
    described = processor.read_text(encoding="utf-8")
    return " avx2" in described and "vnni" not in described
