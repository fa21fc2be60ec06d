"""The one door to ultralytics: no network, no installs, no files outside a folder of ours.

Left alone, ultralytics asks DNS whether it is online at import, syncs settings, installs packages,
downloads weights and fonts by name, writes to the user's configuration folder and takes one thread.
"""

import os
import tempfile
from functools import cache
from typing import Any

from stages.adapters.torch_compat import ensure_torchvision_ops

_ENVIRONMENT = {
    "YOLO_OFFLINE": "1",
    "YOLO_AUTOINSTALL": "0",
    "ULTRALYTICS_SKIP_REQUIREMENTS_CHECKS": "1",
}


@cache
def _configuration_folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="ultralytics-", ignore_cleanup_errors=True)


def load_yolo(threads: int) -> Any:
    """The class `ultralytics.YOLO`, kept offline, Pillow left as it was, using `threads` CPU threads a call.

    The environment must be set before the first import of ultralytics in the process; when somebody
    else imported it already, RuntimeError says so. Calling it again only sets the threads.
    """
    import sys

    folder = _configuration_folder()
    ours = {**_ENVIRONMENT, "YOLO_CONFIG_DIR": folder.name, "OMP_NUM_THREADS": str(threads)}
    if "ultralytics" in sys.modules and os.environ.get("YOLO_CONFIG_DIR") != folder.name:
        raise RuntimeError(
            "ultralytics was imported before it was told to stay offline. Import it through "
            "stages.adapters.offline_ultralytics.load_yolo only."
        )
    os.environ.update(ours)
    # It logs to standard output, which belongs to our commands; training asks for it beforehand.
    os.environ.setdefault("YOLO_VERBOSE", "0")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", folder.name)  # torch makes this folder at import
    ensure_torchvision_ops()
    import torch
    from PIL import Image

    open_picture = Image.open
    from ultralytics import YOLO, settings
    from ultralytics.utils import torch_utils

    # It replaces Pillow's `open` by one that answers an unreadable picture with an attempt to install a plugin.
    Image.open = open_picture

    settings.update({"sync": False})
    torch_utils.NUM_THREADS = threads  # its predictor resets torch to this number
    torch.set_num_threads(threads)
    return YOLO
