"""Make the embedding count in eight bits: `python -m stages.training.eight_bits --sprites DIR --grocery DIR`.

The network is what `stages.training.picture_encoder.export_encoder` wrote. Convolutions and sums become whole numbers,
with a scale for each channel's weights and one for each map, from the least and the most that pictures of the training
part give there. Everything behind the last map stays as it is.
"""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from PIL import Image

from stages.adapters.catalog_views import catalog_views
from stages.adapters.embedding import SIDE
from stages.adapters.regions import crops, fixed_windows
from stages.adapters.resizing import Pixels, pixels, shrink
from stages.training.composites import Composer
from stages.training.detector import SEED, pools
from stages.training.grocery import grocery_parts
from stages.training.vision_options import picture_arguments

_COMPOSED, _CATALOG, _VIEWS = 100, 60, 2
_AT_ONCE = 4
_PIXEL = 1 / 127.5  # what a step of a pixel's value is to the network
_INPUT = "pixels"


def main() -> None:
    """Look at the sample, write the network."""
    parser: ArgumentParser = picture_arguments(__doc__)
    parser.add_argument("--network", type=Path, required=True, help="the embedding in float32")
    parser.add_argument("--output", type=Path, default=Path("stages/models/vision/embedding.onnx"))
    options = parser.parse_args()
    write_in_eight_bits(options.network, sample(options.sprites, options.grocery), options.output)


def sample(sprites: Path, grocery: Path) -> list[Pixels]:
    """Crops of photos, of composed frames and of catalog views, all of them from the training part."""
    random = Random(SEED)
    return [shrink(picture, SIDE, SIDE) for picture in _pictures(sprites, grocery, random)]


def _pictures(sprites: Path, grocery: Path, random: Random) -> Iterator[Pixels]:
    for product in grocery_parts(grocery).training:
        for path in product.photos:
            yield _window(Image.open(path).convert("RGB"), random)
        for view in random.sample(catalog_views(Image.open(product.picture)), _VIEWS):
            yield pixels(view)
    (pool, backgrounds), _ = pools(sprites, grocery)
    composer = Composer(pool, backgrounds, random)
    for _ in range(_COMPOSED):
        yield _window(composer.compose().picture, random)
    for name in random.sample([name for name in pool.names() if not name.startswith("photo:")], _CATALOG):
        yield pixels(random.choice(catalog_views(pool.picture(name))))


def _window(frame: Image.Image, random: Random) -> Pixels:
    return random.choice(crops(pixels(frame), fixed_windows(*frame.size)))


class _Sample(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime isn't typed
    def __init__(self, pictures: Sequence[Pixels]) -> None:
        starts = range(0, len(pictures), _AT_ONCE)
        self._batches = (np.stack(pictures[start : start + _AT_ONCE]) for start in starts)

    def get_next(self) -> dict[str, npt.NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {_INPUT: batch}


def write_in_eight_bits(network: Path, pictures: Sequence[Pixels], destination: Path) -> None:
    """The network in eight bits, scaled by what `pictures` (SIDE x SIDE) give."""
    with tempfile.TemporaryDirectory() as work:
        plain = Path(work) / "plain.onnx"
        options = SessionOptions()
        # Joins padding and convolution.
        options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(plain)
        InferenceSession(network, options, providers=["CPUExecutionProvider"])
        quantize_static(
            str(plain),
            str(destination),
            _Sample(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add", "Clip"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    model = onnx.load(destination)
    take_pixels_as_they_are(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, destination)


def take_pixels_as_they_are(graph: Any) -> None:
    """Pixels are eight bits already: let the first convolution read them, instead of widening, scaling and rounding.

    The network sees (p - 127.5) / 127.5 of a pixel p, eight bits have (p - 128) / 127.5; the half step goes into the
    first convolution's bias.
    """
    makers = {output: node for node in graph.node for output in node.output}
    first = next(node for node in graph.node if node.op_type == "Conv")
    widened, weights, bias = (makers[name] for name in first.input)
    constants = {constant.name: constant for constant in graph.initializer}
    node = makers[widened.input[0]]
    while node.op_type != "Transpose":  # QuantizeLinear, Sub, Div, Cast
        graph.node.remove(node)
        node = makers[node.input[0]]
    widened.input[0] = node.output[0]
    _write(constants[widened.input[1]], np.asarray(_PIXEL, np.float32))
    _write(constants[widened.input[2]], np.asarray(128, np.uint8))
    steps = numpy_helper.to_array(constants[weights.input[0]]).astype(np.int32).sum(axis=(1, 2, 3))
    scales = (numpy_helper.to_array(constants[name]) for name in (weights.input[1], bias.input[1]))
    weight_scale, bias_scale = scales
    half = np.round(steps * weight_scale * _PIXEL / 2 / bias_scale).astype(np.int32)
    _write(constants[bias.input[0]], numpy_helper.to_array(constants[bias.input[0]]) + half)
    used = {output.name for output in graph.output} | {name for node in graph.node for name in node.input}
    for constant in [constant for constant in graph.initializer if constant.name not in used]:
        graph.initializer.remove(constant)


def _write(constant: Any, value: npt.NDArray[Any]) -> None:
    constant.CopyFrom(numpy_helper.from_array(value, constant.name))


if __name__ == "__main__":
    main()
