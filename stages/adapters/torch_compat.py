"""Lets torchvision be imported where its native operators don't fit the installed torch.

PyPI's torchvision is built against PyPI's torch. Beside another build of the same version (a CPU build,
a distribution's) its shared object can't be loaded, and since torchvision registers a fake kernel for
`torchvision::nms` at import, the whole package fails there with "operator torchvision::nms does not
exist". Detection needs no other native operator, so that one is defined here in plain torch.
"""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_SCHEMA = "{}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

# A torch.library.Library undefines its operators when it is collected: keep it as long as the process.
_defined: "list[torch.library.Library]" = []


def ensure_torchvision_ops() -> bool:
    """Make `import torchvision` and non-maximum suppression work; call before the first such import.

    Returns True where the operators had to be supplied, False where torchvision is whole (then nothing
    was changed) or absent. Calling it again changes nothing.
    """
    if _defined:
        return True
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None or _native_ops_load(Path(spec.origin).parent):
        return False
    _define_nms()
    import torchvision.ops.boxes

    # torchvision asks whether *any* native operator is there before it calls nms; it is ours now.
    torchvision.ops.boxes._assert_has_ops = _nms_is_defined
    return True


def _native_ops_load(package: Path) -> bool:
    import torch

    library = next(
        (path for suffix in (".so", ".dylib", ".pyd") for path in package.glob(f"_C*{suffix}")), None
    )
    if library is None:
        return False
    try:
        torch.ops.load_library(library)  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return True


def _define_nms() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(_SCHEMA.format(name))  # type: ignore[no-untyped-call]
        library.impl(name, greedy_nms, "CPU")  # type: ignore[no-untyped-call]
    _defined.append(library)


def _nms_is_defined() -> None:
    """Stands in for torchvision's check, which knows only its own shared object."""


def greedy_nms(boxes: "torch.Tensor", scores: "torch.Tensor", iou_threshold: float) -> "torch.Tensor":
    """Indices (int64) of the boxes kept by greedy suppression, by falling score.

    `boxes` is (n, 4) as x0, y0, x1, y1; a box goes when its intersection over union with a kept box of
    higher score exceeds `iou_threshold`. The contract is that of `torchvision.ops.nms`.
    """
    import torch

    boxes = boxes.float()  # qnms hands over integers, whose areas would overflow
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = torch.argsort(scores, descending=True, stable=True)
    kept: list[int] = []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(int(best))
        corner_low = torch.maximum(boxes[best, :2], boxes[rest, :2])
        corner_high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = (corner_high - corner_low).clamp(min=0).prod(dim=1)
        iou = overlap / (areas[best] + areas[rest] - overlap)
        order = rest[~(iou > iou_threshold)]
    return torch.tensor(kept, dtype=torch.int64, device=boxes.device)
