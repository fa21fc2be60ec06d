"""Train the product detector: `python -m stages.training.detector --sprites DIR --grocery DIR`.

One class, an ImageNet backbone (`stages.training.product_network`), synthetic frames. Products and
backgrounds are split before anything is composed, so that the figures printed at the end come from frames
whose products and backgrounds were never trained on.
"""

import argparse
import json
import os
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from rich.progress import track

from stages.adapters.detector import SIDE
from stages.adapters.offline_ultralytics import load_yolo
from stages.training.composites import Composer, Composite, ProductPool
from stages.training.product_network import FROZEN, fold_normalisation, write_architecture
from stages.training.sprites import SpriteSheet

SEED = 20250
_HELD_OUT = 0.15
_OPSET = 17
_SHARD = 100  # frames composed in one go; each shard has its own seed, so workers don't change the result
_DRAWN_TRAIN, _DRAWN_TEST = range(4000), range(10_000, 10_600)


def main() -> None:
    """Compose, train, measure, export; prints the figures as one JSON line."""
    options = _arguments()
    os.environ["YOLO_VERBOSE"] = "1"  # its progress bars
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(options.work or scratch)
        data = write_dataset(work, options)
        weights = train(data, work, options)
        figures = measure(weights, data, options)
        export(weights, options.output, work, options.threads)
    print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sprites", type=Path, required=True, help="`assets` of npm @lobehub/fluent-emoji-3d"
    )
    parser.add_argument("--grocery", type=Path, required=True, help="folder with catalog/ and frames/ photos")
    parser.add_argument("--output", type=Path, default=Path("stages/models/vision/detector.onnx"))
    parser.add_argument("--work", type=Path, help="keep the composed frames and the run here")
    parser.add_argument("--frames", type=int, default=3200)
    parser.add_argument("--test-frames", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def pools(
    sprites: Path, grocery: Path
) -> tuple[tuple[ProductPool, list[Path]], tuple[ProductPool, list[Path]]]:
    """(products, backgrounds) to train with and (products, backgrounds) held out, nothing shared."""
    kept, held = SpriteSheet.from_folder(sprites).split(SEED, _HELD_OUT)
    catalog = sorted((grocery / "catalog").glob("*.jpg"))
    Random(SEED).shuffle(catalog)
    cut = int(len(catalog) * _HELD_OUT)
    held_names = {path.stem for path in catalog[:cut]}
    photos: tuple[list[Path], list[Path]] = ([], [])
    for path in sorted((grocery / "frames").glob("*.jpg")):
        photos[path.stem.rsplit("_", 1)[0] in held_names].append(path)
    return (
        (ProductPool(kept, tuple(catalog[cut:]), _DRAWN_TRAIN), photos[0]),
        (ProductPool(held, tuple(catalog[:cut]), _DRAWN_TEST), photos[1]),
    )


def write_dataset(work: Path, options: argparse.Namespace) -> Path:
    """Compose the frames in the layout that ultralytics reads; returns its data file."""
    with ProcessPoolExecutor(options.threads) as workers:
        for split, count in (("train", options.frames), ("test", options.test_frames)):
            for kind in ("images", "labels"):
                (work / kind / split).mkdir(parents=True, exist_ok=True)
            shards = [
                workers.submit(write_shard, work, split, start, options.sprites, options.grocery)
                for start in range(0, count, _SHARD)
            ]
            for shard in track(shards, description=f"composing {split} frames"):
                shard.result()
    data = work / "data.yaml"
    paths = {
        "path": str(work.resolve()),
        "train": "images/train",
        "val": "images/test",
        "names": {0: "product"},
    }
    data.write_text(json.dumps(paths))  # JSON is YAML
    return data


def write_shard(work: Path, split: str, start: int, sprites: Path, grocery: Path) -> None:
    """Compose frames start ... start+99 of a split; what they show depends on `start` alone."""
    pool, backgrounds = pools(sprites, grocery)[split == "test"]
    composer = Composer(pool, backgrounds, Random(f"{split}-{start}"))
    for number in range(start, start + _SHARD):
        composite = composer.compose()
        composite.picture.save(work / "images" / split / f"{number:06d}.jpg", quality=92)
        (work / "labels" / split / f"{number:06d}.txt").write_text(label_lines(composite))


def label_lines(composite: Composite) -> str:
    """The boxes as ultralytics wants them: class, centre x, centre y, width, height, as shares."""
    width, height = composite.picture.size
    return "".join(
        f"0 {(x0 + x1) / 2 / width:.5f} {(y0 + y1) / 2 / height:.5f} "
        f"{(x1 - x0) / width:.5f} {(y1 - y0) / height:.5f}\n"
        for x0, y0, x1, y1 in composite.boxes
    )


def train(data: Path, work: Path, options: argparse.Namespace) -> Path:
    """Train on the composed frames; returns the last weights (there is no early stop to choose the best by)."""
    yolo = load_yolo(options.threads)
    place_font()
    model = yolo(str(write_architecture(work)), task="detect")
    model.add_callback("on_train_start", _lay_channels_last)
    model.train(
        data=str(data),
        single_cls=True,
        epochs=options.epochs,
        imgsz=SIDE,
        batch=16,
        nbs=16,  # a step per batch: with so few epochs, steps are what is short
        device="cpu",
        workers=0,  # the loader's processes would fight with the two cores' training
        amp=False,
        cache="ram",
        seed=SEED,
        deterministic=True,
        freeze=FROZEN,
        optimizer="AdamW",
        lr0=0.0015,
        lrf=0.02,
        cos_lr=True,
        warmup_epochs=0.3,
        mosaic=0.5,  # several frames in one: more products for the same work
        close_mosaic=1,
        degrees=0.0,
        val=False,
        plots=False,
        project=str(work),
        name="run",
        exist_ok=True,
    )
    return work / "run" / "weights" / "last.pt"


def _lay_channels_last(trainer: Any) -> None:
    import torch

    # Depthwise convolutions are a third faster so on a CPU; the results are the same.
    trainer.model.to(memory_format=torch.channels_last)


def place_font() -> None:
    """Put a font where ultralytics looks before it downloads one; matplotlib, which it needs, has one."""
    import matplotlib
    from ultralytics.utils import USER_CONFIG_DIR

    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    shutil.copy(font, USER_CONFIG_DIR / "Arial.ttf")


def measure(weights: Path, data: Path, options: argparse.Namespace) -> dict[str, float]:
    """Mean average precision on the held-out frames."""
    metrics: Any = load_yolo(options.threads)(str(weights)).val(
        data=str(data),
        imgsz=SIDE,
        device="cpu",
        workers=0,
        plots=False,
        verbose=False,
        project=str(data.parent),
    )
    return {
        "map50": round(float(metrics.box.map50), 4),
        "map50_95": round(float(metrics.box.map), 4),
        "precision": round(float(metrics.box.mp), 4),
        "recall": round(float(metrics.box.mr), 4),
    }


def export(weights: Path, destination: Path, work: Path, threads: int) -> None:
    """Write the network as ONNX for any size of frame, its weights stored in half precision."""
    import onnx
    import torch

    from stages.training.picture_encoder import store_weights_in_half

    yolo = load_yolo(threads)
    checkpoint = torch.load(weights, map_location="cpu", weights_only=False)  # nosec B614 - our own file
    model = (checkpoint.get("ema") or checkpoint["model"]).float().eval()
    fold_normalisation(model.model[0])
    folded = work / "folded.pt"
    torch.save({**checkpoint, "ema": None, "model": model}, folded)
    written = yolo(str(folded)).export(format="onnx", imgsz=SIDE, dynamic=True, simplify=False, opset=_OPSET)
    network = onnx.load(written)
    store_weights_in_half(network)
    destination.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(network, destination)


if __name__ == "__main__":
    main()
