"""`tiktoksales match`: pictures named on lines of JSON, against a catalog in a manifest file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from PIL import Image

from stages.adapters.frames import BadFrame, decode_frame
from stages.adapters.matcher import Matcher
from stages.mendable import Mendable

_MANIFEST = '{"products": [{"sku": ..., "image": ...}]}'


class UnreadableManifest(Mendable):
    """The catalog manifest, or a picture that it names, can't be used; the message says which and why."""


class UnreadableLine(Mendable):
    """A line of input isn't `{"image": path}`, or its picture can't be read; the message says which and why."""


def match_lines(lines: Iterable[str | bytes], manifest: Path, matcher: Matcher) -> Iterator[dict[str, Any]]:
    """For each line `{"image": path}` one `{"image", "sku", "score"}`, in order, one picture in memory at a time.

    `sku` is the most likely product even where the score is low (above 0.7 counts as a match); both are
    None only when the catalog is empty. Blank lines are passed over. The manifest is read at the first
    result. Raises UnreadableManifest and UnreadableLine.
    """
    index = matcher.index(read_manifest(manifest))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        path = _image_path(line, number)
        found = matcher.match([matcher.describe(_picture(path, f"Line {number}", UnreadableLine))], index)
        yield {
            "image": str(path),
            "sku": found.sku if found else None,
            "score": round(found.score, 4) if found else None,
        }


def read_manifest(manifest: Path) -> Iterator[tuple[str, list[Image.Image]]]:
    """The manifest's (sku, pictures): `{"products": [{"sku", "image" or "images"}]}`, paths relative to it."""
    try:
        products = orjson.loads(manifest.read_bytes())["products"]
        listed = [(product["sku"], product.get("images") or [product["image"]]) for product in products]
    except OSError as error:
        raise UnreadableManifest(f"{manifest} can't be read: {error.strerror}. See --catalog.") from error
    except orjson.JSONDecodeError as error:
        raise UnreadableManifest(f"{manifest} is no JSON ({error}). Write {_MANIFEST}.") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableManifest(f"{manifest} is no catalog manifest. Write {_MANIFEST}.") from error
    skus = [sku for sku, _ in listed]
    if twice := {str(sku) for sku in skus if skus.count(sku) > 1}:
        raise UnreadableManifest(
            f"{manifest} lists {', '.join(sorted(twice))} more than once; name each sku once."
        )
    for sku, images in listed:
        what = f"{manifest}, product {sku!r}"
        yield str(sku), [_picture(manifest.parent / str(image), what, UnreadableManifest) for image in images]


def _image_path(line: str | bytes, number: int) -> Path:
    try:
        return Path(orjson.loads(line)["image"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UnreadableLine(f'Line {number} isn\'t like {{"image": "photo.jpg"}}: {error}.') from error


def _picture(path: Path, what: str, failure: type[Exception]) -> Image.Image:
    try:
        return decode_frame(path.read_bytes(), str(path))
    except OSError as error:
        raise failure(f"{what}: {path} can't be read: {error.strerror}.") from error
    except BadFrame as error:
        raise failure(f"{what}: {error}") from error
