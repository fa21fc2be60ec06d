"""Teaching the encoder which photo shows the product of which catalog picture.

The late part of the network and a projection learn by contrast: among the catalog pictures of a batch the one
of the photo's product is to be nearest, and the other way round (symmetric InfoNCE, as Radford et al.,
"Learning transferable visual models from natural language supervision", 2021). The early part is fixed, so
what it makes of a picture is computed once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from rich.progress import track

from stages.training.picture_encoder import DIMENSIONS, FEATURES, Array, PictureEncoder

_RATE, _PROJECTION_RATE = 2e-4, 6e-4
_WARM_UP = 10  # steps
_COLDEST = math.log(60.0)  # of the logarithm of the inverse temperature
_SHRINKAGE = 2.0  # times the mean variance


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the network's early part made of a product's catalog pictures and photos: (n, 112, 14, 14), float16."""

    product: str
    catalog: Array
    photos: Array


def start_from_discriminants(encoder: PictureEncoder, lessons: Sequence[Lesson]) -> None:
    """Set mean and projection to where pictures of one product differ least and those of several most.

    Linear discriminant analysis with a ridge on the covariance within products.
    """
    vectors = np.concatenate(
        [_features(encoder, part) for one in lessons for part in (one.catalog, one.photos)]
    )
    counts = [len(lesson.catalog) + len(lesson.photos) for lesson in lessons]
    labels = np.repeat(np.arange(len(lessons)), counts)
    centres = np.zeros((len(lessons), FEATURES))
    np.add.at(centres, labels, vectors)
    centres /= np.asarray(counts)[:, None]
    within = vectors - centres[labels]
    covariance = within.T @ within / len(within)
    ridge = _SHRINKAGE * np.trace(covariance) / FEATURES
    variances, directions = np.linalg.eigh(covariance + ridge * np.eye(FEATURES))
    whitening = directions / np.sqrt(variances)
    _, between = np.linalg.eigh(whitening.T @ np.cov(centres.T) @ whitening)
    projection = whitening @ between[:, ::-1][:, :DIMENSIONS]
    projection /= np.linalg.norm(projection, axis=0).mean()
    encoder.mean.data = torch.tensor(vectors.mean(axis=0), dtype=torch.float32)
    encoder.projection.data = torch.tensor(projection, dtype=torch.float32)


def learn(
    encoder: PictureEncoder,
    composed: Sequence[Lesson],
    real: Sequence[Lesson],
    random: Random,
    *,
    steps: int,
    composed_a_step: int = 24,
    real_a_step: int = 8,
) -> None:
    """Train `encoder` for `steps` batches of so many composed and real products, two photos of each."""
    inverse_temperature = torch.nn.Parameter(torch.tensor(math.log(1 / 0.07)))
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder.trained(), "lr": _RATE},
            {"params": [encoder.mean, encoder.projection], "lr": _PROJECTION_RATE},
            {"params": [inverse_temperature], "lr": 1e-3},
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate_share(step, steps))
    for _ in track(range(steps), description="contrasting"):
        batch = [*random.sample(composed, composed_a_step), *random.sample(real, real_a_step)]
        catalog = np.stack([random.choice(lesson.catalog) for lesson in batch])
        photos = np.stack([photo for lesson in batch for photo in random.sample(list(lesson.photos), 2)])
        maps = torch.from_numpy(np.concatenate((catalog, photos))).float()
        if random.random() < 0.5:
            maps = maps.flip(3)
        vectors = encoder.late(maps.to(memory_format=torch.channels_last))
        sharpness = inverse_temperature.clamp(max=_COLDEST).exp()
        loss = contrast(vectors[: len(batch)], vectors[len(batch) :], sharpness)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def contrast(catalog: torch.Tensor, photos: torch.Tensor, sharpness: torch.Tensor) -> torch.Tensor:
    """The loss of catalog vectors (n, d) and photo vectors (2n, d), photos 2i and 2i + 1 of product i."""
    similar = sharpness * photos @ catalog.T
    owner = torch.arange(len(photos)) // 2
    photo_to_catalog = torch.nn.functional.cross_entropy(similar, owner)
    shares = similar.T.log_softmax(dim=1)
    own = owner[None, :] == torch.arange(len(catalog))[:, None]
    return photo_to_catalog - shares[own].mean()


def _rate_share(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / _WARM_UP)
    return warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def _features(encoder: PictureEncoder, maps: Array) -> Array:
    with torch.no_grad():
        found: Array = encoder.features(torch.from_numpy(maps).float()).numpy()
    return found
