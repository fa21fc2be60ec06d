"""What a phone's camera does to a picture: exposure, white balance, softness, noise, JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter

LARGEST_BYTES = 34_000


def taken(scene: Image.Image, rng: np.random.Generator, softness: float) -> Image.Image:
    """The scene as the camera sees it; `softness` is the blur's radius in pixels."""
    soft = scene.convert("RGB").filter(ImageFilter.GaussianBlur(softness))
    pixels = np.asarray(soft, dtype=np.float32) / 255
    warmth = float(rng.uniform(-0.04, 0.04))
    balance = np.array([1 + warmth, 1.0, 1 - warmth], dtype=np.float32) * float(rng.uniform(0.92, 1.08))
    y, x = np.mgrid[-1 : 1 : scene.height * 1j, -1 : 1 : scene.width * 1j]
    vignette = (1 - 0.10 * (x**2 + y**2)).astype(np.float32)
    grain = rng.standard_normal(pixels.shape[:2], dtype=np.float32) * 0.004
    exposed = pixels * balance * vignette[..., None] + grain[..., None]
    return Image.fromarray((np.clip(exposed, 0, 1) * 255 + 0.5).astype(np.uint8), "RGB")


def jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    """The picture as a JPEG of at most LARGEST_BYTES: the quality gives way in steps of five.

    Raises ValueError for a picture that is too large even at a quality of 10.
    """
    for attempt in range(quality, 9, -5):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=attempt, optimize=True)
        if buffer.tell() <= LARGEST_BYTES:
            return buffer.getvalue()
    raise ValueError(f"No JPEG of this picture is below {LARGEST_BYTES} bytes. Make it smaller or smoother.")
