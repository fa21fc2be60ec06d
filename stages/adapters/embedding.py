"""Pictures to vectors: pictures of one product lie close together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from stages.adapters.models import MissingModel
from stages.adapters.onnx_session import open_session
from stages.adapters.resizing import Pixels, shrink

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Unit vectors, one a row: (n, d), float32, L2 norm 1."""

SIDE = 224
"""Pixels a side of what the network sees; any picture is resized to it without keeping its aspect."""

_COHORT = "cohort"  # the output's name
_BATCH = 32  # bounds the activations' memory; larger batches were no faster on the CPU


class Embedder:
    """An ONNX network from RGB pixels (n, 224, 224, 3), uint8, to unit vectors (n, d), float32.

    Normalisation of the pixels is part of the network. Thread-safe: a session may run concurrently.
    `cohort` (m, d) are vectors of photos that show no product of any catalog, where the network has such an
    output; else (0, d).
    """

    def __init__(self, model: Path, *, threads: int = 2) -> None:
        """Load `model`; `threads` bounds what one call uses. Raises MissingModel if the file isn't there."""
        if not model.is_file():
            raise MissingModel(
                f"There is no image embedding at {model}. Install the package with its models, make one "
                "with `python -m stages.training.vision_embedding`, or set VISION_MODEL to "
                "a folder that has embedding.onnx."
            )
        self._session = open_session(model, threads)
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name
        self.dimensions = int(self._session.get_outputs()[0].shape[1])
        self.cohort = self._read_cohort()

    def embed(self, pictures: Sequence[Pixels]) -> Vectors:
        """One unit vector per picture, in order; (0, d) for none."""
        parts = [self._embed_batch(pictures[at : at + _BATCH]) for at in range(0, len(pictures), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimensions), np.float32)

    def _embed_batch(self, pictures: Sequence[Pixels]) -> Vectors:
        pixels = np.stack([shrink(picture, SIDE, SIDE) for picture in pictures])
        vectors: Vectors = self._session.run([self._output], {self._input: pixels})[0]
        return vectors

    def _read_cohort(self) -> Vectors:
        if all(output.name != _COHORT for output in self._session.get_outputs()):
            return np.zeros((0, self.dimensions), np.float32)
        none = np.zeros((0, SIDE, SIDE, 3), np.uint8)
        cohort: Vectors = self._session.run([_COHORT], {self._input: none})[0]
        return cohort
